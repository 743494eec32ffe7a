"""Prices and due dates as people write them: what a file and an option have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, cast

_PLAIN = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?")
# In Dutch notation, 1.500 is one thousand and five hundred.
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIKE_A_DATE = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})(?:[T ].*)?", re.DOTALL)
# Characters of a value in an error text.
MAX_SHOWN = 60


def checked_row(row: Mapping[str, object]) -> dict[str, object]:
    """The row, with a due date that is one as a date; raises `InvalidArgumentError` for a text with two meanings."""
    items = row.get("items")
    for index, item in enumerate(cast("list[object]", items) if isinstance(items, list) else []):
        price = cast("dict[str, object]", item).get("unit_price") if isinstance(item, dict) else None
        if isinstance(price, str):
            check_price(price, f"items[{index}].unit_price", row.get("currency"))
    return {**row, "due": due_of(row.get("due"))}


def check_price(text: str, name: str, currency: object) -> None:
    """Refuse a price that is not plain digits, or has more decimals than the currency, zeros included."""
    from paisr import InvalidArgumentError
    from paisr._bulk.content import DECIMALS

    found = _PLAIN.fullmatch(text)
    if found is None:
        raise InvalidArgumentError(
            f"{name}={text[:MAX_SHOWN]!r} is not a plain amount; write digits with at most one full stop, such as "
            "1500 or 149.95."
        )
    decimals = len(found[2] or "")
    if decimals > DECIMALS:
        whole, shorter = text.replace(".", ""), text[: DECIMALS - decimals]
        advice = f"{whole} or {shorter}" if _THOUSANDS.fullmatch(text) else f"at most {DECIMALS} decimals"
        raise InvalidArgumentError(
            f"{name}={text[:MAX_SHOWN]!r} has {decimals} decimals, and {currency or 'the currency'} has {DECIMALS}; "
            f"write {advice}."
        )


def due_of(due: object) -> Any:
    """A date where the text is one; raises `InvalidArgumentError` for a text that only looks like one."""
    from paisr import InvalidArgumentError

    if not isinstance(due, str) or not (like := _LIKE_A_DATE.fullmatch(due.strip())):
        return due
    first, second, third = like.groups()
    dates = _dates(first, second, third) if len(first) == 4 else _dates(third, second, first)
    if _DATE.fullmatch(due) and due in dates:
        return date.fromisoformat(due)
    advice = dates.pop() if len(dates) == 1 else "it as in 2026-12-31"
    raise InvalidArgumentError(f"due={due[:MAX_SHOWN]!r} looks like a date; write {advice}.")


def _dates(year: str, one: str, other: str) -> set[str]:
    """The dates that the numbers can mean, with the month first or last."""
    found: set[str] = set()
    for month, day in ((one, other), (other, one)):
        with suppress(ValueError):
            found.add(date(int(year), int(month), int(day)).isoformat())
    return found if len(year) == 4 else set()
