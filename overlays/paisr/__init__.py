"""A client of the Paisr invoices API: create, list and read invoices (SRD, USD, EUR).

Unofficial; written from the vendor's public documentation. Start with `Paisr` or `AsyncPaisr`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from paisr._version import __version__

if TYPE_CHECKING:
    from paisr import webhooks
    from paisr._async_client import AsyncPaisr
    from paisr._attempts import Attempt
    from paisr._client import Paisr
    from paisr._errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        InvalidArgumentError,
        NotFoundError,
        OutcomeUnknownError,
        PaisrError,
        PermissionDeniedError,
        RateLimitError,
        RateLimitTimeoutError,
        ServerError,
        UnexpectedResponseError,
        UnprocessableEntityError,
        WebhookError,
    )
    from paisr._items import LineItem
    from paisr._journal import Journal, JournalEntry
    from paisr._limiter import RateLimit
    from paisr._results import ApiResponse, InvoiceList
    from paisr.webhooks import WebhookEvent
    from paisr_generated.models import (
        Amount,
        BillingDetails,
        CheckoutSession,
        CreatedInvoice,
        Currency,
        Customer,
        Invoice,
        InvoiceStatus,
        ShippingDetails,
        Voucher,
        VoucherType,
    )

# Where each public name lives. A name is imported when it is first asked for, so that verifying a webhook does not load
# an HTTP library.
_HOMES = {
    "paisr._async_client": ("AsyncPaisr",),
    "paisr._attempts": ("Attempt",),
    "paisr._client": ("Paisr",),
    "paisr._errors": (
        "APIConnectionError",
        "APIStatusError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "ConfigurationError",
        "ConflictError",
        "InvalidArgumentError",
        "NotFoundError",
        "OutcomeUnknownError",
        "PaisrError",
        "PermissionDeniedError",
        "RateLimitError",
        "RateLimitTimeoutError",
        "ServerError",
        "UnexpectedResponseError",
        "UnprocessableEntityError",
        "WebhookError",
    ),
    "paisr._items": ("LineItem",),
    "paisr._journal": ("Journal", "JournalEntry"),
    "paisr._limiter": ("RateLimit",),
    "paisr._results": ("ApiResponse", "InvoiceList"),
    "paisr.webhooks": ("WebhookEvent",),
    "paisr_generated.models": (
        "Amount",
        "BillingDetails",
        "CheckoutSession",
        "CreatedInvoice",
        "Currency",
        "Customer",
        "Invoice",
        "InvoiceStatus",
        "ShippingDetails",
        "Voucher",
        "VoucherType",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "Amount",
    "ApiResponse",
    "AsyncPaisr",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BillingDetails",
    "CheckoutSession",
    "ConfigurationError",
    "ConflictError",
    "CreatedInvoice",
    "Currency",
    "Customer",
    "InvalidArgumentError",
    "Invoice",
    "InvoiceList",
    "InvoiceStatus",
    "Journal",
    "JournalEntry",
    "LineItem",
    "NotFoundError",
    "OutcomeUnknownError",
    "Paisr",
    "PaisrError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "RateLimitTimeoutError",
    "ServerError",
    "ShippingDetails",
    "UnexpectedResponseError",
    "UnprocessableEntityError",
    "Voucher",
    "VoucherType",
    "WebhookError",
    "WebhookEvent",
    "__version__",
    "webhooks",
]


def __getattr__(name: str) -> Any:
    if name == "webhooks":
        return import_module("paisr.webhooks")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'paisr' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
