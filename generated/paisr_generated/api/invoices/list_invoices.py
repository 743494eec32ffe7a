# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""List invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ... import rules
from ...models.error_response import ErrorResponse
from ...models.invoice_list import InvoiceList
from ...models.invoice_status import InvoiceStatus
from ...models.list_invoices_response import ListInvoicesResponse
from ...operations import Operation, Parameter, Response

__all__ = ["OPERATION"]

OPERATION: Final = Operation[InvoiceList](
    name="list_invoices",
    method="GET",
    path="/invoices",
    parameters=(
        Parameter(name="resource_id", json_name="resource_id", place="query", rule=rules.Text(min_length=1)),
        Parameter(
            name="currency", json_name="currency", place="query", rule=rules.Text(pattern="^[A-Z]{3}\\Z", example="SRD")
        ),
        Parameter(name="status", json_name="status", place="query", rule=rules.Choice(InvoiceStatus)),
        Parameter(
            name="limit",
            json_name="limit",
            place="query",
            rule=rules.Integer(minimum=Decimal("1"), maximum=Decimal("1000")),
        ),
    ),
    responses={
        "200": Response(ListInvoicesResponse, enveloped=True),
        "4XX": Response(ErrorResponse),
        "5XX": Response(ErrorResponse),
    },
    is_idempotent=True,
)
