# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from ..types import refuse_other_constants
from .created_invoice import CreatedInvoice


@frozen(kw_only=True)
class CreateInvoiceResponse(BaseModel):
    """The envelope around a created invoice."""

    success: bool
    """True in every response with data."""

    data: CreatedInvoice
    """What the service tells of an invoice that was just created."""

    def __attrs_post_init__(self) -> None:
        refuse_other_constants(success=(self.success, True))
