# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from ..types import refuse_other_constants
from .invoice import Invoice


@frozen(kw_only=True)
class GetInvoiceResponse(BaseModel):
    """The envelope around one invoice."""

    success: bool
    """True in every response with data."""

    data: Invoice
    """A bill for a customer."""

    def __attrs_post_init__(self) -> None:
        refuse_other_constants(success=(self.success, True))
