# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Create an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...models.create_invoice_answer import CreateInvoiceAnswer
from ...models.create_invoice_request import CreateInvoiceRequest
from ...models.error_answer import ErrorAnswer
from ...types import Request, encode_body

__all__ = ["ANSWERS", "METHOD", "PATH", "request"]

METHOD: Final = "POST"
PATH: Final = "/invoices"
ANSWERS: Final[Mapping[str, type]] = {
    "200": CreateInvoiceAnswer,
    "4XX": ErrorAnswer,
    "5XX": ErrorAnswer,
}
"""The model of each answer, by status ("200") or range of statuses ("4XX")."""


def request(
    *,
    body: CreateInvoiceRequest,
) -> Request:
    """Bills a customer. The answer names the new invoice; its other details are read with `getInvoice`. No idempotency
    key is documented: sending the same request twice creates two invoices."""
    target = PATH
    return Request(operation="create_invoice", method=METHOD, target=target, body=encode_body(body))
