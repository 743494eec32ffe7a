"""Compares an invoice with the request of a create, field by field, and texts in a normal form.

The service may have composed, escaped, cut or stripped a text that was sent.
"""

from __future__ import annotations

import html
import re
import unicodedata
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt
    from paisr_generated import Amount, CreateInvoiceRequest, Customer, Invoice
    from paisr_generated.models.line_item import LineItem

# How far the clock of the service may be behind the clock that wrote `started_at`.
CLOCK_TOLERANCE = timedelta(minutes=5)
# A clock may be wrong, or a local time may be labelled as UTC: within this difference, a time proves nothing.
MAX_CLOCK_ERROR = timedelta(hours=26)
# The least number of letters and digits in a summary that the service cut.
MIN_CUT_SUMMARY = 8
# Characters of a summary in the index key.
MAX_LIKENESS = 64
# Texts whose normal form is remembered.
REMEMBERED = 4096
# An entity that was cut off: "pizza &am".
_CUT_ENTITY = re.compile(r"&#?\w*$")
# "yes": everything that can be compared is equal. "near": a service or a clock can explain the difference, or the
# summary or the customer is missing. "no": the invoice belongs to another create.
Fit = Literal["yes", "near", "no"]
# Wide enough for fifty products of two numbers of 1,000 orders of magnitude; an inexact result is refused.
_EXACT = Context(prec=10_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_CENT = Decimal("0.01")


def fit(attempt: Attempt, invoice: Invoice) -> Fit:
    """Compare summary, customer, currency, time and total; a missing field never means "no".

    The result is "no" only for a difference that neither the service nor a clock can explain.
    """
    return worst(fit_of_request(attempt.request, invoice), fit_of_time(attempt.started_at, earliest(invoice)))


def fit_of_request(request: CreateInvoiceRequest, invoice: Invoice) -> Fit:
    """Compare all but the time: this part costs most, and is the same for all creates with equal requests."""
    fits = worst(
        _currency(request, invoice),
        _customer(request.customer, invoice.customer),
        _summary(request.summary, invoice.summary),
    )
    return "near" if fits == "yes" and not _same_total(request, invoice.amount) else fits


def fit_of_time(started_at: datetime, first: datetime | None) -> Fit:
    """Whether `first`, the earliest time of an invoice, is after the create began."""
    if first is None or (before := started_at - first) <= CLOCK_TOLERANCE:
        return "yes"
    return "near" if before <= CLOCK_TOLERANCE + MAX_CLOCK_ERROR else "no"


def earliest(invoice: Invoice) -> datetime | None:
    """The earliest time of the invoice; None if it has none."""
    moments = (invoice.created_at, invoice.paid_at, invoice.void_at)
    return min((one for one in moments if one is not None), default=None)


def worst(*fits: Fit) -> Fit:
    if "no" in fits:
        return "no"
    return "near" if "near" in fits else "yes"


def likeness(request: CreateInvoiceRequest) -> str:
    """The index key of a create. The `likenesses` of an invoice that fits exactly contain it."""
    return _likeness(request.summary, customer_of(request.customer))


def likenesses(invoice: Invoice) -> list[str]:
    """The index keys of the creates that fit the invoice exactly: by the customer's id, and by the address."""
    customer = invoice.customer
    given = [one for one in (customer.id, customer.email) if one] if customer else []
    return [_likeness(invoice.summary or "", customer_of(one)) for one in given] or [""]


def _likeness(summary: str, customer: str) -> str:
    return f"{customer}\n{letters(summary)[:MAX_LIKENESS]}".replace("\0", "")


def _summary(sent: str, found: str | None) -> Fit:
    if found is None or plain(sent) == plain(found):
        return "near" if found is None else "yes"
    mine, theirs = spellings_sent(sent), spellings_found(found)
    if not mine or not theirs or mine & theirs:
        return "near"
    cut = any(len(short) >= MIN_CUT_SUMMARY and whole.startswith(short) for short in theirs for whole in mine)
    return "near" if cut else "no"


def _customer(sent: str, found: Customer | None) -> Fit:
    """Compare e-mail addresses when the create named one, ignoring case and spelling of the domain; else ids."""
    given = (found.email if "@" in sent else found.id) if found else None
    if not given or not given.strip():
        return "near"
    same = address(sent) == address(given) if "@" in sent else sent.strip() == given.strip()
    return "yes" if same else "no"


def _currency(request: CreateInvoiceRequest, invoice: Invoice) -> Fit:
    sent, found = request.currency, invoice.currency
    if sent is None or found is None or sent == found:
        return "yes"
    return "near" if found.strip().upper() in {"", sent.upper()} else "no"


def _same_total(request: CreateInvoiceRequest, amount: Amount | None) -> bool:
    """Whether the total is the exact sum of the items, or that sum rounded to cents."""
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
    """The most that rounding to cents can change: the service may round prices, lines or the sum (undocumented)."""
    most = Decimal(0)
    for item in items:
        if _has_parts_of_a_cent(item.unit_price):
            most = _EXACT.add(most, _EXACT.multiply(item.quantity, _CENT))
        elif _has_parts_of_a_cent(_EXACT.multiply(item.quantity, item.unit_price)):
            most = _EXACT.add(most, _CENT)
    return most


def _has_parts_of_a_cent(value: Decimal) -> bool:
    exponent = _EXACT.normalize(value).as_tuple().exponent
    return isinstance(exponent, int) and exponent < -2


def plain(text: str) -> str:
    """Normalize what a service may change in a text that it stores: the composition of letters, and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(REMEMBERED)
def letters(text: str) -> str:
    """Keep the letters and digits, in one case."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


@lru_cache(REMEMBERED)
def spellings_sent(text: str) -> frozenset[str]:
    """Return the letters of a sent text as a service may keep them: all, without accents, or only those of ASCII.

    Empty if the text has no letter or digit.
    """
    dropped = text.encode("ascii", "ignore").decode()
    without_accents = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    spelled = {letters(one) for one in (text, dropped, without_accents, html.unescape(text))}
    return frozenset(spelled - {""}) if letters(dropped) or letters(text) else frozenset()


@lru_cache(REMEMBERED)
def spellings_found(text: str) -> frozenset[str]:
    """Return the letters of a returned text, and of the texts that it may have been before escaping or misreading."""
    texts = {text, _CUT_ENTITY.sub("", text), html.unescape(text), html.unescape(html.unescape(text))}
    for encoding in ("latin-1", "cp1252"):
        try:
            texts.add(text.encode(encoding).decode("utf-8", "ignore"))
        except UnicodeError:
            continue
    texts |= {html.unescape(_CUT_ENTITY.sub("", one)) for one in texts}
    return frozenset({letters(one) for one in texts} - {""})


def customer_of(text: str) -> str:
    """Return the customer of a request in one spelling: an e-mail address, or an id."""
    return address(text) if "@" in text else text.strip()


@lru_cache(REMEMBERED)
def address(text: str) -> str:
    """Return an e-mail address in one spelling, whatever its case, its entities, and the form of its domain."""
    name, _, domain = unicodedata.normalize("NFKC", html.unescape(text)).strip().casefold().rpartition("@")
    with suppress(UnicodeError):  # it is not in punycode
        domain = domain.encode("ascii").decode("idna").casefold()
    return f"{name}@{domain}"
