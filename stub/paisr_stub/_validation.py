"""Validation of requests, as strict as the documentation allows.

An invalid query gets 400; a body that differs from the documentation gets 422. The documentation does not say which of
the two the service uses. Unknown query parameters are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast
from urllib.parse import parse_qsl

from paisr_stub import _exact
from paisr_stub._record import Record
from paisr_stub._responses import Refused

CURRENCIES = ("SRD", "USD", "EUR")
STATUSES = ("draft", "unpaid", "paid", "void")
MAX_ITEMS = 50
MAX_INVOICES = 1000
# The documentation gives no bound. These allow every double, and refuse numbers that would fill the memory.
MAX_DIGITS = 400
MAX_EXPONENT = 400

_CUSTOMER_ID = re.compile(r"cus_[0-9A-Za-z_-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LIMIT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True, eq=False)
class Item(Record):
    """A line item; `unit_price` in major units."""

    description: str
    quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """The body of a create, checked. `due` is still the text that came."""

    customer: str
    summary: str
    due: str
    currency: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The query of a list, checked."""

    resource_id: str | None = None
    currency: str | None = None
    status: str | None = None
    limit: int = MAX_INVOICES


def create_request(raw: bytes) -> CreateRequest:
    """Read the body of `POST /invoices`; raises `Refused` with 400 or 422."""
    body = _fields(json_body(raw), "The body", ("customer", "summary", "due"), ("currency", "items"))
    customer = _text(body["customer"], "customer")
    if not (_CUSTOMER_ID.fullmatch(customer) or _EMAIL.fullmatch(customer)):
        raise Refused(422, 'customer is neither an id such as "cus_123456" nor an e-mail address.')
    currency = None
    if "currency" in body:
        currency = _text(body["currency"], "currency")
        if currency not in CURRENCIES:
            raise Refused(422, "currency is not one of SRD, USD, EUR.")
    return CreateRequest(
        customer=customer,
        summary=_text(body["summary"], "summary"),
        due=_text(body["due"], "due"),
        currency=currency,
        items=_items(body.get("items", [])),
    )


def json_body(raw: bytes) -> object:
    """Read a body as JSON; raises `Refused` with 400."""
    try:
        return _exact.loads(raw)
    except _exact.UnreadableJSON as error:
        raise Refused(400, str(error)) from None


def _items(value: object) -> tuple[Item, ...]:
    if not isinstance(value, list):
        raise Refused(422, "items is not an array.")
    members = cast("list[object]", value)
    if len(members) > MAX_ITEMS:
        raise Refused(422, f"items has {len(members)} entries, and {MAX_ITEMS} are allowed.")
    return tuple(_item(member, f"items[{position}]") for position, member in enumerate(members))


def _item(value: object, place: str) -> Item:
    found = _fields(value, place, ("description", "quantity", "unit_price"), ())
    return Item(
        description=_text(found["description"], f"{place}.description"),
        quantity=_number(found["quantity"], f"{place}.quantity", minimum=1),
        unit_price=_number(found["unit_price"], f"{place}.unit_price", minimum=0),
    )


def _fields(value: object, place: str, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Refused(422, f"{place} is not an object.")
    found = cast("dict[str, object]", value)
    for name in required:
        if name not in found:
            raise Refused(422, f"{place} has no {name}.")
    for name in found:
        if name not in required and name not in optional:
            raise Refused(422, f"{place} has a field that is not known: {name!a}.")
    return found


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise Refused(422, f"{place} is not a string.")
    if not _is_unicode(value):
        raise Refused(422, f"{place} has a lone surrogate in it, which is not a character.")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _number(value: object, place: str, *, minimum: int) -> Decimal:
    # A bool is an int to Python, and not a number to JSON.
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused(422, f"{place} is not a number.")
    exact = Decimal(value)
    digits = exact.as_tuple().digits
    if exact and (len(digits) > MAX_DIGITS or abs(exact.adjusted()) > MAX_EXPONENT):
        raise Refused(422, f"{place} has more digits than the stub takes.")
    if exact < minimum:
        raise Refused(422, f"{place} is less than {minimum}.")
    return exact


def list_request(query: bytes) -> ListRequest:
    """Read the query of `GET /invoices`; raises `Refused` with 400."""
    found = _parameters(query, ("resource_id", "currency", "status", "limit"))
    currency, status, limit = found.get("currency"), found.get("status"), found.get("limit")
    if currency is not None and not _CURRENCY.fullmatch(currency):
        raise Refused(400, "currency is not three capital letters.")
    if status is not None and status not in STATUSES:
        raise Refused(400, "status is not one of draft, unpaid, paid, void.")
    if limit is not None and not (_LIMIT.fullmatch(limit) and int(limit) <= MAX_INVOICES):
        raise Refused(400, f"limit is not a whole number from 1 to {MAX_INVOICES}.")
    return ListRequest(found.get("resource_id"), currency, status, MAX_INVOICES if limit is None else int(limit))


def _parameters(query: bytes, names: tuple[str, ...]) -> dict[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeError, ValueError):
        raise Refused(400, "The query is not valid percent-encoded UTF-8.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in names:
            continue
        if name in found:
            raise Refused(400, f"{name} is given twice.")
        if not value:
            raise Refused(400, f"{name} is empty.")
        found[name] = value
    return found
