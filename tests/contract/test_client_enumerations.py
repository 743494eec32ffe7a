"""Client against contract: its enumerations are the contract's, no value more and none less.

Generated cases have the contract's values, and texts that are far from any; neither is a value that the client alone
knows.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import pytest
from holding.clients import Answer, Clients
from holding.contract import DOCUMENT
from holding.counting import count

import paisr
from paisr import InvalidArgumentError

GATE = "client: its enumerations"
pytestmark = pytest.mark.gate(GATE)

ENUMERATIONS: dict[str, list[str]] = {
    name: schema["enum"] for name, schema in DOCUMENT["components"]["schemas"].items() if "enum" in schema
}
CREATE = {"customer": "cus_1", "summary": "", "due": "In 3 days"}
# Where a caller can give a value of an enumeration, and what it must not be though it looks like one.
STRANGERS: list[tuple[str, str, dict[str, Any], str]] = [
    ("Currency", "create", CREATE, "currency"),
    ("InvoiceStatus", "list", {}, "status"),
]
LOOK_ALIKES = ["GBP", "XXX", "srd", "SRD ", "USDT", "open", "PAID", "voided", "refunded", "cancelled"]


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


def test_there_are_some() -> None:
    assert set(ENUMERATIONS) >= {"Currency", "InvoiceStatus", "VoucherType"}


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_the_values_are_the_contract_s(name: str) -> None:
    found: type[enum.StrEnum] = getattr(paisr, name)
    assert [str(value) for value in found] == ENUMERATIONS[name]
    count(GATE, "enumerations")


@pytest.mark.parametrize("value", LOOK_ALIKES)
@pytest.mark.parametrize(("name", "method", "others", "argument"), STRANGERS, ids=[one[0] for one in STRANGERS])
def test_a_value_that_looks_like_one_is_not_sent(
    name: str, method: str, others: dict[str, Any], argument: str, value: str, clients: Clients
) -> None:
    assert value not in ENUMERATIONS[name]
    for result in clients.call(method, {**others, argument: value}, Answer(200, b"")):
        assert isinstance(result.error, InvalidArgumentError)
        assert result.sent == []
    count(GATE, "values refused before sending")
