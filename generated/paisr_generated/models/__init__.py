# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The models and enumerations of the contract, one module each. A class is imported on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .amount import Amount as Amount
    from .billing_details import BillingDetails as BillingDetails
    from .checkout_session import CheckoutSession as CheckoutSession
    from .create_invoice_request import CreateInvoiceRequest as CreateInvoiceRequest
    from .create_invoice_response import CreateInvoiceResponse as CreateInvoiceResponse
    from .created_invoice import CreatedInvoice as CreatedInvoice
    from .currency import Currency as Currency
    from .customer import Customer as Customer
    from .error_response import ErrorResponse as ErrorResponse
    from .get_invoice_response import GetInvoiceResponse as GetInvoiceResponse
    from .invoice import Invoice as Invoice
    from .invoice_list import InvoiceList as InvoiceList
    from .invoice_status import InvoiceStatus as InvoiceStatus
    from .line_item import LineItem as LineItem
    from .line_item import LineItemDict as LineItemDict
    from .list_invoices_response import ListInvoicesResponse as ListInvoicesResponse
    from .shipping_details import ShippingDetails as ShippingDetails
    from .voucher import Voucher as Voucher
    from .voucher_type import VoucherType as VoucherType

_MODULES = {
    "Amount": ".amount",
    "BillingDetails": ".billing_details",
    "CheckoutSession": ".checkout_session",
    "CreateInvoiceRequest": ".create_invoice_request",
    "CreateInvoiceResponse": ".create_invoice_response",
    "CreatedInvoice": ".created_invoice",
    "Currency": ".currency",
    "Customer": ".customer",
    "ErrorResponse": ".error_response",
    "GetInvoiceResponse": ".get_invoice_response",
    "Invoice": ".invoice",
    "InvoiceList": ".invoice_list",
    "InvoiceStatus": ".invoice_status",
    "LineItem": ".line_item",
    "LineItemDict": ".line_item",
    "ListInvoicesResponse": ".list_invoices_response",
    "ShippingDetails": ".shipping_details",
    "Voucher": ".voucher",
    "VoucherType": ".voucher_type",
}

__all__ = [
    "Amount",
    "BillingDetails",
    "CheckoutSession",
    "CreateInvoiceRequest",
    "CreateInvoiceResponse",
    "CreatedInvoice",
    "Currency",
    "Customer",
    "ErrorResponse",
    "GetInvoiceResponse",
    "Invoice",
    "InvoiceList",
    "InvoiceStatus",
    "LineItem",
    "LineItemDict",
    "ListInvoicesResponse",
    "ShippingDetails",
    "Voucher",
    "VoucherType",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
