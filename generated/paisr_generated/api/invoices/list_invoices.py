# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""List invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...models.error_answer import ErrorAnswer
from ...models.invoice_status import InvoiceStatus
from ...models.list_invoices_answer import ListInvoicesAnswer
from ...types import Request, with_query

__all__ = ["ANSWERS", "METHOD", "PATH", "request"]

METHOD: Final = "GET"
PATH: Final = "/invoices"
ANSWERS: Final[Mapping[str, type]] = {
    "200": ListInvoicesAnswer,
    "4XX": ErrorAnswer,
    "5XX": ErrorAnswer,
}
"""The model of each answer, by status ("200") or range of statuses ("4XX")."""


def request(
    *,
    resource_id: str | None = None,
    currency: str | None = None,
    status: InvoiceStatus | None = None,
    limit: int | None = None,
) -> Request:
    """Invoices that match every filter given. No order is documented and there are no pages: when as many invoices
    come as `limit` allowed, there may be more.

    Args:
        resource_id: Only invoices of this customer, subscription or voucher, given by its id.
        currency: Only invoices in this currency, given by its three capital letters.
        status: Where an invoice stands. It goes from draft to unpaid, and from there to paid or void.
        limit: How many invoices to return at most. What applies without it is not documented.
    """
    target = with_query(
        PATH,
        {
            "resource_id": resource_id,
            "currency": currency,
            "status": status,
            "limit": limit,
        },
    )
    return Request(operation="list_invoices", method=METHOD, target=target)
