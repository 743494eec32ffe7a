"""The checkout page at the `session.url` of an invoice, where a test pays in a browser.

The documentation does not describe the service's page. The whole page is a choice of the stub.

    GET  /checkout/KEY           the invoice, and the buttons for what can be done
    POST /checkout/KEY/pay       the customer pays; back to the page
    POST /checkout/KEY/decline   the payment is declined; back to the page, which says so
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from paisr_stub._exact import EXACT
from paisr_stub._guard import Guard
from paisr_stub._models import Invoice, invoice_of
from paisr_stub._records import timestamp
from paisr_stub._responses import Refused, Response, phrase
from paisr_stub._validation import Item

if TYPE_CHECKING:
    import jinja2

    from paisr_stub._api import Call
    from paisr_stub._store import Store
    from paisr_stub._stub import Stub

PREFIX = "/checkout/"
_MONTHS = (  # not by the locale of the machine: the page is in English
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_FILES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # with no-referrer, browsers would send the form without a true Origin
    ("Cache-Control", "no-store"),
)


def respond(app: Stub, store: Store, guard: Guard, call: Call) -> Response:
    """The page, one of its files, or a redirect to the page after the customer has clicked a button."""
    key, _, action = call.path.removeprefix(PREFIX).partition("/")
    if key in _FILES and not action:
        return _file(key) if call.method == "GET" else _not_allowed("GET")
    if action not in ("", "pay", "decline"):
        return _page(404, title="Not found", invoice=None)
    allowed = "POST" if action else "GET"
    if call.method != allowed:
        return _not_allowed(allowed)
    written = store.invoice_of_session(key)
    if written is None or written["status"] == "draft":
        return _page(404, title="Not found", invoice=None)
    invoice = invoice_of(written)
    if not action:
        return _invoice_page(app, invoice, path=f"{PREFIX}{key}", declined=call.query == b"declined")
    try:
        guard.check(call)
    except Refused as refused:
        return _text(refused.status, refused.message)
    return _act(app, invoice, action, page=f"{PREFIX}{key}")


def _act(app: Stub, invoice: Invoice, action: str, *, page: str) -> Response:
    if _state(invoice) == "open":
        if action == "decline":
            return _text(303, "Declined.", ("Location", f"{page}?declined"))
        with suppress(ValueError):  # another request was faster, and the page shows the result
            app.pay(invoice.id)
    return _text(303, "Done.", ("Location", page))


def _state(invoice: Invoice) -> str:
    if invoice.status != "unpaid":
        return invoice.status
    return "expired" if invoice.session is None else "open"


def _invoice_page(app: Stub, invoice: Invoice, *, path: str, declined: bool) -> Response:
    state = _state(invoice)
    return _page(
        410 if state in ("expired", "void") else 200,
        title=f"Invoice {invoice.sid}",
        invoice=invoice,
        items=app.items(invoice.id),
        state=state,
        declined=declined,
        overdue=state not in ("paid", "void") and invoice.due_at <= timestamp(app.now),
        path=path,
    )


def _page(status: int, **parts: Any) -> Response:
    html = _template().render(**parts)
    return Response(status, html.encode(), "text/html; charset=utf-8", _SECURITY)


def _file(name: str) -> Response:
    return Response(200, (files("paisr_stub") / "checkout" / name).read_bytes(), _FILES[name], _SECURITY)


def _text(status: int, message: str, *headers: tuple[str, str]) -> Response:
    return Response(status, message.encode(), "text/plain; charset=utf-8", (*_SECURITY, *headers))


def _not_allowed(method: str) -> Response:
    return _text(405, phrase(405), ("Allow", method))


@cache
def _template() -> jinja2.Template:
    import jinja2  # here, because only the checkout page needs it

    loader = jinja2.PackageLoader("paisr_stub", "checkout")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    functions = {"money": money, "plain": plain, "day": day, "line_total": line_total}
    return environment.get_template("page.html", globals=functions)


def money(value: Decimal) -> str:
    """Two decimals, or more where the amount has more: `1,234.50`."""
    exponent = EXACT.normalize(value).as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{EXACT.quantize(value, Decimal(1).scaleb(-places)):,f}"


def plain(value: Decimal) -> str:
    """No decimals where there are none: `2`, `1.5`."""
    return f"{EXACT.normalize(value):,f}"


def day(moment: str) -> str:
    """`2025-02-03T12:00:00Z` as `3 February 2025`."""
    read = datetime.fromisoformat(moment)
    return f"{read.day} {_MONTHS[read.month - 1]} {read.year}"


def line_total(item: Item) -> Decimal:
    """Quantity times price, not yet rounded."""
    return EXACT.multiply(item.quantity, item.unit_price)
