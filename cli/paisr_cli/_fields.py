"""Numbers and due dates as people write them: what a file and an option have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, cast

# Of SRD, USD and EUR (ISO 4217).
DECIMALS = 2
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
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
        if isinstance(item, dict):
            check_item(cast("dict[str, object]", item), f"items[{index}]", row.get("currency"))
    return {**row, "due": due_of(row.get("due"))}


def check_item(item: Mapping[str, object], name: str, currency: object) -> None:
    """Refuse a quantity or a price, given as text, that can be misread."""
    from paisr import InvalidArgumentError

    for field in ("quantity", "unit_price"):
        text = item.get(field)
        if isinstance(text, str) and (problem := _problem(text, field, currency)):
            raise InvalidArgumentError(f"{name}.{field}={text[:MAX_SHOWN]!r} {problem}.")


def _problem(text: str, field: str, currency: object) -> str | None:
    """What is wrong with a number. A price has at most as many decimals as its currency, zeros included."""
    if not _PLAIN.fullmatch(text):
        return "is not a plain number; write digits with at most one full stop, such as 1500 or 149.95"
    is_ambiguous = _THOUSANDS.fullmatch(text)
    whole, decimals = text.replace(".", ""), len(text.partition(".")[2])
    if field == "quantity":
        return f"can be read in two ways; write {whole} or {text}0" if is_ambiguous else None
    if decimals <= DECIMALS:
        return None
    advice = f"{whole} or {text[: DECIMALS - decimals]}" if is_ambiguous else f"at most {DECIMALS} decimals"
    return f"has {decimals} decimals, and {currency or 'the currency'} has {DECIMALS}; write {advice}"


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
