"""`LineItem`, which checks its values when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen
from msgspec import Struct

from paisr._inputs.checks import checked
from paisr_generated.models.line_item import LINE_ITEM_RULES
from paisr_generated.models.line_item import LineItem as ContractLineItem

if TYPE_CHECKING or not issubclass(ContractLineItem, Struct):

    @frozen
    class LineItem(ContractLineItem):
        """One line of a new invoice: `description`, `quantity` and `unit_price`.

        Amounts are in major units (SRD 150.00 is ``150``, not cents). They may be `Decimal`, `int` or a text such as
        ``"62.50"``, and are sent with exactly their digits; a `float` is refused. Raises `InvalidArgumentError`.
        """

        def __attrs_post_init__(self) -> None:
            checked(LINE_ITEM_RULES, self, "LineItem")

else:

    class LineItem(ContractLineItem, frozen=True):
        """The same if a property's name is not a Python identifier: the generated class then maps it as a `Struct`."""

        def __post_init__(self) -> None:
            checked(LINE_ITEM_RULES, self, "LineItem")
