# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from ..types import refuse_unusable_decimals


@frozen(kw_only=True)
class InvoiceItem:
    """One line of a new invoice."""

    description: str
    """What is billed on this line."""

    quantity: Decimal
    """How many units, at least 1."""

    unit_price: Decimal
    """The price of one unit in major units (SRD 150.00, not cents). The vendor's description allows 0, its guide asks
    for at least 0.01."""

    def __attrs_post_init__(self) -> None:
        refuse_unusable_decimals(
            quantity=self.quantity,
            unit_price=self.unit_price,
        )
