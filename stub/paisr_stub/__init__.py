"""A stateful stub for the Paisr invoices API, to run tests and demonstrations against.

It knows the service only from its public documentation. Where the documentation is silent, the stub makes a choice. The
code names each choice; none is a fact about the service.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr_stub._app import StubApp, create_app
    from paisr_stub._deliverer import DeliveryAttempt
    from paisr_stub._events import Delivery, Event
    from paisr_stub._models import Address, CheckoutSession, Customer, Invoice
    from paisr_stub._money import Amount, Voucher
    from paisr_stub._recording import RecordedRequest
    from paisr_stub._server import StubServer
    from paisr_stub._validation import Item

__all__ = [
    "Address",
    "Amount",
    "CheckoutSession",
    "Customer",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "Invoice",
    "Item",
    "RecordedRequest",
    "StubApp",
    "StubServer",
    "Voucher",
    "create_app",
]

_MODULES = {
    "_app": ("StubApp", "create_app"),
    "_deliverer": ("DeliveryAttempt",),
    "_events": ("Delivery", "Event"),
    "_models": ("Address", "CheckoutSession", "Customer", "Invoice"),
    "_money": ("Amount", "Voucher"),
    "_recording": ("RecordedRequest",),
    "_server": ("StubServer",),
    "_validation": ("Item",),
}


def __getattr__(name: str) -> object:
    # Late, because pytest imports this package at its start wherever it is installed, used or not.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        for module, names in _MODULES.items():
            globals().update({each: getattr(import_module(f"{__name__}.{module}"), each) for each in names})
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(__name__):
            raise
        raise ModuleNotFoundError(f"{__name__} needs {error.name}: install paisr[stub].", name=error.name) from None
    return globals()[name]
