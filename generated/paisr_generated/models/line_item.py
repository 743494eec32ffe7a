# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from decimal import Decimal
from typing import Final, TypedDict

from attrs import field, frozen

from .. import rules
from ..base_model import BaseModel
from ..types import Number, to_decimal


@frozen
class LineItem(BaseModel):
    """One line of a new invoice."""

    description: str
    """What is billed on this line."""

    quantity: Decimal = field(converter=to_decimal)
    """How many units, at least 1."""

    unit_price: Decimal = field(converter=to_decimal)
    """The price of one unit in major units (SRD 150.00, not cents). The vendor's description allows 0, its guide asks
    for at least 0.01."""


class LineItemDict(TypedDict):
    """`LineItem` as a mapping."""

    description: str
    quantity: Number
    unit_price: Number


LINE_ITEM_RULES: Final[rules.Object] = rules.Object(
    model=LineItem,
    fields=(
        rules.Field("description", "description", rules.Text(), required=True),
        rules.Field("quantity", "quantity", rules.Number(minimum=Decimal("1")), required=True),
        rules.Field("unit_price", "unit_price", rules.Number(minimum=Decimal("0")), required=True),
    ),
    closed=True,
)
"""The rules of a `LineItem`, which are checked before it is sent."""
