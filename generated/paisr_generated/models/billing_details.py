# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel


@frozen(kw_only=True)
class BillingDetails(BaseModel):
    """The address that a customer is billed at."""

    line_1: str | None = None
    """Street and number."""

    line_2: str | None = None
    """What line_1 has no room for."""

    city: str | None = None
    """City or town."""

    state: str | None = None
    """State, province or district."""

    zip_code: str | None = None
    """Postal code."""

    country: str | None = None
    """Country; the example has two letters."""
