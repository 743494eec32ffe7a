"""The client for threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from paisr._base_client import BaseClient
from paisr._engine.drivers import drive_in_thread, run_to_end
from paisr_generated.resources import Resources

if TYPE_CHECKING:
    import httpx

    from paisr._engine.drivers import Transport
    from paisr._engine.steps import Steps
    from paisr._invoices import Invoices

T = TypeVar("T")


class Paisr(BaseClient["httpx.BaseTransport"], Resources):
    """A client of the Paisr invoices API, safe to share between threads.

    Use it as a context manager, or call `close()`. Raises `ConfigurationError` for settings that cannot work.
    """

    def _connect(self, transport: httpx.BaseTransport | None) -> None:
        # Here, as in httpx: the first client loads the HTTP library, `import paisr` does not.
        from paisr._transport.synchronous import sync_transport

        self._transport: Transport = sync_transport(self._route, transport)

    if TYPE_CHECKING:

        @property
        def invoices(self) -> Invoices:
            """Create, list and read invoices; wait for one, and reconcile a create."""
            ...

    def _resource(self, kind: type[Any]) -> Any:
        # Here, because a resource is loaded when it is first used.
        from paisr._invoices import EXTENDED, ClientCaller

        return EXTENDED.get(kind, kind)(ClientCaller(self._session, self._run))

    def close(self) -> None:
        """Close the connections. Calls made afterwards raise `ConfigurationError`."""
        self._closed = True
        if self._parent is None:
            run_to_end(self._transport.close())
            self._session.recovery.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _run(self, steps: Steps[T]) -> T:
        self._check_open()
        return drive_in_thread(steps, self._transport, self._runtime, self._is_open)
