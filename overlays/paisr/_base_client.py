"""The base class of the two clients: it checks the settings, and makes the session."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar

from msgspec.structs import replace

from paisr._base.errors import ConfigurationError
from paisr._base.route import Route
from paisr._base.runtime import SYSTEM
from paisr._base.secrets import Secret, wrap, wrap_place
from paisr._base.texts import safe_repr, seconds, type_name
from paisr._engine.exchange import CallPolicy
from paisr._ratelimit.limiters import process_limiters
from paisr._ratelimit.rate import RateLimit
from paisr._recovery.recovery import Recovery
from paisr._session import Session
from paisr._settings import read_headers, read_max_retries, read_on_event, read_service, read_token

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable

    from paisr._base.route import Service
    from paisr._base.runtime import Runtime
    from paisr._engine.drift import DriftWatch, OnDrift
    from paisr._engine.events import OnEvent
    from paisr._ratelimit.limiters import Limiter
    from paisr_generated.contract import Environment

HttpxTransport = TypeVar("HttpxTransport")
Unreadable = Literal["raise", "report"]
DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 2
# The vendor allows 250 requests a minute (its public documentation).
PUBLISHED_RATE = RateLimit(250, per=60)


class BaseClient(Generic[HttpxTransport]):
    """The settings and the session of a client; the subclasses add a transport and run the driver."""

    _runtime: Runtime = SYSTEM
    _closed = False
    # The client that owns the transport, the limiter and the journal, if it is not this one.
    _parent: BaseClient[HttpxTransport] | None = None

    def __init__(
        self,
        token: str | Callable[[], str] | None = None,
        *,
        environment: Environment | None = None,
        base_url: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        rate_limit: RateLimit | None = PUBLISHED_RATE,
        journal: str | os.PathLike[str] | None = None,
        on_drift: OnDrift | None = None,
        on_event: OnEvent | None = None,
        default_headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        unreadable: Unreadable = "raise",
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
        transport: HttpxTransport | None = None,
    ) -> None:
        """Check the settings; raises `ConfigurationError` for settings that cannot work.

        An argument wins over an environment variable. The service is chosen by `environment` or `base_url`, else by
        ``PAISR_ENVIRONMENT`` or ``PAISR_BASE_URL``. An environment is refused if ``PAISR_BASE_URL`` is the address of
        another service. `repr` shows the address.

        Args:
            token: The token from the dashboard, or a callable that returns it. The callable is called before each
                attempt, so the token can change; on an event loop it must not block. ``PAISR_TOKEN`` when not given;
                one of the two is required.
            environment: ``"live"`` or ``"staging"``; ``PAISR_ENVIRONMENT``, else ``"live"``, when not given.
            base_url: Another address of the service, with its version (``https://…/v2``); ``PAISR_BASE_URL`` when not
                given.
            timeout: Seconds for a whole call, from its beginning to its result. The default is this package's choice,
                as is that of `max_retries`.
            max_retries: How often a call may be retried where that is safe. With a `rate_limit`, a retry after a 429
                does not count.
            rate_limit: The limit that all clients of this service and token in the process share. The default is the
                vendor's published rate. After a 429 their calls wait, each up to its deadline. None for no limit.
            journal: The path of a file, or ``postgresql://…``. Every create is recorded there before it is sent, so
                `invoices.reconcile_journal()` finds the creates that a killed process left open (see `Journal`).
            on_drift: Called as ``on_drift(operation, path)`` once for each field and enumeration value in responses
                that the contract does not know (``$.data.invoices[].line_items``, ``$.data.status=refunded``); neither
                is an error.
            on_event: A callable, such as `paisr.otel.Telemetry()`, that gets a `CallEvent` for each event of a call. It
                is called in the calling thread or on the event loop, and must not block. Its exceptions do not break a
                call; the first one is logged.
            default_headers: Headers for every request, beside the client's own. Their values are never shown.
            user_agent: A text that is added to the client's ``User-Agent`` (``paisr/VERSION python/VERSION``), such as
                ``billing/1.0``.
            unreadable: What to do with an optional field of a response that does not fit the contract. ``"raise"``:
                raise `UnexpectedResponseError`. ``"report"``: read it as None, and call `on_drift` with its place and
                the reason (``$.data.due_at: invalid RFC3339 encoded datetime``); without `on_drift`, log a warning.
                Amounts, ids, statuses and currencies always raise.
            proxy: The URL of a proxy. When not given, that of ``HTTPS_PROXY`` or ``ALL_PROXY``, if ``NO_PROXY`` does
                not name the service, or of the system's settings on macOS and Windows.
            tls: An `ssl.SSLContext`. When not given, one that trusts the certificates of ``SSL_CERT_FILE`` or
                ``SSL_CERT_DIR``, else certifi's.
            transport: An httpx transport, for tests and special networks. The client closes it, and asks it to use each
                connection once, because a surplus response on a connection would go unnoticed.
        """
        given_token = token if callable(token) else wrap(token)
        given_url, given_proxy, place = wrap(base_url), wrap(proxy), wrap_place(journal)
        headers = (
            {name: Secret(value) for name, value in default_headers.items()}
            if isinstance(default_headers, Mapping)
            else wrap(default_headers)
        )
        # A traceback from here on must not show them among its locals.
        del token, base_url, proxy, journal, default_headers
        runtime = self._runtime
        secret, service = read_token(given_token), read_service(environment, given_url)
        _check_tls(tls)
        added = read_headers(headers, user_agent)
        self._route = Route(service=service, proxy=given_proxy, tls=tls, token=secret, headers=added)
        policy = CallPolicy(
            max_retries=read_max_retries(max_retries),
            limiter=_limiter(rate_limit, runtime, service, secret),
            runtime=runtime,
            secret=self._route.secrets,
            drift=_drift_watch(on_drift, unreadable),
            on_event=read_on_event(on_event),
            service=service.url,
        )
        self._session = Session(
            policy=policy,
            timeout=seconds(timeout, "timeout", ConfigurationError),
            # The journal comes last: a client that cannot be made for another reason leaves no file behind.
            recovery=Recovery(place, runtime),
        )
        self._connect(transport)

    def _connect(self, transport: HttpxTransport | None) -> None:
        """Make the transport: the user's, or the client's own."""
        raise NotImplementedError

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        on_drift: OnDrift | None = None,
        on_event: OnEvent | None = None,
        unreadable: Unreadable | None = None,
    ) -> Self:
        """A copy of this client with other options, which shares its connections, limiter and journal.

        An option that is not given stays as it is. Closing the copy does not close the original client; closing the
        original closes both.
        """
        policy, session = self._session.policy, self._session
        if max_retries is not None:
            policy = replace(policy, max_retries=read_max_retries(max_retries))
        if on_drift is not None or unreadable is not None:
            policy = replace(policy, drift=_drift_watch(on_drift, unreadable, policy.drift))
        if on_event is not None:
            policy = replace(policy, on_event=read_on_event(on_event))
        limit = session.timeout if timeout is None else seconds(timeout, "timeout", ConfigurationError)
        other = copy(self)
        other._parent, other._closed = self, False
        other._session = replace(session, policy=policy, timeout=limit)
        return other

    def _is_open(self) -> bool:
        return not self._closed and (self._parent is None or self._parent._is_open())

    def _check_open(self) -> None:
        if not self._is_open():
            raise ConfigurationError("This client is closed; make a new one, or call before it is closed.")

    def __repr__(self) -> str:
        closed = "" if self._is_open() else ", closed"
        # A tool that records the locals of a failed constructor shows a client without a route.
        route: Route | None = getattr(self, "_route", None)
        of = f" of {route.service.url}" if route is not None else ""
        return f"<{type(self).__name__}{of}{closed}>"


def _check_tls(tls: object) -> None:
    if tls is None:
        return
    import ssl  # here, because a client without one may not need it

    if not isinstance(tls, ssl.SSLContext):
        raise ConfigurationError(f"tls is {type_name(tls)}; give an ssl.SSLContext.")


def _drift_watch(
    on_drift: OnDrift | None, unreadable: Unreadable | None, before: DriftWatch | None = None
) -> DriftWatch | None:
    """The watch for differences from the contract, or None. An option that is not given stays as it was `before`."""
    if unreadable not in {"raise", "report", None}:
        raise ConfigurationError(f"unreadable={safe_repr(unreadable)} is not known; give 'raise' or 'report'.")
    if before is not None:
        on_drift = on_drift or before.on_drift
        unreadable = unreadable or ("report" if before.takes_unreadable else "raise")
    takes_unreadable = unreadable == "report"
    if on_drift is None and not takes_unreadable:
        return None
    if on_drift is not None and not callable(on_drift):
        raise ConfigurationError(
            f"on_drift is {type_name(on_drift)}; give a callable that takes an operation and a path."
        )
    from paisr._engine.drift import DriftWatch  # here, because few clients need it

    return DriftWatch(on_drift, takes_unreadable=takes_unreadable)


def _limiter(rate: RateLimit | None, runtime: Runtime, service: Service, token: Secret) -> Limiter | None:
    if rate is None:
        return None
    if not isinstance(rate, RateLimit):  # pyright: ignore[reportUnnecessaryIsInstance] - users without a type checker
        raise ConfigurationError(f"rate_limit is {type_name(rate)}; give RateLimit(250, per=60), or None for no limit.")
    return process_limiters.get(rate, runtime.clock, service.url, token.owner)
