# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Paisr invoices API: models, requests, rules and resources, generated from its contract.

Nothing here does IO. A name is imported on first use: a large contract has hundreds of models, and a program needs a
few.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Amount as Amount
    from .models import BillingDetails as BillingDetails
    from .models import CheckoutSession as CheckoutSession
    from .models import CreatedInvoice as CreatedInvoice
    from .models import CreateInvoiceRequest as CreateInvoiceRequest
    from .models import Currency as Currency
    from .models import Customer as Customer
    from .models import Invoice as Invoice
    from .models import InvoiceList as InvoiceList
    from .models import InvoiceStatus as InvoiceStatus
    from .models import LineItemDict as LineItemDict
    from .models import ShippingDetails as ShippingDetails
    from .models import Voucher as Voucher
    from .models import VoucherType as VoucherType
    from .resources.invoices import AsyncInvoicesWithResponse as AsyncInvoicesWithResponse
    from .resources.invoices import InvoicesWithResponse as InvoicesWithResponse

_MODULES = {
    "Amount": ".models",
    "AsyncInvoicesWithResponse": ".resources.invoices",
    "BillingDetails": ".models",
    "CheckoutSession": ".models",
    "CreateInvoiceRequest": ".models",
    "CreatedInvoice": ".models",
    "Currency": ".models",
    "Customer": ".models",
    "Invoice": ".models",
    "InvoiceList": ".models",
    "InvoiceStatus": ".models",
    "InvoicesWithResponse": ".resources.invoices",
    "LineItemDict": ".models",
    "ShippingDetails": ".models",
    "Voucher": ".models",
    "VoucherType": ".models",
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
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
