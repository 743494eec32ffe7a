# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Paisr invoices API: what its contract determines, as code that does no IO.

A name is imported when it is first asked for: a large contract has hundreds of models, and a program needs a few.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models.amount import Amount as Amount
    from .models.billing_details import BillingDetails as BillingDetails
    from .models.checkout_session import CheckoutSession as CheckoutSession
    from .models.create_invoice_request import CreateInvoiceRequest as CreateInvoiceRequest
    from .models.created_invoice import CreatedInvoice as CreatedInvoice
    from .models.currency import Currency as Currency
    from .models.customer import Customer as Customer
    from .models.invoice import Invoice as Invoice
    from .models.invoice_list import InvoiceList as InvoiceList
    from .models.invoice_status import InvoiceStatus as InvoiceStatus
    from .models.line_item import LineItemDict as LineItemDict
    from .models.shipping_details import ShippingDetails as ShippingDetails
    from .models.voucher import Voucher as Voucher
    from .models.voucher_type import VoucherType as VoucherType
    from .resources.invoices import AsyncInvoicesWithResponse as AsyncInvoicesWithResponse
    from .resources.invoices import InvoicesWithResponse as InvoicesWithResponse

_HOMES = {
    "Amount": ".models.amount",
    "AsyncInvoicesWithResponse": ".resources.invoices",
    "BillingDetails": ".models.billing_details",
    "CheckoutSession": ".models.checkout_session",
    "CreateInvoiceRequest": ".models.create_invoice_request",
    "CreatedInvoice": ".models.created_invoice",
    "Currency": ".models.currency",
    "Customer": ".models.customer",
    "Invoice": ".models.invoice",
    "InvoiceList": ".models.invoice_list",
    "InvoiceStatus": ".models.invoice_status",
    "InvoicesWithResponse": ".resources.invoices",
    "LineItemDict": ".models.line_item",
    "ShippingDetails": ".models.shipping_details",
    "Voucher": ".models.voucher",
    "VoucherType": ".models.voucher_type",
}

__all__ = [
    "Amount",
    "AsyncInvoicesWithResponse",
    "BillingDetails",
    "CheckoutSession",
    "CreateInvoiceRequest",
    "CreatedInvoice",
    "Currency",
    "Customer",
    "Invoice",
    "InvoiceList",
    "InvoiceStatus",
    "InvoicesWithResponse",
    "LineItemDict",
    "ShippingDetails",
    "Voucher",
    "VoucherType",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
    return value
