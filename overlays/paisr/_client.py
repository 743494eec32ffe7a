"""The client for threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from paisr._base_client import DEFAULT_RETRIES, DEFAULT_TIMEOUT, PUBLISHED_RATE, BaseClient
from paisr._callers import ClientCaller
from paisr._engine.drivers import drive
from paisr._settings import Settings, wrap
from paisr_generated.contract import DEFAULT_ENVIRONMENT
from paisr_generated.resources import Resources

if TYPE_CHECKING:
    import os
    import ssl

    import httpx

    from paisr._engine.drift import OnDrift
    from paisr._engine.drivers import Transport
    from paisr._engine.steps import Steps
    from paisr._invoices import Invoices
    from paisr._ratelimit.rate import RateLimit
    from paisr._settings import Environment

T = TypeVar("T")


class Paisr(BaseClient, Resources):
    """A client of the Paisr invoices API, safe to share between threads.

    `token`: from the dashboard; ``PAISR_TOKEN`` when not given. `environment`: ``"live"`` or ``"staging"``. `base_url`:
    another address of the service, with its version (``https://…/v2``); ``PAISR_BASE_URL`` when not given. `timeout`:
    seconds for a whole call, from its beginning to its result. `max_retries`: further attempts where one more is safe.
    `rate_limit`: None for none. `journal`: the path of a file in which every create is noted before it is sent, so that
    `invoices.reconcile_journal()` finds what a killed process left open (see `Journal`).
    `proxy`: a URL; what the environment says when not given. `tls`: an `ssl.SSLContext`.
    `transport`: an httpx transport, for tests and special networks; it is closed with the client, and asked to use each
    connection once, since nobody sees what else comes on it.
    `on_drift`: called as ``on_drift(operation, path)`` once for each field and enumeration value in responses that the
    contract does not know (``$.data.invoices[].line_items``, ``$.data.status=refunded``); neither is an error.

    Use it as a context manager, or call `close()`. Raises `ConfigurationError` for settings that cannot work.
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        environment: Environment = DEFAULT_ENVIRONMENT,
        base_url: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        rate_limit: RateLimit | None = PUBLISHED_RATE,
        journal: str | os.PathLike[str] | None = None,
        on_drift: OnDrift | None = None,
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = Settings(
            token=wrap(token),
            environment=environment,
            base_url=wrap(base_url),
            timeout=timeout,
            max_retries=max_retries,
            rate_limit=rate_limit,
            journal=journal,
            on_drift=on_drift,
            proxy=wrap(proxy),
            tls=tls,
        )
        del token, base_url, proxy  # a traceback from here on must not have them among its locals
        super().__init__(settings)
        # Here, as httpx does it: the first client loads the HTTP library, the import does not.
        from paisr._transport.synchronous import sync_transport

        self._transport: Transport = sync_transport(self._route, transport)

    if TYPE_CHECKING:

        @property
        def invoices(self) -> Invoices:
            """Create, list and read invoices; wait for one, and find out what became of a create."""
            ...

    def _resource(self, kind: type[Any]) -> Any:
        from paisr._invoices import EXTENDED  # here, because a resource is loaded when it is first used

        return EXTENDED.get(kind, kind)(ClientCaller(self._session, self._run))

    def close(self) -> None:
        """Close the connections. Calls made afterwards raise `ConfigurationError`."""
        self._closed = True
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _run(self, steps: Steps[T]) -> T:
        self._check_open()
        return drive(steps, self._transport, self._runtime)
