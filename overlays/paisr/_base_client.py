"""What the two clients have in common: their settings, checked, and the session made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._base.route import Route
from paisr._base.runtime import SYSTEM
from paisr._base.texts import type_name
from paisr._engine.exchange import Policy
from paisr._engine.retry import RetryPolicy
from paisr._ratelimit.limiters import limiter_for
from paisr._ratelimit.rate import RateLimit
from paisr._recovery.memory import MemoryAttempts
from paisr._recovery.store import AttemptStore
from paisr._session import Session
from paisr._settings import read_max_retries, read_service, read_timeout, read_token

if TYPE_CHECKING:
    import os

    from paisr._base.runtime import Runtime
    from paisr._engine.drift import DriftWatch, OnDrift
    from paisr._ratelimit.queue import Limiter
    from paisr._recovery.journal import Journal
    from paisr._settings import Settings

DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 2
# The vendor allows 250 requests a minute (its public documentation).
PUBLISHED_RATE = RateLimit(250, per=60)


class BaseClient:
    """Settings and session; the subclasses add the wire and the ways to wait."""

    _runtime: Runtime = SYSTEM
    _closed = False

    def __init__(self, settings: Settings) -> None:
        runtime = self._runtime
        secret = read_token(settings.token)
        policy = Policy(
            retry=RetryPolicy(
                max_retries=read_max_retries(settings.max_retries), jitter=runtime.jitter, now=runtime.now
            ),
            limiter=_limiter(settings.rate_limit, runtime),
            clock=runtime.clock,
            secret=secret,
            drift=_drift_watch(settings.on_drift),
        )
        _check_tls(settings.tls)
        self._route = Route(
            service=read_service(settings.environment, settings.base_url),
            proxy=settings.proxy,
            tls=settings.tls,
            token=secret,
        )
        self._session = Session(
            policy=policy,
            timeout=read_timeout(settings.timeout),
            runtime=runtime,
            service=self._route.service.url,
            # The journal last: a client that cannot be made for another reason leaves no file behind.
            store=AttemptStore(
                memory=MemoryAttempts(runtime.clock), journal=_journal(settings.journal), runtime=runtime
            ),
        )

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigurationError("This client is closed; make a new one, or call before it is closed.")

    def __repr__(self) -> str:
        closed = ", closed" if self._closed else ""
        # Whoever records the locals of a refused constructor shows a client that has no route yet.
        route: Route | None = getattr(self, "_route", None)
        of = f" of {route.service.url}" if route is not None else ""
        return f"<{type(self).__name__}{of}{closed}>"


def _check_tls(tls: object) -> None:
    if tls is None:
        return
    import ssl  # here, because a client without one may not need it

    if not isinstance(tls, ssl.SSLContext):
        raise ConfigurationError(f"tls is {type_name(tls)}; give an ssl.SSLContext.")


def _journal(path: str | os.PathLike[str] | None) -> Journal | None:
    if path is None:
        return None
    from paisr._recovery.journal import Journal  # here, because it loads SQLite

    return Journal.made_at(path)


def _drift_watch(on_drift: OnDrift | None) -> DriftWatch | None:
    if on_drift is None:
        return None
    if not callable(on_drift):
        raise ConfigurationError(
            f"on_drift is a {type(on_drift).__name__}; give a callable of an operation and a path."
        )
    from paisr._engine.drift import DriftWatch  # here, because few ask for it

    return DriftWatch(on_drift)


def _limiter(rate: RateLimit | None, runtime: Runtime) -> Limiter | None:
    if rate is None:
        return None
    if not isinstance(rate, RateLimit):  # pyright: ignore[reportUnnecessaryIsInstance] - users without a type checker
        raise ConfigurationError(
            f"rate_limit is a {type(rate).__name__}; give RateLimit(250, per=60), or None for none."
        )
    return limiter_for(rate, runtime.clock)
