"""Faults in the body of a response with status 200: not JSON, not the envelope, not the types of the contract."""

from __future__ import annotations

from declarations import TOKEN, Expect, Expects, Fault, off_contract, success
from server import Received, always, as_json, http, right_data, right_response

DEEP = 100_000


def body(name: str, content: bytes, expects: Expects | None = None) -> Fault:
    response = http(200, content, "Content-Type: application/json")
    return Fault(name, off_contract() if expects is None else expects, always(response))


def data(name: str, content: bytes, expects: Expects | None = None) -> Fault:
    return body(name, b'{"success": true, "data": ' + content + b"}", expects)


def field(name: str, content: bytes) -> Fault:
    """An invalid field of an invoice. The response to a create does not have the field."""
    only_read = {"get": Expect(1, "UnexpectedResponseError", "unknown")}
    return data(name, b'{"id": "inv_123", "status": "paid", ' + content + b"}", only_read)


def _more(received: Received) -> bytes:
    more = {"line_items": [{"id": "itm_1"}], "new": {"deep": [1, None]}}
    return as_json({"success": True, "data": right_data(received) | more, "trace": "t-1"})


def _typed(kind: str) -> Fault:
    def response(received: Received) -> bytes:
        return right_response(received).replace(b"application/json", kind.encode())

    return Fault(f"valid body with content type {kind}", success(), always(response))


def _other_status(received: Received) -> bytes:
    return right_response(received).replace(b'"paid"', b'"owed"').replace(b'"SRD"', b'"XCG"')


NOT_THE_ENVELOPE = [
    body("text", b"OK"),
    body("empty body", b""),
    body("blank body", b" \r\n "),
    body("HTML with status 200", b"<!doctype html><h1>Maintenance</h1>"),
    body("JSON cut off", b'{"success": true, "data": {"id": "inv_1'),
    body("two documents", b'{"success": true, "data": {"id": "inv_123", "status": "paid"}}{}'),
    body("a list as body", b"[]"),
    body("null as body", b"null"),
    body("a number as body", b"7"),
    body("invalid UTF-8", b'{"success": true, "data": {"id": "inv_\xff", "status": "paid"}}'),
    body("UTF-16", '{"success": true, "data": {"id": "inv_123", "status": "paid"}}'.encode("utf-16")),
    body("success false with status 200", b'{"success": false, "message": "No."}'),
    body("success false with data", b'{"success": false, "data": {"id": "inv_123", "status": "paid"}}'),
    body("success as text", b'{"success": "true", "data": {"id": "inv_123", "status": "paid"}}'),
    body("success missing", b'{"data": {"id": "inv_123", "status": "paid"}}'),
    body("data missing", b'{"success": true}'),
    body("nested 100,000 deep", b'{"success": true, "data": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    body(
        "nested 100,000 deep in an unknown field",
        b'{"success": true, "data": {"id": "inv_123", "status": "paid", "new": ' + b"[" * DEEP + b"]" * DEEP + b"}}",
    ),
    body("token echoed in the body", f'{{"success": false, "message": "{TOKEN}"}}'.encode()),
    body("token echoed in a field", f'{{"success": true, "data": {{"id": "{TOKEN}", "status": 5}}}}'.encode()),
]
DATA = [
    data("data null", b"null"),
    data("data a list", b"[]"),
    data("data a text", b'"inv_123"'),
    data("id null", b'{"id": null, "status": "paid"}'),
    data("id missing", b'{"status": "paid"}'),
    data("id a number", b'{"id": 123, "status": "paid"}'),
    data("status null", b'{"id": "inv_123", "status": null}'),
    data("status a number", b'{"id": "inv_123", "status": 1}'),
    data(
        "duplicate keys",
        b'{"id": "inv_0", "id": "inv_123", "status": "paid", "status": "paid"}',
        {
            "get": Expect(1, result="inv_123"),
            "create": Expect(1, result="inv_123"),
        },
    ),
    field("NaN", b'"amount": {"net_total": NaN}'),
    field("NaN as text", b'"amount": {"net_total": "NaN"}'),
    field("Infinity as text", b'"amount": {"net_total": "Infinity"}'),
    field("amount a text", b'"amount": {"net_total": "many"}'),
    field("integer of 5,000 digits", b'"sid": ' + b"9" * 5000),
    field("amount with an exponent of 10^18", b'"amount": {"net_total": 1e1000000000000000000}'),
    field("integer with a fraction", b'"sid": 7.5'),
    field("integer as text", b'"sid": "7"'),
    field("invalid time", b'"due_at": "tomorrow"'),
    field("time without a zone", b'"due_at": "2025-01-31T12:00:00"'),
    field("time on 30 February", b'"due_at": "2025-02-30T12:00:00Z"'),
    field("time as a number", b'"due_at": 1700000000'),
    field("object as text", b'"customer": "cus_1"'),
    field("object as list", b'"amount": []'),
]
READ_ON = [
    Fault(
        "unknown enumeration values",
        {"get": Expect(1, result="inv_123"), "list": Expect(1, result="inv_1")},
        always(_other_status),
    ),
    Fault("unknown fields", success(), always(_more)),
    _typed("text/html"),
    _typed("application/json; charset=latin-1"),
    body(
        "list with one wrong invoice",
        b'{"success": true, "data": {"invoices": [{"id": "inv_1", "status": "paid"}, {}]}}',
        {"list": Expect(1, "UnexpectedResponseError", "unknown")},
    ),
    body(
        "invoices null",
        b'{"success": true, "data": {"invoices": null}}',
        {"list": Expect(1, "UnexpectedResponseError", "unknown")},
    ),
]
BODIES = [*NOT_THE_ENVELOPE, *DATA, *READ_ON]
