"""Whether an invoice can be what a create made: pure comparisons, field by field."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt
    from paisr_generated import Amount, CreateInvoiceRequest, Customer, Invoice
    from paisr_generated.models.line_item import LineItem

# By how much the clock of the service may be behind the one that wrote `started_at`.
CLOCK_TOLERANCE = timedelta(minutes=5)
# "no": something in it is another's. "maybe": nothing is, but the summary or the customer is not in the answer.
Fit = Literal["yes", "maybe", "no"]
# Wide enough for fifty products of two numbers of 1,000 orders of magnitude; what is not exact even so is refused.
_EXACT = Context(prec=10_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_CENT = Decimal("0.01")


def fit(attempt: Attempt, invoice: Invoice, tolerance: timedelta = CLOCK_TOLERANCE) -> Fit:
    """Compare summary, customer, currency, time and total; what the service leaves out does not speak against it."""
    request = attempt.request
    identity = (_same_text(request.summary, invoice.summary), _same_customer(request.customer, invoice.customer))
    rest = (
        request.currency is None or invoice.currency is None or request.currency == invoice.currency,
        _not_before(attempt.started_at, invoice, tolerance),
        _same_total(request, invoice.amount),
    )
    if False in identity or not all(rest):
        return "no"
    return "maybe" if None in identity else "yes"


def _same_text(sent: str, found: str | None) -> bool | None:
    return None if found is None else _plain(sent) == _plain(found)


def _plain(text: str) -> str:
    """Without what a service may change when it stores a text: how letters are composed, and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _same_customer(sent: str, found: Customer | None) -> bool | None:
    """By e-mail address, in any case, when the create named one; else by id."""
    if found is None:
        return None
    if "@" not in sent:
        return None if found.id is None else sent == found.id
    return None if found.email is None else sent.strip().casefold() == found.email.strip().casefold()


def _not_before(started_at: datetime, invoice: Invoice, tolerance: timedelta) -> bool:
    """Nothing that happened to the invoice happened before the create was begun."""
    moments = (invoice.created_at, invoice.paid_at, invoice.void_at)
    return all(moment is None or started_at - moment <= tolerance for moment in moments)


def _same_total(request: CreateInvoiceRequest, amount: Amount | None) -> bool:
    """The exact sum of the items; where it has parts of a cent, the service may have rounded it."""
    items = request.items
    if not items or amount is None or amount.sub_total is None:
        return True
    try:
        difference = abs(_EXACT.subtract(exact_sum(items), amount.sub_total))
        return difference == 0 or _EXACT.compare(difference, _rounding(items)) <= 0
    except Inexact:  # digits beyond any sum of money: nothing to compare
        return True


def exact_sum(items: list[LineItem]) -> Decimal:
    """The sum of quantity times unit price, not rounded."""
    total = Decimal(0)
    for item in items:
        total = _EXACT.add(total, _EXACT.multiply(item.quantity, item.unit_price))
    return total


def _rounding(items: list[LineItem]) -> Decimal:
    """What rounding to cents can change, of a price, a line or the sum (where the service rounds is not documented)."""
    most = Decimal(0)
    for item in items:
        if _parts_of_a_cent(item.unit_price):
            most = _EXACT.add(most, _EXACT.multiply(item.quantity, _CENT))
        elif _parts_of_a_cent(_EXACT.multiply(item.quantity, item.unit_price)):
            most = _EXACT.add(most, _CENT)
    return most


def _parts_of_a_cent(value: Decimal) -> bool:
    exponent = _EXACT.normalize(value).as_tuple().exponent
    return isinstance(exponent, int) and exponent < -2
