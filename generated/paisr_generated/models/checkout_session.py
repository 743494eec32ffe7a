# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel


@frozen(kw_only=True)
class CheckoutSession(BaseModel):
    """The hosted page on which a customer pays. Sessions last 30 minutes."""

    url: str | None = None
    """The address of the page."""

    expires_in: str | None = None
    """How long the page lasts, in words."""
