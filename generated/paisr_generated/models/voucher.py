# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from ..base_model import BaseModel
from ..types import refuse_unusable_decimal
from .voucher_type import VoucherType


@frozen(kw_only=True)
class Voucher(BaseModel):
    """A reduction that was applied to an invoice."""

    id: str | None = None
    """The id of the voucher."""

    type: VoucherType | None = None
    """How to read `rate`."""

    rate: Decimal | None = None
    """The reduction, in per cent or as an amount, as `type` says."""

    def __attrs_post_init__(self) -> None:
        if (value := self.rate) is not None and not 0 < value.adjusted() < 1000:
            refuse_unusable_decimal("rate", value)
