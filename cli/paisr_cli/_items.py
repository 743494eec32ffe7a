"""A line item as one text: ``2 x 75.00 Pizza Margherita``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr import LineItem

ITEM_FORM = "QUANTITY x UNIT_PRICE DESCRIPTION"
_ITEM = re.compile(r"\s*(?P<quantity>\S+)\s+x\s+(?P<unit_price>\S+)\s+(?P<description>.*\S)\s*", re.DOTALL)


def item_of(text: str) -> LineItem:
    """The line item; raises `InvalidArgumentError` for an invalid text or number."""
    from paisr import InvalidArgumentError, LineItem

    found = _ITEM.fullmatch(text)
    if found is None:
        raise InvalidArgumentError(f"{text[:60]!r} is not a line item; write it as '2 x 75.00 Pizza Margherita'.")
    return LineItem(**found.groupdict())
