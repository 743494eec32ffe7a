"""The limiters of this process: all clients with the same rate and place share one."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._base.forks import ForkSafe
from paisr._ratelimit.memory import MemoryWindow, PermitLog
from paisr._ratelimit.queue import Limiter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from paisr._ratelimit.rate import RateLimit
    from paisr._ratelimit.shared import Backend


class ProcessLimiters(ForkSafe):
    """The limiters of this process. A limiter lives while a client uses it.

    A place is an account at a service, or the shared backend of a rate. Every request counts at its place. Two clients
    may have different limits for one place: each keeps its own.
    """

    def __init__(self) -> None:
        self._limiters: weakref.WeakValueDictionary[Hashable, Limiter] = weakref.WeakValueDictionary()
        self._logs: weakref.WeakValueDictionary[Hashable, PermitLog] = weakref.WeakValueDictionary()
        super().__init__()

    def get(self, rate: RateLimit, clock: Callable[[], float], service: str, account: Hashable) -> Limiter:
        """Return the limiter for this rate at its place. Raises `ConfigurationError` if its backend cannot be used."""
        place = (service, rate.shared or account, clock)
        with self._lock:
            limiter = self._limiters.get((place, rate))
            if limiter is None:
                log = self._logs.setdefault(place, PermitLog())
                limiter = self._limiters[place, rate] = limiter_for(rate, clock, service, log)
            return limiter


process_limiters = ProcessLimiters()


def limiter_for(
    rate: RateLimit, clock: Callable[[], float] = time.monotonic, service: str = "", log: PermitLog | None = None
) -> Limiter:
    """Make a limiter that only its caller uses."""
    if rate.shared is None:
        return Limiter(MemoryWindow(rate, clock, log))
    from paisr._ratelimit.shared import SharedWindow  # here, because few share a rate

    return Limiter(SharedWindow(_backend(rate, clock, service), rate, clock, log))


def _backend(rate: RateLimit, clock: Callable[[], float], service: str) -> Backend:
    if (url := rate.url()) is not None:
        from paisr._ratelimit.redis import RedisBackend

        return RedisBackend(rate, url, service)
    try:
        from paisr._ratelimit.file import FileBackend
    except ImportError:
        raise ConfigurationError(
            "A rate shared by a file needs POSIX file locks, which this system does not have; share it by redis://."
        ) from None
    from pathlib import Path  # here, because only a file needs it

    return FileBackend(rate, Path((rate.shared or "").removeprefix("file:")), clock)
