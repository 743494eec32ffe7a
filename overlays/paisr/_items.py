"""The lines of a new invoice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict, cast

from attrs import field, frozen

from paisr._errors import InvalidArgumentError
from paisr._money import Number, exact
from paisr._texts import checked_text, kind_of, shown
from paisr_generated.models import InvoiceItem

# The vendor's published description: 0 to 50 items.
MOST_ITEMS = 50
KEYS = ("description", "quantity", "unit_price")


class LineItemDict(TypedDict):
    """A line item as a mapping."""

    description: str
    quantity: Number
    unit_price: Number


@frozen
class LineItem:
    """One line of a new invoice.

    `quantity` is at least 1, `unit_price` at least 0, in major units (SRD 150.00 is ``150``, not cents); both may be
    `Decimal`, `int` or a text such as ``"62.50"``, and are sent with exactly their digits. A `float` is refused.
    (Vendor's documentation; its guide asks for a unit price of at least 0.01.)
    """

    description: str
    quantity: Number = field()
    unit_price: Number = field()

    def __attrs_post_init__(self) -> None:
        to_request(self, "LineItem")


def items_for_request(items: object) -> list[InvoiceItem]:
    """The items as the contract's, each checked; at most 50."""
    kind = kind_of(items)
    if isinstance(items, (str, bytes, Mapping, LineItem)) or not isinstance(items, Iterable):
        raise InvalidArgumentError(f"items is {kind}; give a list of LineItem.")
    checked: list[InvoiceItem] = []
    for index, item in enumerate(cast("Iterable[object]", items)):
        if index == MOST_ITEMS:
            raise InvalidArgumentError(
                f"items has more than {MOST_ITEMS} items, the most that the API takes in one invoice."
            )
        checked.append(to_request(_line_item(item, f"items[{index}]"), f"items[{index}]"))
    return checked


def _line_item(item: object, name: str) -> LineItem | Mapping[str, object]:
    if isinstance(item, LineItem):
        return item
    if not isinstance(item, Mapping):
        raise InvalidArgumentError(f"{name} is {kind_of(item)}; give a LineItem, or a mapping with its keys.")
    mapping = cast("Mapping[object, object]", item)
    if missing := [key for key in KEYS if key not in mapping]:
        raise InvalidArgumentError(f"{name} has no {missing[0]!r}; an item has {', '.join(KEYS)}.")
    if extra := [key for key in mapping if key not in KEYS]:
        raise InvalidArgumentError(
            f"{name} has {shown(extra[0])}, which the API does not know; an item has {', '.join(KEYS)}."
        )
    return cast("Mapping[str, object]", mapping)


def to_request(item: LineItem | Mapping[str, object], name: str) -> InvoiceItem:
    description, quantity, unit_price = (
        (item.description, item.quantity, item.unit_price)
        if isinstance(item, LineItem)
        else (item["description"], item["quantity"], item["unit_price"])
    )
    return InvoiceItem(
        description=checked_text(description, f"{name}.description", empty=True),
        quantity=exact(quantity, f"{name}.quantity", least=1),
        unit_price=exact(unit_price, f"{name}.unit_price", least=0),
    )
