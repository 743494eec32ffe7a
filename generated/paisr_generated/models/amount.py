# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from ..base_model import BaseModel
from ..types import refuse_unusable_decimal


@frozen(kw_only=True)
class Amount(BaseModel):
    """The totals of an invoice, in major units of its currency (SRD 150.00, not cents)."""

    sub_total: Decimal | None = None
    """The total before any discount."""

    discount_total: Decimal | None = None
    """The total of all discounts."""

    net_total: Decimal | None = None
    """What is to be paid."""

    def __attrs_post_init__(self) -> None:
        if (value := self.sub_total) is not None and not 0 < value.adjusted() < 1000:
            refuse_unusable_decimal("sub_total", value)
        if (value := self.discount_total) is not None and not 0 < value.adjusted() < 1000:
            refuse_unusable_decimal("discount_total", value)
        if (value := self.net_total) is not None and not 0 < value.adjusted() < 1000:
            refuse_unusable_decimal("net_total", value)
