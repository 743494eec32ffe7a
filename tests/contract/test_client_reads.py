"""Client against contract, in: every answer that the contract allows is read without loss, every other one is an error.

Declared, where the client is not as strict as the contract, or stricter:

- an unknown field is no error, and an unknown value of an enumeration is read as its text;
- a text that `Decimal` reads as a finite number is read as that number, exactly; `"NaN"` and `"Infinity"` are errors;
- a number of 1,000 orders of magnitude or more is an error: whoever writes it out would fill the memory;
- an error's status counts, whatever its body: an envelope that cannot be read has no message;
- of the formats, date-time is enforced, with its offset; the contract has no other. A space instead of the T, and an
  offset without its colon, are read as the instant that they name. What is finer than a microsecond is rounded, and a
  leap second is an error: no `datetime` holds either.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from holding.clients import Answer, Clients, Result
from holding.contract import resolve
from holding.counting import OFF_SCHEMA, count
from holding.generation import load
from holding.mirror import ANSWERS, Answered, document
from holding.reach import Reach
from holding.reading import MOST_ORDERS, exactly, leaves, losses, numeric, path_of, respelled

from paisr import APIStatusError, OutcomeUnknownError, UnexpectedResponseError

GATE = "client: what it reads"
pytestmark = pytest.mark.gate(GATE)
reach = Reach(GATE)
mirror = load(document())

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "createInvoice": ("create", {"customer": "cus_1", "summary": "", "due": "In 3 days"}),
    "listInvoices": ("list", {}),
    "getInvoice": ("get", {"invoice_id": "inv_1"}),
}
STATUSES = {"200": 200, "4XX": 422, "5XX": 503}

ADDRESS = {"line_1": "Example Street 10", "line_2": "2", "city": "Paramaribo", "state": "Kwatta", "zip_code": "0",
           "country": "SR"}  # fmt: skip
INVOICE: dict[str, Any] = {
    "id": "inv_123456",
    "sid": 600783,
    "subscription_id": "sub_123456",
    "customer": {
        "id": "cus_123456", "name": "Jane Smith", "email": "jane@example.com", "billing_details": ADDRESS,
        "shipping_details": {**ADDRESS, "name": "Jane Smith", "phone": "+597-8123456"},
    },
    "voucher": {"id": "vch_123456", "type": "percentage", "rate": 10},
    "summary": "A simple pizza order",
    "amount": {"sub_total": 150, "discount_total": 15, "net_total": 135},
    "status": "paid",
    "currency": "SRD",
    "session": {"url": "https://checkout.paisr.tech/e", "expires_in": "30 minutes"},
    "due_at": "2023-11-07T05:31:56Z",
    "paid_at": "2023-11-07T05:31:56Z",
    "void_at": "2023-11-07T05:31:56Z",
    "created_at": "2023-11-07T05:31:56Z",
}  # fmt: skip
FULL: dict[str, Any] = {
    "createInvoice": {"id": "inv_1", "status": "unpaid", "session": INVOICE["session"]},
    "listInvoices": {"invoices": [INVOICE, {"id": "inv_2", "status": "draft"}, INVOICE]},
    "getInvoice": INVOICE,
}
# Each in the place of each value of an answer. What is right in one place is wrong in another: the contract decides.
SUBSTITUTES: list[Any] = [
    None, True, False, 0, 7, -1, 0.5, 1e300, "", "text", "7", "0.10", "NaN", "Infinity", "-inf", "paid", "SRD", [], {},
    [None], [{}], {"id": "inv_1"}, "2023-11-07T05:31:56Z", "2023-11-07T05:31:56+05:30",
    "2023-11-07T05:31:56.123456-03:00", "2023-11-07T05:31:56", "2023-11-07", "2023-11-07T25:31:56Z",
    "2023-02-30T05:31:56Z", "yesterday",
]  # fmt: skip


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@mirror.parametrize()
def test_generated(case: Any, clients: Clients) -> None:
    answered = ANSWERS[case.path]
    try:
        content = json.dumps(case.body, ensure_ascii=False).encode()
    except TypeError:  # a case without a body
        content = b""
    hold(answered, content, clients)


def hold(answered: Answered, content: bytes, clients: Clients) -> None:
    """Give an answer to both clients, and judge what they make of it by what the contract says of it."""
    method, arguments = CALLS[answered.operation]
    results = clients.call(method, arguments, Answer(STATUSES[answered.status], content))
    try:
        value = exactly(content)
    except ValueError:
        hold_refused(answered, {"$"}, results)
        return
    found = list(leaves(reach.errors(answered.place, value)))
    note_status(answered)
    if answered.status != "200":
        hold_error(answered, value, found, results)
        return
    wrong = [error for error in found if not tolerated(error)]
    if wrong:
        hold_refused(answered, {path_of(error) for error in wrong}, results)
    else:
        hold_read(answered, value, results, tolerant=bool(found))


def hold_read(answered: Answered, value: Any, results: list[Result], *, tolerant: bool) -> None:
    count(GATE, "answers read although off-schema, as declared" if tolerant else "valid answers read without loss")
    wanted = resolve({"$ref": f"#{answered.place}"})["properties"]["data"]
    for result in results:
        assert result.error is None, f"refused: {result.error}"
        data = value["data"]
        if answered.operation == "listInvoices":
            data, schema = data["invoices"], resolve(wanted)["properties"]["invoices"]
        else:
            schema = wanted
        assert list(losses(data, result.value, schema, "$.data")) == []


def hold_refused(answered: Answered, paths: set[str], results: list[Result]) -> None:
    if answered.status != "200":
        hold_error(answered, None, [True], results)
        return
    count(GATE, OFF_SCHEMA)
    for result in results:
        error: BaseException | None = result.error
        if answered.operation == "createInvoice":
            assert isinstance(error, OutcomeUnknownError), f"{error!r}, wrong at {paths}"
            error = error.__cause__
        assert isinstance(error, UnexpectedResponseError), f"{error!r}, wrong at {paths}"
        assert error.path in paths, f"{error}, wrong at {paths}"
        assert error.status_code == STATUSES[answered.status]
        assert error.outcome == "unknown"


def hold_error(answered: Answered, value: Any, found: list[Any], results: list[Result]) -> None:
    count(GATE, "error envelopes that are not the contract's" if found else "error envelopes")
    for result in results:
        error: BaseException | None = result.error
        if answered.operation == "createInvoice" and answered.status == "5XX":
            assert isinstance(error, OutcomeUnknownError)
            error = error.__cause__
        assert isinstance(error, APIStatusError), f"{error!r}"
        assert error.status_code == STATUSES[answered.status]
        if not found:
            assert error.message == value.get("message")


def tolerated(error: Any) -> bool:
    """What the contract forbids and the client takes, as declared above."""
    if error.validator == "enum":
        return isinstance(error.instance, str)
    if error.validator == "format":
        return respelled(error.instance)
    kinds = error.validator_value if error.validator == "type" else []
    return "number" in kinds and isinstance(error.instance, str) and numeric(error.instance)


def note_status(answered: Answered) -> None:
    path, method = {"createInvoice": ("~1invoices", "post"), "listInvoices": ("~1invoices", "get")}.get(
        answered.operation, ("~1invoices~1{invoice_id}", "get")
    )
    reach.note(f"/paths/{path}/{method}/responses/{answered.status}")
    kind = {"4XX": "ClientError", "5XX": "ServerError"}.get(answered.status)
    if kind is not None:
        reach.note(f"/components/responses/{kind}/content/application~1json")


def envelope(operation: str) -> dict[str, Any]:
    return {"success": True, "data": copy.deepcopy(FULL[operation])}


def inner_places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from inner_places(member, (*path, key))


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    changed: Any = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


def without(value: Any, path: tuple[str | int, ...]) -> Any:
    changed = copy.copy(value)
    if len(path) == 1:
        del changed[path[0]]
    else:
        changed[path[0]] = without(value[path[0]], path[1:])
    return changed


@pytest.mark.parametrize("operation", FULL)
def test_every_value_replaced_by_every_other(operation: str, clients: Clients) -> None:
    whole, answered = envelope(operation), ANSWERS[f"/{operation}/200"]
    for place in inner_places(whole):
        for new in SUBSTITUTES:
            hold(answered, json.dumps(replaced(whole, place, new)).encode(), clients)


@pytest.mark.parametrize("operation", FULL)
def test_every_field_left_out_and_one_more_everywhere(operation: str, clients: Clients) -> None:
    whole, answered = envelope(operation), ANSWERS[f"/{operation}/200"]
    hold(answered, json.dumps(whole).encode(), clients)
    for place in inner_places(whole):
        if place:
            hold(answered, json.dumps(without(whole, place)).encode(), clients)
        found: Any = whole
        for key in place:
            found = found[key]
        if isinstance(found, dict):
            hold(answered, json.dumps(replaced(whole, place, {**found, "line_items": [{"id": 1}]})).encode(), clients)


@pytest.mark.parametrize(
    "number",
    ["0.1", "149.95", "1.10", "100", "-1", "0.00", "1E400", "1e-400", "9007199254740993", "0.30000000000000004",
     "1234567890123456789012345678901234567890.5", "-12.50", "1.5e3"],
)  # fmt: skip
def test_every_digit_is_read(number: str, clients: Clients) -> None:
    content = json.dumps(envelope("getInvoice")).replace('"net_total": 135', f'"net_total": {number}')
    for result in clients.call("get", {"invoice_id": "inv_1"}, Answer(200, content.encode())):
        assert result.value.amount.net_total.as_tuple() == Decimal(number).as_tuple()
    count(GATE, "numbers by hand")


@pytest.mark.parametrize(
    "time",
    ["2023-11-07t05:31:56z", "2023-11-07 05:31:56Z", "2023-11-07T05:31:56+0530", "2023-11-07T05:31:56+05",
     "2023-11-07T05:31Z", "20231107T053156Z", "2023-11-07T24:00:00Z", "2023-11-07T23:59:60Z", "2016-12-31T23:59:60Z",
     "2023-11-07T05:31:56,5Z", "2023-11-07T05:31:56.Z", "2023-11-07T05:31:56.1Z", "2023-11-07T05:31:56.123456Z",
     "2023-11-07T05:31:56.999999999Z", "2023-11-07T05:31:56-00:00", "2023-11-07T05:31:56+23:59",
     "2023-11-07T05:31:56+24:00", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "0001-01-01T00:00:00Z",
     "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", " 2023-11-07T05:31:56Z",
     "2023-W45-2T05:31:56Z", "1699335116", "2023-1-7T05:31:56Z", "-2023-11-07T05:31:56Z",
     "2023-11-07T05:31:56+05:30[Asia/Kolkata]"],
)  # fmt: skip
def test_a_time(time: str, clients: Clients) -> None:
    content = json.dumps(replaced(envelope("getInvoice"), ("data", "paid_at"), time))
    hold(ANSWERS["/getInvoice/200"], content.encode(), clients)


@pytest.mark.parametrize(
    "number", [f"1E{MOST_ORDERS}", f"1E-{MOST_ORDERS}", "NaN", "Infinity", "-Infinity", "01", "1."]
)
def test_a_number_of_no_use_is_refused(number: str, clients: Clients) -> None:
    content = json.dumps(envelope("getInvoice")).replace('"net_total": 135', f'"net_total": {number}')
    paths = {"$"} if number[:2] != "1E" else {"$.data.amount.net_total"}
    hold_refused(
        ANSWERS["/getInvoice/200"], paths, clients.call("get", {"invoice_id": "inv_1"}, Answer(200, content.encode()))
    )


@pytest.mark.parametrize("operation", FULL)
@pytest.mark.parametrize(
    "content",
    [b"", b" ", b"null", b"[]", b"true", b'"text"', b"<html>503</html>", b"{", b'{"success": true', b"\xff\xfe",
     b'{"a": "\xff"}', b'{"success": true, "data": {}} x', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_envelope_is_refused(operation: str, content: bytes, clients: Clients) -> None:
    method, arguments = CALLS[operation]
    paths = {"$", "$.data"} if content.startswith(b'{"success": true, "data"') else {"$"}
    hold_refused(ANSWERS[f"/{operation}/200"], paths, clients.call(method, arguments, Answer(200, content)))


@pytest.mark.parametrize("operation", FULL)
@pytest.mark.parametrize("status", [201, 202, 299])
def test_any_status_of_success_with_an_envelope_is_read(operation: str, status: int, clients: Clients) -> None:
    method, arguments = CALLS[operation]
    for result in clients.call(method, arguments, Answer(status, json.dumps(envelope(operation)).encode())):
        assert result.error is None
