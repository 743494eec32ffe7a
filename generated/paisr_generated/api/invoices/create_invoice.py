# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Create an invoice."""

from __future__ import annotations

from typing import Final

from ... import rules
from ...models.create_invoice_request import CreateInvoiceRequest
from ...models.create_invoice_response import CreateInvoiceResponse
from ...models.created_invoice import CreatedInvoice
from ...models.currency import Currency
from ...models.error_response import ErrorResponse
from ...models.line_item import LINE_ITEM_RULES
from ...operations import Operation, Parameter, Response

__all__ = ["OPERATION"]

OPERATION: Final = Operation[CreatedInvoice](
    name="create_invoice",
    method="POST",
    path="/invoices",
    parameters=(
        Parameter(name="customer", json_name="customer", place="body", rule=rules.Text(min_length=1), required=True),
        Parameter(name="summary", json_name="summary", place="body", rule=rules.Text(), required=True),
        Parameter(name="currency", json_name="currency", place="body", rule=rules.Choice(Currency)),
        Parameter(name="due", json_name="due", place="body", rule=rules.Text(min_length=1), required=True),
        Parameter(name="items", json_name="items", place="body", rule=rules.ListOf(item=LINE_ITEM_RULES, max_items=50)),
    ),
    responses={
        "200": Response(CreateInvoiceResponse, enveloped=True),
        "4XX": Response(ErrorResponse),
        "5XX": Response(ErrorResponse),
    },
    is_idempotent=False,
    body_type=CreateInvoiceRequest,
    body_required=True,
)
