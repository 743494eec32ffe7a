"""Partly unreadable responses: the client reads the other items of a list, or the other fields of an object."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from paisr import (
    ConfigurationError,
    InvoiceList,
    OutcomeUnknownError,
    UnexpectedResponseError,
    UnreadableItem,
)

TOKEN = "CANARY-c0ffee-token"
BOM = b"\xef\xbb\xbf"


def invoice(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": f"inv_{number}", "status": "paid", **fields}


def listed(*invoices: Any, **more: Any) -> bytes:
    return json.dumps({"success": True, "data": {"invoices": invoices, **more}}).encode()


def one(**fields: Any) -> bytes:
    return json.dumps({"success": True, "data": invoice(**fields)}).encode()


@pytest.fixture
def read(side: Any, script: Any, create: Any) -> Callable[..., Any]:
    """The result of one call that gets this body."""

    def read(body: bytes, name: str = "get", **settings: Any) -> Any:
        limit = settings.pop("limit", None)
        client = side.client(script((200, body)), **{"token": TOKEN, **settings})
        arguments = {"get": {"invoice_id": "inv_1"}, "list": {"limit": limit}, "create": create}[name]
        return side.call(client, name, **arguments)

    return read


@pytest.fixture
def refused(read: Any) -> Callable[..., UnexpectedResponseError]:
    def refused(body: bytes, name: str = "get", **settings: Any) -> UnexpectedResponseError:
        with pytest.raises(UnexpectedResponseError) as caught:
            read(body, name, **settings)
        assert caught.value.__context__ is None
        return caught.value

    return refused


# Lists with unreadable items ------------------------------------------------------------------------------------------


def test_the_error_of_a_list_has_its_readable_items(refused: Any) -> None:
    raw = '{"id": "inv_2",  "status": "paid", "due_at": "soon", "amount": {"net_total": 1.10}}'
    body = listed(invoice(0), invoice(1), "HERE", invoice(3, amount={"net_total": "much"}), 7, next_page=None)
    error = refused(body.replace(b'"HERE"', raw.encode()), "list", limit=5)
    assert isinstance(error.partial, InvoiceList)
    assert [found.id for found in error.partial] == ["inv_0", "inv_1"]
    assert error.partial.may_be_truncated
    assert [(item.index, item.path) for item in error.unreadable] == [
        (2, "$.data.invoices[2].due_at"),
        (3, "$.data.invoices[3].amount.net_total"),
        (4, "$.data.invoices[4]"),
    ]
    assert error.unreadable[0] == UnreadableItem(
        2, "$.data.invoices[2].due_at", "invalid RFC3339 encoded datetime", raw
    )
    assert error.path == "$.data.invoices[2].due_at"
    assert error.__notes__ == ["The other 2 of the list are in `partial`."]
    assert "partial" not in str(error)
    assert error.response.json()["data"]["invoices"][4] == 7


def test_all_of_a_list_can_be_unreadable(refused: Any) -> None:
    error = refused(listed({}, {}), "list")
    assert (list(error.partial), [item.index for item in error.unreadable]) == ([], [0, 1])
    assert not hasattr(error, "__notes__")


def test_one_readable_item_is_written_in_the_singular(refused: Any) -> None:
    assert refused(listed(invoice(0), {}), "list").__notes__ == ["The other 1 of the list is in `partial`."]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"success": true}',
        b'{"success": true, "data": []}',
        b'{"success": true, "data": {"invoices": {}}}',
        b'{"success": false, "data": {"invoices": [{}]}}',
        b'{"success": true, "data": {"invoices": [{}]}',
        listed(invoice())[:-2] + b', "x": NaN}}',
    ],
)
@pytest.mark.parametrize("unreadable", ["raise", "report"])
def test_an_invalid_envelope_of_a_list_has_no_partial_list(refused: Any, body: bytes, unreadable: str) -> None:
    error = refused(body, "list", unreadable=unreadable)
    assert (error.partial, error.unreadable) == ((), ())


def test_an_error_with_a_partial_list_pickles_without_the_token(refused: Any) -> None:
    error = refused(listed(invoice(1, summary=TOKEN), invoice(2, due_at=TOKEN), invoice(3, status=TOKEN + "x")), "list")
    there = pickle.loads(pickle.dumps(error))
    assert (there.partial, there.unreadable, there.response) == (error.partial, error.unreadable, error.response)
    assert [found.summary for found in there.partial] == ["[secret]", None]
    assert "c0ffee" not in f"{error!r} {vars(error)!r} {[item.raw for item in error.unreadable]}"
    assert b"c0ffee" not in pickle.dumps(error)


def test_amounts_of_a_partial_list_are_exact(refused: Any) -> None:
    error = refused(
        listed("HERE", {}).replace(b'"HERE"', b'{"id":"i","status":"paid","amount":{"net_total":1.10}}'), "list"
    )
    assert str(error.partial[0].amount.net_total) == "1.10"


# Fields of a wrong type -----------------------------------------------------------------------------------------------

ODD = {
    "PHP's empty array": ({"session": []}, "session"),
    "a customer by id alone": ({"customer": "cus_1"}, "customer"),
    "an empty array in an object": ({"customer": {"id": "cus_1", "billing_details": []}}, "customer.billing_details"),
    "a number as text": ({"sid": "600783"}, "sid"),
    "a boolean as number": ({"sid": True}, "sid"),
    "an integer with a point": ({"sid": 600783.0}, "sid"),
    "an integer of 5,000 digits": ({"sid": "LONG"}, "sid"),
    "an empty text for a time": ({"paid_at": ""}, "paid_at"),
    "a time without an offset": ({"due_at": "2023-11-07 05:31:56"}, "due_at"),
    "a time as a number": ({"created_at": 1699335116}, "created_at"),
    "a number for a text": ({"summary": 7}, "summary"),
    "a voucher type that is a number": ({"voucher": {"id": "vch_1", "type": 1, "rate": 10}}, "voucher.type"),
}


def odd_body(name: str) -> bytes:
    return one(amount={"net_total": 1}, **ODD[name][0]).replace(b'"LONG"', b"7" * 5000)


@pytest.mark.parametrize("name", ODD)
def test_an_optional_field_of_a_wrong_type_raises_by_default(refused: Any, name: str) -> None:
    assert refused(odd_body(name)).path == f"$.data.{ODD[name][1]}"


@pytest.mark.parametrize("name", ODD)
def test_an_optional_field_of_a_wrong_type_reads_as_none_when_reported(read: Any, name: str) -> None:
    findings: list[tuple[str, str]] = []
    found = read(odd_body(name), unreadable="report", on_drift=lambda *finding: findings.append(finding))
    assert (found.id, found.status, found.amount.net_total) == ("inv_1", "paid", 1)
    *above, field = ODD[name][1].split(".")
    for part in above:
        found = getattr(found, part)
        assert found.id
    assert getattr(found, field) is None
    ((operation, finding),) = findings
    place, _, reason = finding.partition(": ")
    assert (operation, place) == ("get_invoice", f"$.data.{ODD[name][1]}")
    assert reason.startswith(("expected", "invalid", "integer", "nested")), reason


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": 7}, "id"),
        ({"status": None}, "status"),
        ({"currency": 7}, "currency"),
        ({"subscription_id": 7}, "subscription_id"),
        ({"customer": {"id": 7}}, "customer.id"),
        ({"customer": {"name": 7, "id": 7}}, "customer.id"),
        ({"voucher": {"rate": "much"}}, "voucher.rate"),
        ({"voucher": {"rate": "NaN"}}, "voucher.rate"),
        ({"amount": []}, "amount"),
        ({"amount": "12.50"}, "amount"),
        ({"amount": {"net_total": ""}}, "amount.net_total"),
        ({"amount": {"net_total": True}, "due_at": ""}, "amount.net_total"),
    ],
)
def test_an_invalid_amount_id_status_or_currency_is_never_read_as_none(refused: Any, fields: Any, path: str) -> None:
    findings: list[str] = []
    error = refused(one(**fields), unreadable="report", on_drift=lambda _operation, finding: findings.append(finding))
    assert (error.path, findings) == (f"$.data.{path}", [])


def test_a_byte_order_mark_is_skipped_and_reported(read: Any, refused: Any) -> None:
    findings: list[str] = []
    report = {"unreadable": "report", "on_drift": lambda _operation, finding: findings.append(finding)}
    assert read(BOM + one(sid=""), **report).sid is None
    assert findings == ["$: it begins with a byte order mark", "$.data.sid: expected `int | null`, got `str`"]
    assert len(read(BOM + listed(invoice(), invoice()), "list", **report)) == 2
    assert refused(BOM + one()).path == "$"


def test_each_unreadable_field_of_a_list_is_reported_once(read: Any) -> None:
    findings: list[str] = []
    body = listed(*(invoice(number, sid=str(number), due_at="", summary=f"n{number}") for number in range(5)))
    found = read(
        body, "list", unreadable="report", on_drift=lambda _operation, finding: findings.append(finding), limit=5
    )
    assert [(one.id, one.sid, one.due_at, one.summary) for one in found] == [
        (f"inv_{number}", None, None, f"n{number}") for number in range(5)
    ]
    assert found.may_be_truncated
    assert findings == [
        "$.data.invoices[].sid: expected `int | null`, got `str`",
        "$.data.invoices[].due_at: invalid RFC3339 encoded datetime",
    ]


def test_an_invoice_with_a_wrong_amount_is_no_item_of_the_partial_list(refused: Any) -> None:
    findings: list[str] = []
    body = listed(invoice(0, sid="0"), invoice(1, amount=[]), invoice(2))
    error = refused(body, "list", unreadable="report", on_drift=lambda _operation, finding: findings.append(finding))
    assert [(found.id, found.sid) for found in error.partial] == [("inv_0", None), ("inv_2", None)]
    assert [(item.index, item.path) for item in error.unreadable] == [(1, "$.data.invoices[1].amount")]
    assert findings == ["$.data.invoices[].sid: expected `int | null`, got `str`"]


def test_a_create_with_an_odd_optional_field_is_created(read: Any) -> None:
    body = one(session=[])
    assert read(body, "create", unreadable="report").id == "inv_1"
    with pytest.raises(OutcomeUnknownError):
        read(body, "create")


def test_without_on_drift_a_finding_is_logged_once(read: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "paisr"):
        assert read(listed(invoice(sid="1", new=2), invoice(sid="2")), "list", unreadable="report")[1].sid is None
    assert [record.getMessage() for record in caplog.records] == [
        "the response to list_invoices differs from the contract: "
        "$.data.invoices[].sid: expected `int | null`, got `str`"
    ]


def test_numbers_beside_an_odd_field_keep_their_digits(read: Any) -> None:
    body = b'{"success": true, "data": {"id": "inv_1", "status": "paid", "amount": {"net_total": 1.10}, "sid": ""}}'
    assert str(read(body, unreadable="report").amount.net_total) == "1.10"


def test_reconcile_never_reads_an_invalid_creation_time_as_missing(side: Any, script: Any, create: Any) -> None:
    """An invoice without a readable `created_at` would match any create."""
    made = invoice(summary=create["summary"], customer={"id": create["customer"]}, created_at="2019-01-01", sid="7")
    lost = script((500, {"success": False}), (200, listed(made)))
    client = side.client(lost, max_retries=0, unreadable="report")
    with pytest.raises(OutcomeUnknownError) as caught:
        side.call(client, "create", **create)
    with pytest.raises(UnexpectedResponseError) as odd:
        side.call(client, "reconcile", caught.value.attempt)
    assert odd.value.path == "$.data.invoices[0].created_at"
    assert side.call(client, "list")[0].created_at is None


def test_an_unknown_value_of_unreadable_is_refused(side: Any) -> None:
    with pytest.raises(ConfigurationError, match="unreadable='ignore' is not known; give 'raise' or 'report'"):
        side.client(unreadable="ignore")


def test_with_options_changes_unreadable_and_keeps_on_drift(side: Any, script: Any) -> None:
    findings: list[str] = []
    client = side.client(
        script((200, one(sid="", new=1))), on_drift=lambda _operation, finding: findings.append(finding)
    )
    tolerant = client.with_options(unreadable="report")
    assert side.call(tolerant, "get", "inv_1").sid is None
    assert findings == ["$.data.sid: expected `int | null`, got `str`", "$.data.new"]
    assert side.call(tolerant.with_options(on_drift=print), "get", "inv_1").sid is None
    with pytest.raises(UnexpectedResponseError):
        side.call(tolerant.with_options(unreadable="raise"), "get", "inv_1")
    with pytest.raises(UnexpectedResponseError):
        side.call(client, "get", "inv_1")


def test_decimals_stay_exact_beside_an_unreadable_field(read: Any) -> None:
    found = read(one(sid="", voucher={"id": "v", "rate": 10.5}), unreadable="report")
    assert found.voucher.rate == Decimal("10.5")
