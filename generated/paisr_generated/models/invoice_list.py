# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..types import ModelList
from .invoice import Invoice


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class InvoiceList(ModelList[Invoice]):
    """The invoices that match a list request."""

    invoices: list[Invoice]
    """The invoices, in no documented order."""

    @property
    def _members(self) -> list[Invoice]:
        return self.invoices
