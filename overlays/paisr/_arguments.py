"""A caller's arguments, checked and made plain: what passes here, the contract allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from msgspec import UNSET

from paisr._due import due_text
from paisr._errors import InvalidArgumentError
from paisr._items import items_for_request
from paisr._texts import checked_text, kind_of, shown
from paisr_generated.models import CreateInvoiceRequest, Currency, InvoiceStatus

if TYPE_CHECKING:
    from datetime import date

    from paisr._due import Due
    from paisr._items import LineItem, LineItemDict

    Items = Iterable[LineItem | LineItemDict | Mapping[str, Any]]

MOST_LISTED = 1000
_CURRENCY = re.compile("[A-Z]{3}")


def create_request(
    *, customer: str, summary: str, due: Due, currency: str | None, items: Items, today: Callable[[], date]
) -> CreateInvoiceRequest:
    lines = items_for_request(items)
    return CreateInvoiceRequest(
        customer=checked_text(customer, "customer"),
        summary=checked_text(summary, "summary", empty=True),
        due=due_text(due, today),
        currency=UNSET if currency is None else _known(currency, Currency, "currency"),
        items=lines or UNSET,
    )


def list_filters(
    *, resource_id: str | None, currency: str | None, status: str | None, limit: int | None
) -> dict[str, Any]:
    """The filters as the arguments of the contract's request."""
    return {
        "resource_id": None if resource_id is None else checked_text(resource_id, "resource_id"),
        "currency": None if currency is None else _currency_code(currency),
        "status": None if status is None else _known(status, InvoiceStatus, "status"),
        "limit": None if limit is None else _limit(limit),
    }


def checked_invoice_id(invoice_id: object) -> str:
    """An id as the vendor's pattern has it (``^inv_.*$``), which cannot lead to another path."""
    text = checked_text(invoice_id, "invoice_id")
    if not text.startswith("inv_"):
        raise InvalidArgumentError(f"invoice_id={shown(text)} is not an invoice's id; one begins with 'inv_'.")
    if "/" in text or "\\" in text or any(ord(character) < 33 or ord(character) == 127 for character in text):
        raise InvalidArgumentError(
            f"invoice_id={shown(text)} has a slash, a space or a control character, which no id has; give it unchanged."
        )
    return text


def wanted_statuses(until: object) -> tuple[str, ...]:
    """What to wait for: one status or several, all known, since a slip of the pen would be waited for in vain."""
    if isinstance(until, str):
        until = (until,)
    if isinstance(until, bytes) or not isinstance(until, Iterable):
        raise InvalidArgumentError(f"until is {kind_of(until)}; give statuses, such as ('paid', 'void').")
    wanted = tuple(_known(one, InvoiceStatus, "until") for one in cast("Iterable[object]", until))
    if not wanted:
        raise InvalidArgumentError("until is empty; give the statuses to wait for, such as ('paid', 'void').")
    return wanted


def _known(value: object, values: type[Currency] | type[InvoiceStatus], name: str) -> Any:
    text = checked_text(value, name)
    if text not in [str(known) for known in values]:
        known = ", ".join(repr(str(one)) for one in values)
        raise InvalidArgumentError(f"{name}={shown(text)} is not one that the API knows; it is one of {known}.")
    return values(text)


def _currency_code(value: object) -> str:
    text = checked_text(value, "currency")
    if not _CURRENCY.fullmatch(text):
        raise InvalidArgumentError(f"currency={shown(text)} is not a code of three capital letters, such as 'SRD'.")
    return text


def _limit(limit: object) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise InvalidArgumentError(f"limit={shown(limit)} is not a whole number; give one from 1 to {MOST_LISTED}.")
    if not 1 <= limit <= MOST_LISTED:
        raise InvalidArgumentError(
            f"limit={shown(limit)} is out of range; give a whole number from 1 to {MOST_LISTED}."
        )
    return int(limit)
