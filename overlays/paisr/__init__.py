"""A client of the Paisr invoices API: create, list and read invoices (SRD, USD, EUR).

Unofficial; written from the vendor's public documentation. Start with `Paisr` or `AsyncPaisr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import paisr_generated
from paisr import _errors, webhooks
from paisr._async_client import AsyncPaisr
from paisr._attempts import Attempt
from paisr._client import Paisr
from paisr._errors import *  # noqa: F403 - the names are in its __all__, and written nowhere else
from paisr._limiter import RateLimit
from paisr._version import __version__
from paisr.webhooks import WebhookEvent
from paisr_generated.operations import ApiResponse

if TYPE_CHECKING:
    from paisr._invoices import AsyncInvoices, Invoices
    from paisr._journal import Journal, JournalEntry
    from paisr._line_items import LineItem
    from paisr_generated import *  # noqa: F403 - the names of the contract are generated

__all__ = [
    "ApiResponse",
    "AsyncInvoices",
    "AsyncPaisr",
    "Attempt",
    "Invoices",
    "Journal",
    "JournalEntry",
    "LineItem",
    "Paisr",
    "RateLimit",
    "WebhookEvent",
    "__version__",
    "webhooks",
]
__all__ += _errors.__all__
__all__ += paisr_generated.__all__

# Loaded when they are first asked for: a journal loads SQLite, and the rest loads the models of the contract.
_LATE = {
    "AsyncInvoices": "paisr._invoices",
    "Invoices": "paisr._invoices",
    "Journal": "paisr._journal",
    "JournalEntry": "paisr._journal",
    "LineItem": "paisr._line_items",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'paisr' has no attribute {name!r}")
    from importlib import import_module

    home = import_module(_LATE[name]) if name in _LATE else paisr_generated
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
