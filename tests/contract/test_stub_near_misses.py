"""Stub against contract, by hand: a filter or an id that is only nearly right finds nothing.

Generated cases ask for existing values or for very different ones. Neither detects a comparison that is too generous.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from support.counting import count
from support.stubs import TOKEN, fill, resource_ids, settings

from paisr_stub import StubServer

SUITE = "stub: near misses"
pytestmark = pytest.mark.suite(SUITE)

NEARLY = {
    "without its last character": lambda text: text[:-1],
    "without its first character": lambda text: text[1:],
    "one more character": lambda text: f"{text}0",
    "in capitals": str.upper,
    "with a space": lambda text: f"{text} ",
    "with a wildcard of SQL for one character": lambda text: f"{text[:-1]}_",
    "with a wildcard of SQL for any characters": lambda text: f"{text[:-2]}%",
    "with a wildcard of a shell": lambda text: f"{text[:-2]}*",
}


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        fill(stub)
        yield stub


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        yield session


@pytest.mark.parametrize("nearly", NEARLY)
def test_a_resource_is_found_by_its_whole_id(nearly: str, stub: StubServer, session: requests.Session) -> None:
    """Of customers, subscriptions and vouchers."""
    there = resource_ids(stub)
    assert {name[:4] for name in there} == {"cus_", "sub_", "vch_"}
    for name in there:
        assert listed(session, stub, name) != []
        assert listed(session, stub, NEARLY[nearly](name)) == []
        count(SUITE, "resources")


@pytest.mark.parametrize("nearly", NEARLY)
def test_an_invoice_is_found_by_its_whole_id(nearly: str, stub: StubServer, session: requests.Session) -> None:
    for invoice in stub.invoices[:10]:
        response = session.get(
            f"{stub.url}/invoices/" + requests.utils.quote(NEARLY[nearly](str(invoice["id"])), safe="")
        )
        assert response.status_code == 404
        count(SUITE, "invoices")


def listed(session: requests.Session, stub: StubServer, resource_id: str) -> Any:
    response = session.get(f"{stub.url}/invoices", params={"resource_id": resource_id})
    assert response.status_code == 200
    return response.json()["data"]["invoices"]
