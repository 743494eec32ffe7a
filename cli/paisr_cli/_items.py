"""A line item as one text: ``2 x 75.00 Pizza Margherita``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
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


def check_prices(items: Sequence[LineItem], currency: str | None) -> None:
    """Refuse a price with more decimals than the currency has, as for the rows of a file."""
    from paisr._bulk.content import check_decimals

    with suppress(InvalidOperation):  # what is no number is for the client to say
        check_decimals([{"unit_price": Decimal(one.unit_price)} for one in items], currency)
