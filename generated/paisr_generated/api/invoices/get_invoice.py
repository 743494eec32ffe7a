# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Read one invoice."""

from __future__ import annotations

from typing import Final

from ... import rules
from ...models.error_response import ErrorResponse
from ...models.get_invoice_response import GetInvoiceResponse
from ...models.invoice import Invoice
from ...operations import Operation, Parameter, Response

__all__ = ["OPERATION"]

OPERATION: Final = Operation[Invoice](
    name="get_invoice",
    method="GET",
    path="/invoices/{invoice_id}",
    parameters=(
        Parameter(
            name="invoice_id",
            json_name="invoice_id",
            place="path",
            rule=rules.Text(pattern="^inv_.*\\Z", example="inv_123456"),
            required=True,
        ),
    ),
    responses={
        "200": Response(GetInvoiceResponse, enveloped=True),
        "4XX": Response(ErrorResponse),
        "5XX": Response(ErrorResponse),
    },
    is_idempotent=True,
)
