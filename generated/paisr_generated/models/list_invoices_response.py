# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from ..types import refuse_other_constants
from .invoice_list import InvoiceList


@frozen(kw_only=True)
class ListInvoicesResponse(BaseModel):
    """The envelope around a list of invoices."""

    success: bool
    """True in every response with data."""

    data: InvoiceList
    """The invoices that match a list request."""

    def __attrs_post_init__(self) -> None:
        refuse_other_constants(success=(self.success, True))
