# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from .invoice import Invoice


@frozen(kw_only=True)
class InvoiceListData:
    """The invoices that match a list request."""

    invoices: list[Invoice]
    """The invoices, in no documented order."""
