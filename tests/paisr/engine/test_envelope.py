"""Reading responses: an allowed response becomes a model, any other an error that names the path."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from msgspec import Struct
from msgspec.structs import replace

from paisr import (
    APIStatusError,
    AuthenticationError,
    InvoiceStatus,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)
from paisr._base.secrets import Secret
from paisr._engine.drift import DriftWatch
from paisr._engine.envelope import _redacted, clipped, read_response
from paisr._engine.steps import RawResponse
from paisr_generated.api import operation_named
from paisr_generated.operations import Response
from paisr_generated.reading import what_and_where


def data(**fields: Any) -> dict[str, Any]:
    return {"success": True, "data": {"id": "inv_1", "status": "paid", **fields}}


@pytest.fixture
def read(side: Any, script: Any) -> Any:
    """Read one invoice from a response; `name` for another call."""

    def read(status: int, body: Any, headers: Any = None, *, name: str = "get", **named: Any) -> Any:
        client = side.client(script((status, body, headers)), max_retries=0, rate_limit=None)
        arguments = {"get": ["inv_1"], "list": [], "create": []}[name.rsplit(".", maxsplit=1)[-1]]
        return side.call(client, name, *arguments, **named)

    return read


@pytest.fixture
def unexpected(read: Any) -> Any:
    def unexpected(body: Any, status: int = 200, headers: Any = None, **named: Any) -> UnexpectedResponseError:
        with pytest.raises(UnexpectedResponseError) as caught:
            read(status, body, headers, **named)
        error = caught.value
        assert error.status_code == status
        assert error.outcome == "unknown"
        assert str(error).endswith(".")
        assert len(str(error)) < 800
        assert "\n" not in str(error)
        return error

    return unexpected


def test_an_absent_and_a_null_field_read_as_none(read: Any) -> None:
    names = [
        "sid",
        "subscription_id",
        "customer",
        "voucher",
        "summary",
        "amount",
        "currency",
        "session",
        "due_at",
        "paid_at",
    ]
    absent, null = read(200, data()), read(200, data(**dict.fromkeys(names)))
    assert absent == null
    assert all(getattr(null, name) is None for name in names)


def test_values_are_exact_times_aware_and_enumerations_open(read: Any) -> None:
    text = b"""{"success": true, "data": {"id": "inv_1", "status": "settled", "currency": "GBP", "sid": 600783,
        "amount": {"sub_total": 149.950, "net_total": 0.1}, "due_at": "2023-11-07T05:31:56+03:00"}}"""
    invoice = read(200, text)
    assert (str(invoice.amount.sub_total), invoice.amount.net_total) == ("149.950", Decimal("0.1"))
    assert invoice.amount.discount_total is None
    assert invoice.due_at == datetime(2023, 11, 7, 2, 31, 56, tzinfo=UTC)
    assert (invoice.status, invoice.currency) == ("settled", "GBP")
    assert invoice.status not in list(InvoiceStatus)


@pytest.mark.parametrize("status", [200, 201, 202, 206, 299])
def test_any_2xx_with_an_envelope_is_read(read: Any, status: int) -> None:
    assert read(status, data()).id == "inv_1"


def test_a_wrong_value_in_a_list_is_named_with_its_path(unexpected: Any) -> None:
    invoices = [{"id": f"inv_{number}", "status": "paid", "amount": {"net_total": number}} for number in range(5)]
    invoices[3]["amount"] = {"net_total": "much"}
    error = unexpected({"success": True, "data": {"invoices": invoices}}, name="list")
    assert error.path == "$.data.invoices[3].amount.net_total"
    assert "$.data.invoices[3].amount.net_total" in str(error)
    invoices[3]["amount"] = {"net_total": "NaN"}
    assert (
        unexpected({"success": True, "data": {"invoices": invoices}}, name="list").path
        == "$.data.invoices[3].amount.net_total"
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": None}, "$.data.id"),
        ({"id": 7}, "$.data.id"),
        ({"status": None}, "$.data.status"),
        ({"status": 7}, "$.data.status"),
        ({"sid": "7"}, "$.data.sid"),
        ({"sid": True}, "$.data.sid"),
        ({"due_at": "soon"}, "$.data.due_at"),
        ({"due_at": "2023-11-07T05:31:56"}, "$.data.due_at"),
        ({"customer": []}, "$.data.customer"),
        ({"customer": {"billing_details": {"line_1": 5}}}, "$.data.customer.billing_details.line_1"),
        ({"voucher": {"rate": "Infinity"}}, "$.data.voucher.rate"),
    ],
)
def test_a_wrong_value_is_named_with_its_path(unexpected: Any, fields: dict[str, Any], path: str) -> None:
    error = unexpected(data(**fields))
    assert error.path == path
    assert error.excerpt.startswith('{"success": true')


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", "$"),
        (b" ", "$"),
        (b"<html><body>Bad gateway</body></html>", "$"),
        (b"OK", "$"),
        (b"null", "$"),
        (b"[]", "$"),
        (b"7", "$"),
        (b"{}", "$"),
        (b'{"success": true}', "$"),
        (b'{"success": true, "data": null}', "$.data"),
        (b'{"success": true, "data": {}}', "$.data"),
        (b'{"success": false, "message": "no", "data": {"id": "inv_1", "status": "paid"}}', "$.success"),
        (b'{"success": false, "message": "no"}', "$"),
        (b'{"success": 1, "data": {"id": "inv_1", "status": "paid"}}', "$.success"),
        (b'{"success": "true", "data": {"id": "inv_1", "status": "paid"}}', "$.success"),
        (b'{"success": true, "data": {"id": "inv_1", "status": "paid"}', "$"),
        (b'{"success": true, "data": {"id": "inv_1", "status": "paid"}}}', "$"),
        (b'\xef\xbb\xbf{"success": true, "data": {"id": "inv_1", "status": "paid"}}', "$"),
        ('{"success": true, "data": {"id": "inv_1", "status": "paid"}}'.encode("utf-16"), "$"),
        (b'{"success": true, "data": {"id": "inv_\xff", "status": "paid"}}', "$"),
        (b'{"success": true, "data": {"id": "inv_\\ud800", "status": "paid"}}', "$"),
        (b'{"success": true, "data": {"id": "inv_1", "status": "paid", "sid": NaN}}', "$"),
        (b'{"success": true, "data": {"id": "inv_1", "status": "paid", "sid": ' + b"7" * 5000 + b"}}", "$.data.sid"),
        (b'{"success": true, "data": {"id": "inv_1", "status": "paid", "amount": {"net_total": 1e1000}}}',
        "$.data.amount.net_total"),
        (b'{"success": true, "data": ' + DEEP, "$"),
        (b'{"success": true, "data": {"id": "inv_1", "status": "paid", "new": ' + DEEP + b"]" * 100_000 + b"}}", "$"),
    ],
    ids=lambda value: repr(value)[:50],
)  # fmt: skip
def test_a_response_that_the_contract_does_not_allow_is_an_error(unexpected: Any, body: bytes, path: str) -> None:
    assert unexpected(body).path.startswith(path)


def test_an_empty_204_is_unexpected(unexpected: Any) -> None:
    error = unexpected(b"", status=204)
    assert (error.path, error.excerpt) == ("$", "")
    assert "it begins (empty)" in str(error)


def test_the_last_of_repeated_keys_counts(read: Any) -> None:
    text = b'{"success": false, "success": true, "data": {"id": "inv_2", "id": "inv_1", "status": "paid"}}'
    assert read(200, text).id == "inv_1"


def test_the_excerpt_of_a_body_is_one_short_printable_line(unexpected: Any) -> None:
    body = "\x1b[31m<h1>\u202eevil\u2028\x00 line</h1>\n".encode() + b"\xff" + b"x" * 10_000
    excerpt = unexpected(body).excerpt
    assert excerpt.startswith("[31m<h1> evil line</h1>")
    assert len(excerpt) <= 201
    assert clipped("é\u00a0🍕\n") == "é 🍕"


def test_a_create_with_an_unexpected_response_has_an_unknown_outcome(read: Any, create: Any) -> None:
    for body in (
        b"<html>",
        b"",
        b'{"success": true, "data": {"status": "unpaid"}}',
        b'{"success": false, "message": "?"}',
    ):
        with pytest.raises(OutcomeUnknownError) as caught:
            read(200, body, name="create", **create)
        assert isinstance(caught.value.__cause__, UnexpectedResponseError)
        assert caught.value.attempt.request.customer == create["customer"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, APIStatusError), (301, APIStatusError), (307, APIStatusError), (304, APIStatusError), (401,
        AuthenticationError),
        (404, NotFoundError), (418, APIStatusError), (429, RateLimitError), (500, ServerError), (520, ServerError),
        (599, ServerError), (999, ServerError),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"success": false, "message": "It is not so"}', "It is not so"),
        (b'{"success": false, "message": null}', None),
        (b'{"success": false}', None),
        (b'{"success": true, "message": "hm"}', None),
        (b"<html>Bad gateway</html>", None),
        (b"", None),
        (b"\xff\xfe", None),
        (DEEP, None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_error_has_the_class_of_its_status_and_the_services_message(
    read: Any, status: int, kind: type[APIStatusError], body: bytes, message: str | None
) -> None:
    with pytest.raises(APIStatusError) as caught:
        read(status, body, [("Location", "https://elsewhere.example/")])
    assert type(caught.value) is kind
    assert (caught.value.status_code, caught.value.message) == (status, message)
    assert str(status) in str(caught.value)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 600
    if message:
        assert message in str(caught.value)
    if 300 <= status < 400:
        assert "redirects are not followed" in str(caught.value)


def test_the_token_is_removed_from_a_decoders_message_before_it_is_shortened() -> None:
    what = _redacted(f"invalid {'x' * 180}CANARY-X", Secret("CANARY-X"))
    assert "CANARY" not in what


class Quoted(Struct):
    """A model whose decoder quotes a value that is not allowed."""

    kind: Literal["a", "b"]
    note: Literal["c"] | None = None


@pytest.mark.parametrize("field", ["kind", "note"])
def test_a_token_that_the_decoder_quotes_is_in_no_error_and_no_report(field: str) -> None:
    operation = replace(operation_named("get_invoice"), responses={"200": Response(Quoted)})
    raw = RawResponse(200, [], json.dumps({"kind": "a", "note": "c", field: "CANARY-c0ffee"}).encode())
    reports: list[str] = []
    drift = DriftWatch(lambda _operation, text: reports.append(text), takes_unreadable=True)
    if field == "kind":
        with pytest.raises(UnexpectedResponseError, match=r"at \$\.kind: invalid enum value '\[secret\]'") as caught:
            read_response(raw, operation, Secret("CANARY-c0ffee"), drift)
        assert "CANARY" not in repr(vars(caught.value))
    else:
        assert read_response(raw, operation, Secret("CANARY-c0ffee"), drift)[1] == Quoted(kind="a")
        assert reports == ["$.note: invalid enum value '[secret]'"]


def test_a_message_that_starts_with_an_acronym_keeps_its_capitals() -> None:
    what, _path = what_and_where(ValueError("JSON is malformed: invalid character (byte 0)"))
    assert what.startswith("JSON is malformed")


@pytest.mark.parametrize(
    ("operation", "hint"),
    [("get", "there is no such invoice"), ("list", "check that the base URL"), ("create", "check that the base URL")],
)
def test_the_hint_of_a_404_depends_on_the_operation(
    side: Any, script: Any, create: Any, operation: str, hint: str
) -> None:
    client = side.client(script((404, {"success": False, "message": "Not here."})))
    arguments = {"get": ("inv_1",)}.get(operation, ())
    with pytest.raises(NotFoundError, match=hint):
        side.call(client, operation, *arguments, **(create if operation == "create" else {}))
