# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Read one invoice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...models.error_answer import ErrorAnswer
from ...models.get_invoice_answer import GetInvoiceAnswer
from ...types import Request, path_value

__all__ = ["ANSWERS", "METHOD", "PATH", "request"]

METHOD: Final = "GET"
PATH: Final = "/invoices/{invoice_id}"
ANSWERS: Final[Mapping[str, type]] = {
    "200": GetInvoiceAnswer,
    "4XX": ErrorAnswer,
    "5XX": ErrorAnswer,
}
"""The model of each answer, by status ("200") or range of statuses ("4XX")."""


def request(
    invoice_id: str,
) -> Request:
    """The invoice with this id. The vendor calls the operation "business only".

    Args:
        invoice_id: The id of the invoice.
    """
    target = f"/invoices/{path_value(invoice_id)}"
    return Request(operation="get_invoice", method=METHOD, target=target)
