# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from .checkout_session import CheckoutSession
from .invoice_status import InvoiceStatus


@frozen(kw_only=True)
class CreatedInvoice(BaseModel):
    """What the service tells of an invoice that was just created."""

    id: str
    """The id of the new invoice."""

    status: InvoiceStatus
    """Where the new invoice stands; the page gives no list of values."""

    session: CheckoutSession | None = None
    """The checkout page, if there is one already."""
