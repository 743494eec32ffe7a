# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from ..types import refuse_unusable_decimal


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
        if not 0 < (value := self.quantity).adjusted() < 1000:
            refuse_unusable_decimal("quantity", value)
        if not 0 < (value := self.unit_price).adjusted() < 1000:
            refuse_unusable_decimal("unit_price", value)
