"""The client for event loops (asyncio)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from paisr._base.errors import ConfigurationError
from paisr._base_client import BaseClient
from paisr._engine.drivers import drive, in_thread
from paisr_generated.resources import AsyncResources

if TYPE_CHECKING:
    import httpx

    from paisr._engine.drivers import Transport
    from paisr._engine.steps import Steps
    from paisr._invoices import AsyncInvoices

T = TypeVar("T")


class AsyncPaisr(BaseClient["httpx.AsyncBaseTransport"], AsyncResources):
    """`Paisr` for asyncio: the same settings, and the same calls, awaited.

    One client serves the tasks of every event loop of the process; each loop has its own connections. `transport` is an
    async httpx transport. Use the client as an async context manager, or await `aclose()`.
    """

    def _connect(self, transport: httpx.AsyncBaseTransport | None) -> None:
        # Here, as in httpx: the first client loads the HTTP library, `import paisr` does not.
        from paisr._transport.asynchronous import async_transport

        self._transport: Transport = async_transport(self._route, transport)

    if TYPE_CHECKING:

        @property
        def invoices(self) -> AsyncInvoices:
            """Create, list and read invoices; wait for one, and reconcile a create."""
            ...

    def _resource(self, kind: type[Any]) -> Any:
        # Here, because a resource is loaded when it is first used.
        from paisr._invoices import EXTENDED, ClientCaller

        return EXTENDED.get(kind, kind)(ClientCaller(self._session, self._run))

    async def aclose(self) -> None:
        """Close the connections. Calls made afterwards raise `ConfigurationError`."""
        _check_loop()
        self._closed = True
        if self._parent is None:
            await self._transport.close()
            self._session.recovery.close()

    async def __aenter__(self) -> Self:
        _check_loop()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.aclose()

    async def _run(self, steps: Steps[T]) -> T:
        _check_loop()
        self._check_open()
        return await drive(steps, self._transport, self._runtime.sleep_async, in_thread, self._is_open)


def _check_loop() -> None:
    """Refuse a call outside of asyncio here, before a journal or a transport fails less clearly."""
    import asyncio  # here, because a client can be made before there is a loop

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "AsyncPaisr runs on asyncio only, and no asyncio event loop is running here; "
            "call it under asyncio.run(), or use Paisr in a thread."
        ) from None
