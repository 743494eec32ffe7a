"""Typed uses of the public surface: checked by mypy and pyright, both strict, and never run.

Each line that must be an error has a `type: ignore` with its code. When a type becomes loose, the comment is unused,
and that is an error. Lines that pyright must refuse have a `pyright: ignore` as well.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from email.message import Message
from typing import Any, Literal, assert_type

import httpx
from dateutil.relativedelta import relativedelta

import paisr
from paisr import (
    Amount,
    ApiResponse,
    AsyncPaisr,
    Attempt,
    CallEvent,
    CheckoutSession,
    CreatedInvoice,
    Currency,
    Customer,
    Invoice,
    InvoiceList,
    InvoiceStatus,
    LineItem,
    LineItemDict,
    Paisr,
    PaisrError,
    RateLimit,
    RowResult,
    ShippingDetails,
    Voucher,
)
from paisr.otel import Telemetry


def settings(context: ssl.SSLContext, transport: httpx.BaseTransport, other: httpx.AsyncBaseTransport) -> None:
    assert_type(Paisr(), Paisr)
    Paisr("tok")
    Paisr(
        token="tok",
        environment="staging",
        base_url=None,
        timeout=5,
        max_retries=0,
        rate_limit=RateLimit(100, per=1.5),
        journal="invoices.db",
        unreadable="report",
        proxy="http://proxy.example:3128",
        tls=context,
        transport=transport,
        on_event=lambda event: assert_type(event, CallEvent),
        default_headers={"X-Team": "billing"},
        user_agent="billing/1.0",
    )
    AsyncPaisr("tok", on_event=Telemetry())
    Paisr("tok", on_event=print)
    AsyncPaisr("tok", environment="live", rate_limit=None, transport=other)
    assert_type(Paisr(lambda: "tok").with_options(timeout=5, max_retries=0), Paisr)
    assert_type(AsyncPaisr().with_options(on_drift=print), AsyncPaisr)
    RateLimit(250, per=60, shared="file:/run/rate")
    assert_type(paisr.__version__, str)

    Paisr("tok", "live")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - settings are named
    Paisr(lambda: 7)  # type: ignore[arg-type,return-value]  # pyright: ignore[reportArgumentType] - it returns a text
    Paisr().with_options(journal="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - that is shared
    Paisr(b"tok")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a token is a text
    Paisr(environment="test")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - there are two
    Paisr(timeout=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - every call has an end
    Paisr(rate_limit=250)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a number of what?
    Paisr(transport=other)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the other client's
    AsyncPaisr(transport=transport)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the other client's


def calls(client: Paisr, when: date, months: relativedelta) -> None:
    invoices = client.invoices
    made = invoices.create(customer="cus_1", summary="Pizza", due="In 3 days")
    assert_type(made, CreatedInvoice)
    assert_type(next(invoices.create_many([{"customer": "cus_1"}], dry_run=True)), RowResult)
    invoices.create_many([("cus_1",)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - rows are mappings
    assert_type(made.status, InvoiceStatus)
    invoices.create(
        customer="cus_1",
        summary="Pizza",
        due=timedelta(days=3),
        currency=Currency.SRD,
        items=[LineItem("Pizza", 2, "62.50"), LineItem("Box", Decimal(1), 0)],
        timeout=5.0,
    )
    invoices.create(customer="cus_1", summary="Pizza", due=when, currency="EUR", items=())
    line: LineItemDict = {"description": "Pizza", "quantity": 1, "unit_price": "62.50"}
    invoices.create(customer="cus_1", summary="Pizza", due=months, items=(line for _ in range(3)))

    found = invoices.list(resource_id="cus_1", currency="SRD", status=InvoiceStatus.PAID, limit=10, timeout=1)
    assert_type(found, InvoiceList)
    assert_type(found[0], Invoice)
    assert_type(found[1:], list[Invoice])
    assert_type([one.id for one in found], list[str])
    assert_type(found.may_be_truncated, bool)
    sequence: Sequence[Invoice] = found
    assert_type(len(sequence), int)

    assert_type(invoices.get("inv_1"), Invoice)
    assert_type(invoices.wait("inv_1", until="paid", timeout=60, interval=0.5), Invoice)
    assert_type(invoices.wait("inv_1", until=("paid", InvoiceStatus.VOID)), Invoice)

    response = invoices.with_response.get("inv_1", timeout=2)
    assert_type(response, ApiResponse[Invoice])
    assert_type(response.data, Invoice)
    assert_type(response.status_code, int)
    headers: Mapping[str, str] = response.headers
    assert_type(headers["date"], str)
    assert_type(response.content, bytes)
    assert_type(response.attempts, int)
    assert_type(response.json(), Any)
    assert_type(invoices.with_response.list().data, InvoiceList)
    made_response = invoices.with_response.create(customer="cus_1", summary="Pizza", due="In 3 days")
    assert_type(made_response, ApiResponse[CreatedInvoice])
    with client as same:
        assert_type(same, Paisr)
    client.close()

    invoices.get(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - an id is a text
    invoices.list("cus_1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - filters are named
    invoices.list(limit="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a count is whole
    invoices.list(status="unpiad")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - one of four
    invoices.create(
        customer="cus_1",
        summary="x",
        due="y",
        items=[{"qty": 1}],  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - the key is quantity
    )
    invoices.create(customer="cus_1", summary="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no due
    invoices.create(
        customer="cus_1",
        summary="x",
        due=3,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - days or weeks?
    )
    invoices.create(
        customer="cus_1",
        summary="x",
        due="y",
        items=["z"],  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - a text is no line item
    )
    LineItem("Pizza", 1, 62.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a float is not exact
    LineItem("Pizza", 1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no price


def events(event: CallEvent) -> None:
    assert_type(event.name, Literal["queued", "sent", "answered", "retried", "outcome"])
    assert_type((event.operation, event.method, event.url, event.id), tuple[str, str, str, str | None])
    assert_type((event.call, event.attempt, event.seconds, event.status), tuple[int, int, float, int | None])
    event.add_header("X-Attempt", "1")

    event.attempt = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] - it is frozen


async def awaited(client: AsyncPaisr) -> None:
    invoices = client.invoices
    assert_type(await invoices.create(customer="cus_1", summary="Pizza", due="In 3 days"), CreatedInvoice)
    assert_type(await invoices.list(limit=10), InvoiceList)
    assert_type(await invoices.get("inv_1"), Invoice)
    assert_type(await invoices.wait("inv_1"), Invoice)
    assert_type((await invoices.with_response.get("inv_1")).data, Invoice)
    assert_type(await invoices.with_response.list(), ApiResponse[InvoiceList])
    async with client as same:
        assert_type(same, AsyncPaisr)
    await client.aclose()

    _ = invoices.get("inv_1").id  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - no await


def refusal(error: paisr.WebhookError) -> None:
    assert_type(error.reason, Literal["missing", "signature", "timestamp", "body"])


def deliveries(body: bytes, scope: list[tuple[bytes, bytes]], headers: Mapping[str, str], message: Message) -> None:
    verify = paisr.webhooks.verify
    assert_type(verify(body, headers=headers, secret="s"), paisr.WebhookEvent)
    verify(body, headers=scope, secret=("s", "t"))
    verify(body, headers=message, secret="s")
    verify(body, signature=headers.get("x-pcb-signature"), timestamp=b"1", secret="s")

    verify(body, signature="0", timestamp=headers.get("x-pcb-timestamp"), headers=None, secret="s")

    verify(body.decode(), headers=headers, secret="s")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType] - raw bytes
    verify(body, headers=headers)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue] - no secret
    verify(body, secret="s")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue] - no headers
    verify(body, signature="0", secret="s")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue] - no timestamp
    verify(body, signature="0", timestamp="1", headers=headers, secret="s")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType] - the headers have both


def models(invoice: Invoice) -> None:
    assert_type(invoice.id, str)
    assert_type(invoice.status, InvoiceStatus)
    assert_type(invoice.sid, int | None)
    assert_type(invoice.currency, Currency | None)
    assert_type(invoice.amount, Amount | None)
    assert_type(invoice.customer, Customer | None)
    assert_type(invoice.voucher, Voucher | None)
    assert_type(invoice.session, CheckoutSession | None)
    assert_type(invoice.due_at, datetime | None)
    if invoice.amount is not None:
        assert_type(invoice.amount.net_total, Decimal | None)
    if invoice.customer is not None:
        assert_type(invoice.customer.shipping_details, ShippingDetails | None)
    known: bool = invoice.status.is_known
    text: str = invoice.status
    assert known
    assert text

    _ = invoice.amount.net_total  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess] - may be None
    invoice.id = "inv_2"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] - it is frozen


def errors(client: Paisr) -> None:
    try:
        client.invoices.get("inv_1")
    except paisr.RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except paisr.APIStatusError as error:
        assert_type(error.status_code, int)
        assert_type(error.message, str | None)
        assert_type(error.response, ApiResponse[None])
    except paisr.UnexpectedResponseError as error:
        assert_type((error.path, error.status_code, error.excerpt), tuple[str, int, str])
        assert_type(error.response.headers.get("x-request-id"), str | None)
        item = error.unreadable[0]
        assert_type((item.index, item.path, item.reason, item.raw), tuple[int, str, str, str])
        assert_type(len(error.partial), int)
    except paisr.OutcomeUnknownError as error:
        assert_type(error.attempt, Attempt)
        assert_type(error.candidates, tuple[Invoice, ...])
        assert_type(client.invoices.reconcile(error.attempt), Invoice | None)
        assert_type(Attempt.from_json(error.attempt.to_json()), Attempt)
    except PaisrError as error:
        if error.outcome == "not_sent":
            return
        error.outcome = "maybe"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue] - one of three
