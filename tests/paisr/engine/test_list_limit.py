"""Lists of invoices and whole responses."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from paisr import Invoice, InvoiceList, InvoiceStatus
from paisr_generated.api import operation_named
from paisr_generated.list_limit import note_truncation

LIST = operation_named("list_invoices")


def listed(invoices: list[Invoice], limit: int | None) -> InvoiceList:
    """The list that a call with LIMIT returns."""
    found = InvoiceList(invoices=invoices)
    note_truncation(found, LIST, {} if limit is None else {"limit": limit})
    return found


INVOICES = [Invoice(id=f"inv_{number}", status=InvoiceStatus.PAID) for number in range(3)]


def test_a_list_is_a_sequence() -> None:
    found = listed(INVOICES, 1000)
    assert isinstance(found, Sequence)
    assert (len(found), found[0], found[-1]) == (3, INVOICES[0], INVOICES[2])
    assert list(found) == INVOICES
    assert list(reversed(found)) == INVOICES[::-1]
    assert found[1:] == INVOICES[1:]
    assert found[::-2] == [INVOICES[2], INVOICES[0]]
    assert INVOICES[1] in found
    assert "inv_1" not in found
    assert found.index(INVOICES[2]) == 2
    assert found.count(INVOICES[0]) == 1
    assert not listed([], 1000)
    with pytest.raises(IndexError):
        found[3]


def test_lists_with_the_same_content_are_equal() -> None:
    assert listed(INVOICES, 5) == listed(list(INVOICES), 1000)
    assert listed(INVOICES, 3) != listed(INVOICES, 5)
    assert listed(INVOICES[:2], 5) != listed(INVOICES, 5)
    assert listed(INVOICES, 5) != INVOICES
    with pytest.raises(TypeError, match="unhashable"):
        hash(listed(INVOICES, 5))


@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
def test_a_list_pickles_and_copies_without_loss(travel: Any) -> None:
    found = listed(INVOICES, 3)
    assert travel(found) == found


@pytest.mark.parametrize(
    ("count", "limit", "truncated"), [(0, 1, False), (1, 1, True), (2, 3, False), (3, 3, True), (3, 2, True)]
)
def test_a_list_as_long_as_its_limit_may_be_truncated(count: int, limit: int, truncated: bool) -> None:
    assert listed(INVOICES[:count], limit).may_be_truncated is truncated


def test_the_repr_of_a_list_has_its_length() -> None:
    assert repr(listed(INVOICES, 5)) == "<InvoiceList of 3>"
    assert repr(listed(INVOICES, 3)) == "<InvoiceList of 3, may be truncated>"


@pytest.mark.parametrize(
    ("count", "limit", "truncated"), [(999, None, False), (1000, None, True), (10, 10, True), (9, 10, False)]
)
def test_a_list_without_a_limit_may_be_truncated_at_a_thousand(
    side: Any, script: Any, count: int, limit: int | None, truncated: bool
) -> None:
    invoices = [{"id": f"inv_{number}", "status": "paid"} for number in range(count)]
    responses = script((200, {"success": True, "data": {"invoices": invoices}}))
    found = side.call(side.client(responses), "list", limit=limit)
    assert (len(found), found.may_be_truncated) == (count, truncated)


def test_a_whole_response_has_status_headers_content_and_data(side: Any, script: Any) -> None:
    body = (
        b'{"success": true, "data": {"id": "inv_1", "status": "paid", "line_items": [{"total": 149.950}], "n": '
        + b"7" * 5000
        + b"}}"
    )
    responses = script((503, b""), (200, body, [("X-Seen", "a"), ("x-seen", "b"), ("Retry-After", "1")]))
    response = side.call(side.client(responses, max_retries=1), "with_response.get", "inv_1")
    assert response.data == Invoice(id="inv_1", status=InvoiceStatus.PAID)
    assert (response.status_code, response.attempts, response.content) == (200, 2, body)
    assert response.headers["X-SEEN"] == "a, b"
    assert "retry-after" in response.headers
    assert "X-Missing" not in response.headers
    assert len(response.headers) == len(list(response.headers)) == 3
    data = response.json()["data"]
    assert str(data["line_items"][0]["total"]) == "149.950"
    assert data["n"] == Decimal("7" * 5000)
    assert "149.950" not in repr(response)
    assert pickle.loads(pickle.dumps(response)) == response


def test_create_and_list_return_their_whole_responses_too(side: Any, script: Any, create: Any) -> None:
    client = side.client(script((201, {"success": True, "data": {"id": "inv_1", "status": "unpaid", "session": None}})))
    response = side.call(client, "with_response.create", **create)
    assert (response.status_code, response.data.id, response.data.session) == (201, "inv_1", None)
    client = side.client(script((200, {"success": True, "data": {"invoices": []}})))
    response = side.call(client, "with_response.list")
    assert (len(response.data), response.data.may_be_truncated, response.attempts) == (0, False, 1)
