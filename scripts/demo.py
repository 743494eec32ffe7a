"""Create, list, pay and read an invoice, and show a refused call: `make demo`.

Everything runs on this machine: the stub listens on a free port of loopback, and the installed client talks to it
over real HTTP. The file needs the packages `paisr` and `paisr_stub` and nothing else of the repository, so the tests
run it against the built wheel. The exit status is 0 only when every step succeeded.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from paisr import Invoice, LineItem, NotFoundError, Paisr, PaisrError
from paisr_stub import StubServer

CUSTOMER = "jane@example.com"
SUMMARY = "A simple pizza order"
ITEMS = [
    LineItem("Pizza Margherita", quantity=2, unit_price=Decimal("62.50")),
    LineItem("Delivery", quantity=1, unit_price=Decimal("24.95")),
]
TOTAL = Decimal("149.95")
UNKNOWN_ID = "inv_000000"


class UnexpectedResultError(Exception):
    """The result of a step is not the expected one; the message has both."""


def expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise UnexpectedResultError(f"{what} should be {expected!r} and is {found!r}")


def heading(number: int, text: str) -> None:
    print(f"\n{number}. {text}")


def facts(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values, the values in one column."""
    for name, value in rows:
        print(f"     {name:<15}{value}")


def table(rows: list[list[str]]) -> None:
    """Print rows of texts as aligned columns; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for index, row in enumerate(rows):
        print("     " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
        if index == 0:
            print("     " + "  ".join("-" * width for width in widths))


def time_text(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%d %B %Y, %H:%M UTC")


def total(invoice: Invoice) -> Decimal | None:
    return invoice.amount.net_total if invoice.amount else None


def money(invoice: Invoice) -> str:
    amount = total(invoice)
    return "" if amount is None else f"{invoice.currency} {amount:,.2f}"


def pretty(body: bytes) -> str:
    """Indent JSON and keep the digits of its numbers, which a float would not."""
    marked = json.loads(body, parse_float="digits:{}".format)
    return re.sub(r'"digits:([^"]+)"', r"\1", json.dumps(marked, indent=2, ensure_ascii=False))


def show_request(stub: StubServer) -> None:
    """Print the newest request as it reached the stub."""
    request = stub.requests[-1]
    print(f"     {request.method} {request.path}" + (f"?{request.query}" if request.query else ""))
    if request.body:
        print(textwrap.indent(pretty(request.body), "       "))
    print()


def create(client: Paisr, stub: StubServer) -> str:
    heading(1, "Create an invoice")
    created = client.invoices.create(
        customer=CUSTOMER, summary=SUMMARY, currency="SRD", due=timedelta(days=3), items=ITEMS
    )
    show_request(stub)
    checkout = created.session or client.invoices.get(created.id).session
    facts([("invoice", created.id), ("status", created.status)])
    if checkout is None or not checkout.url:
        raise UnexpectedResultError("an unpaid invoice should have a checkout link and has none")
    facts([("checkout link", checkout.url), ("lasts", checkout.expires_in)])
    expect("the status of a new invoice", created.status, "unpaid")
    return created.id


def list_unpaid(client: Paisr, stub: StubServer, invoice_id: str) -> None:
    heading(2, "List the unpaid invoices")
    unpaid = client.invoices.list(status="unpaid", currency="SRD", limit=10)
    show_request(stub)
    rows = [["invoice", "summary", "total", "due"]]
    rows += [[invoice.id, invoice.summary or "", money(invoice), time_text(invoice.due_at)] for invoice in unpaid]
    table(rows)
    expect("the list", [invoice.id for invoice in unpaid], [invoice_id])
    expect("the total", total(unpaid[0]), TOTAL)
    expect("whether the list may be truncated", unpaid.may_be_truncated, False)


def pay(client: Paisr, stub: StubServer, invoice_id: str) -> None:
    heading(3, "The customer pays (the stub simulates it), and the invoice is read again")
    stub.pay(invoice_id)
    paid = client.invoices.get(invoice_id)
    show_request(stub)
    name = paid.customer.name if paid.customer else None
    facts([("invoice", f"{paid.id} (number {paid.sid})"), ("customer", name or CUSTOMER), ("total", money(paid))])
    facts([("status", paid.status), ("paid", time_text(paid.paid_at))])
    expect("the status of a paid invoice", paid.status, "paid")
    expect("the total", total(paid), TOTAL)
    if paid.paid_at is None or abs(paid.paid_at - datetime.now(UTC)) > timedelta(minutes=5):
        raise UnexpectedResultError(f"the time of payment should be now and is {paid.paid_at}")
    expect("the number of unpaid invoices", len(client.invoices.list(status="unpaid")), 0)


def get_unknown_invoice(client: Paisr, stub: StubServer) -> None:
    heading(4, "Ask for an invoice that does not exist")
    try:
        client.invoices.get(UNKNOWN_ID)
    except NotFoundError as error:
        show_request(stub)
        facts([("error", type(error).__name__), ("status code", error.status_code), ("message", error.message)])
        facts([("outcome", f"{error.outcome} (nothing was done)")])
        expect("the status code", error.status_code, 404)
        expect("the outcome", error.outcome, "rejected")
    else:
        raise UnexpectedResultError("an unknown id should be refused and was not")


def run_steps() -> None:
    with StubServer() as stub, Paisr(stub.token, base_url=stub.url) as client:
        print(f"The stub for the Paisr service listens on {stub.url}; nothing leaves this machine.")
        invoice_id = create(client, stub)
        list_unpaid(client, stub, invoice_id)
        pay(client, stub, invoice_id)
        get_unknown_invoice(client, stub)
    print("\nEvery step succeeded.")


def main() -> int:
    try:
        run_steps()
    except (PaisrError, UnexpectedResultError) as error:
        print(f"\nThe demo failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
