"""A stateful stub for the Paisr invoices API, to run tests and demonstrations against.

It knows the service only from its public documentation. Where the documentation is silent the stub had to choose; each
choice is named beside the code that makes it, and none of them is a fact about the service.
"""

from __future__ import annotations

try:
    from paisr_stub._app import StubApp, create_app
    from paisr_stub._recording import RecordedRequest
    from paisr_stub._server import StubServer
except ModuleNotFoundError as error:
    if (error.name or "").startswith("paisr_stub"):
        raise
    raise ModuleNotFoundError(f"paisr_stub needs {error.name}: install paisr[stub].", name=error.name) from None

__all__ = ["RecordedRequest", "StubApp", "StubServer", "create_app"]
