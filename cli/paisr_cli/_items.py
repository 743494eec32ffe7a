"""A line item as one text: ``2 x 75.00 Pizza Margherita``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from paisr_cli._fields import check_item

if TYPE_CHECKING:
    from paisr import LineItem

ITEM_FORM = "QUANTITY x UNIT_PRICE DESCRIPTION"
_ITEM = re.compile(r"\s*(?P<quantity>\S+)\s+x\s+(?P<unit_price>\S+)\s+(?P<description>.*\S)\s*", re.DOTALL)


def items_of(texts: Sequence[str], currency: str | None) -> list[LineItem]:
    """The line items; raises `InvalidArgumentError` for an invalid text or number."""
    from paisr import InvalidArgumentError, LineItem

    items: list[LineItem] = []
    for index, text in enumerate(texts):
        found = _ITEM.fullmatch(text)
        if found is None:
            raise InvalidArgumentError(f"{text[:60]!r} is not a line item; write it as '2 x 75.00 Pizza Margherita'.")
        check_item(found.groupdict(), f"items[{index}]", currency)
        items.append(LineItem(**found.groupdict()))
    return items
