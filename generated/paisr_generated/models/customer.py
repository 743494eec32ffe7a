# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from .billing_details import BillingDetails
from .shipping_details import ShippingDetails


@frozen(kw_only=True)
class Customer(BaseModel):
    """The customer of an invoice."""

    id: str | None = None
    """The id of the customer."""

    name: str | None = None
    """The name of the customer."""

    email: str | None = None
    """The e-mail address of the customer."""

    billing_details: BillingDetails | None = None
    """The address on the invoice, if known."""

    shipping_details: ShippingDetails | None = None
    """The address that goods go to, if known."""
