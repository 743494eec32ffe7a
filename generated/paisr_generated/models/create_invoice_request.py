# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from .currency import Currency
from .line_item import LineItem


@frozen
class CreateInvoiceRequest(BaseModel):
    """What to bill, to whom, and until when."""

    customer: str
    """The customer to bill, by id or e-mail address."""

    summary: str
    """What the invoice is for."""

    due: str
    """When payment is due, as a time from now in words, such as "In 3 days". The grammar is not documented, so the
    service may refuse a text with a 4XX."""

    currency: Currency | None = None
    """A currency that invoices are made in. A new invoice without one is in the customer's own currency."""

    items: list[LineItem] | None = None
    """The lines of the invoice, at most 50 of them."""
