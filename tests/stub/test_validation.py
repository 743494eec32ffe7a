from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from paisr_stub._responses import Refused
from paisr_stub._validation import ListRequest, create_request, list_request

GOOD = {"customer": "cus_123456", "summary": "s", "due": "In 3 days"}
ITEM = {"description": "d", "quantity": 1, "unit_price": 0}


def body(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def test_the_smallest_body_is_accepted() -> None:
    found = create_request(body())
    assert (found.customer, found.summary, found.due, found.currency, found.items) == (
        "cus_123456",
        "s",
        "In 3 days",
        None,
        (),
    )


def test_numbers_are_read_with_every_digit() -> None:
    raw = body(items=["?"]).replace(
        b'"?"', b'{"description": "d", "quantity": 1.10, "unit_price": 123456789012345678.123456789}'
    )
    item = create_request(raw).items[0]
    assert (str(item.quantity), item.unit_price) == ("1.10", Decimal("123456789012345678.123456789"))


@pytest.mark.parametrize("count", [0, 1, 50])
def test_up_to_fifty_items_are_accepted(count: int) -> None:
    assert len(create_request(body(items=[ITEM] * count)).items) == count


@pytest.mark.parametrize("customer", ["cus_1", "cus_a-B_9", "jane@example.com", "a+b@x", "ü@ü.example"])
def test_a_customer_is_an_id_or_an_address(customer: str) -> None:
    assert create_request(body(customer=customer)).customer == customer


@pytest.mark.parametrize("summary", ["", " ", "\x00", "😀" * 1000, "\U0010ffff", "a\u202eb"])
def test_any_text_is_accepted_as_a_summary(summary: str) -> None:
    assert create_request(body(summary=summary)).summary == summary


@pytest.mark.parametrize("value", ["1", "1e0", "1.0", "100e-2", "1.7976931348623157e308", "1e400"])
def test_any_spelling_of_a_number_is_accepted(value: str) -> None:
    raw = body(items=[{**ITEM, "quantity": "?"}]).replace(b'"?"', value.encode())
    assert create_request(raw).items[0].quantity >= 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"customer": 1}, "customer"),
        ({"customer": None}, "customer"),
        ({"customer": "string"}, "customer"),
        ({"customer": ""}, "customer"),
        ({"customer": "cus_"}, "customer"),
        ({"customer": "cus_1\n"}, "customer"),
        ({"customer": "a@b\n"}, "customer"),
        ({"customer": "a@b@c"}, "customer"),
        ({"summary": None}, "summary"),
        ({"summary": ["s"]}, "summary"),
        ({"summary": "\ud800"}, "surrogate"),
        ({"due": 3}, "due"),
        ({"due": {}}, "due"),
        ({"currency": "GBP"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"currency": None}, "currency"),
        ({"note": "x"}, "note"),
        ({"\ud800": "x"}, "not known"),
        ({"items": None}, "items"),
        ({"items": {}}, "items"),
        ({"items": [ITEM] * 51}, "51"),
        ({"items": ["x"]}, "items"),
        ({"items": [{}]}, "description"),
        ({"items": [{**ITEM, "quantity": 0}]}, "quantity"),
        ({"items": [ITEM, {**ITEM, "quantity": 0.99}]}, r"items\[1\].quantity"),
        ({"items": [{**ITEM, "quantity": True}]}, "quantity"),
        ({"items": [{**ITEM, "quantity": "1"}]}, "quantity"),
        ({"items": [{**ITEM, "unit_price": -0.01}]}, "unit_price"),
        ({"items": [{**ITEM, "unit_price": False}]}, "unit_price"),
        ({"items": [{**ITEM, "unit_price": 10**401}]}, "unit_price"),
        ({"items": [{**ITEM, "tax": 1}]}, "tax"),
        ({"items": [{**ITEM, "description": 7}]}, "description"),
    ],
)
def test_a_wrong_body_is_refused_with_422(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        create_request(body(**changes))
    assert caught.value.status == 422


@pytest.mark.parametrize("missing", ["customer", "summary", "due"])
def test_a_missing_required_field_is_refused(missing: str) -> None:
    with pytest.raises(Refused, match=missing) as caught:
        create_request(json.dumps({key: value for key, value in GOOD.items() if key != missing}).encode())
    assert caught.value.status == 422


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"x"', b"1", b"true"])
def test_a_body_that_is_no_object_is_refused_with_422(raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        create_request(raw)
    assert caught.value.status == 422


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", body(summary=float("nan"))])
def test_an_unreadable_body_is_refused_with_400(raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        create_request(raw)
    assert caught.value.status == 400


def test_the_query_of_a_list_is_parsed() -> None:
    assert list_request(b"") == ListRequest(None, None, None, 1000)
    found = list_request(b"resource_id=cus_%C3%BC&currency=GBP&status=void&limit=1000&other=&other=")
    assert found == ListRequest("cus_ü", "GBP", "void", 1000)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=1e2",
        "limit=%205",
        "limit=+5",
        "limit=%2B5",
        "limit=5.0",
        "limit=05",
        "limit=%D9%A3",
        "limit=",
        "limit",
        "limit=5&limit=5",
        "limit=1&limit=2",
        "limit=5%0A",
        "limit=true",
        "limit=99999",
        "currency=usd",
        "currency=US",
        "currency=USD%0A",
        "currency=",
        "currency=%C3%84SD",
        "currency=USD&currency=USD",
        "status=",
        "status=Paid",
        "status=paid,void",
        "status=overdue",
        "resource_id=",
        "resource_id=a&resource_id=b",
        "resource_id=%FF",
        "resource_id=%ED%A0%80",
    ],
)
def test_a_wrong_query_is_refused_with_400(query: str) -> None:
    with pytest.raises(Refused) as caught:
        list_request(query.encode())
    assert caught.value.status == 400
