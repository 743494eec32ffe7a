"""A client of the Paisr invoices API: create, list and read invoices (SRD, USD, EUR).

Unofficial; written from the vendor's public documentation. Start with `Paisr` or `AsyncPaisr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import paisr_generated
from paisr._base import errors as _errors
from paisr._base.errors import *  # noqa: F403 - the names are in its __all__, and written nowhere else
from paisr._base.version import __version__

if TYPE_CHECKING:
    from paisr import webhooks
    from paisr._async_client import AsyncPaisr
    from paisr._bulk.items import RowResult
    from paisr._client import Paisr
    from paisr._engine.events import CallEvent
    from paisr._inputs.line_items import LineItem
    from paisr._invoices import AsyncInvoices, Invoices
    from paisr._ratelimit.rate import RateLimit
    from paisr._recovery.attempts import Attempt, JournalEntry, OutcomeUnknownError
    from paisr._recovery.journal import Journal
    from paisr.webhooks import WebhookEvent
    from paisr_generated import *  # noqa: F403 - the names of the contract are generated
    from paisr_generated.reading import UnreadableItem
    from paisr_generated.responses import ApiResponse

__all__ = [
    "ApiResponse",
    "AsyncInvoices",
    "AsyncPaisr",
    "Attempt",
    "CallEvent",
    "Invoices",
    "Journal",
    "JournalEntry",
    "LineItem",
    "OutcomeUnknownError",
    "Paisr",
    "RateLimit",
    "RowResult",
    "UnreadableItem",
    "WebhookEvent",
    "__version__",
    "webhooks",
]
__all__ += _errors.__all__
__all__ += paisr_generated.__all__

# The modules that are searched, in this order, when a name is first used.
_MODULES = (
    "paisr_generated",
    "paisr_generated.responses",
    "paisr_generated.reading",
    "paisr._ratelimit.rate",
    "paisr._engine.events",
    "paisr._client",
    "paisr._async_client",
    "paisr._recovery.attempts",
    "paisr._inputs.line_items",
    "paisr._recovery.journal",
    "paisr._bulk.items",
    "paisr._invoices",
)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'paisr' has no attribute {name!r}")
    from importlib import import_module

    if name == "webhooks":
        return import_module("paisr.webhooks")
    # `paisr.webhooks` loads no client, and no client loads `paisr.webhooks`.
    for home in map(import_module, ("paisr.webhooks",) if name == "WebhookEvent" else _MODULES):
        if name in vars(home) or (home is paisr_generated and name in home.__all__):
            value = globals()[name] = getattr(home, name)
            return value
    raise AssertionError(f"{name!r} is in __all__, but in none of the modules")


def __dir__() -> list[str]:
    return sorted(__all__)
