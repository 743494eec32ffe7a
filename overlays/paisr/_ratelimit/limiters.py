"""The limiters of this process: each is a queue of callers, first come, first served, in front of a sliding window."""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._base.forks import ForkSafe, register_after_fork
from paisr._ratelimit.rate import wait_time

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from paisr._ratelimit.rate import RateLimit
    from paisr._ratelimit.shared import Backend

# Seconds. No caller asks again sooner than this.
MIN_WAIT = 0.001
# Seconds to wait while another caller of this process asks a backend: about what a nearby backend takes.
BUSY_WAIT = 0.02


class PermitLog:
    """The times of the last permits in one scope. All limiters of the scope share it, whatever their limits."""

    def __init__(self) -> None:
        self.times: deque[float] = deque(maxlen=0)
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self.lock = threading.Lock()

    def make_room(self, requests: int) -> None:
        with self.lock:
            if requests > (self.times.maxlen or 0):
                self.times = deque(self.times, requests)


class Ticket:
    """One caller's position in a limiter's queue."""

    __slots__ = ("has_left",)

    def __init__(self) -> None:
        self.has_left: bool = False


class Limiter:
    """Queues the callers of a process, and counts their permits. Safe to share between threads and tasks.

    With a `backend`, which other processes share, a permit needs room there too. So one process never exceeds the
    limit, even if the backend loses its data.

    `blocking`: whether `try_acquire` waits for a disk or a network. It never sleeps.
    """

    def __init__(
        self, rate: RateLimit, clock: Callable[[], float], log: PermitLog, backend: Backend | None = None
    ) -> None:
        self.blocking: bool = backend is not None
        self._limit, self._window, self._clock = rate.requests, rate.window, clock
        self._log = log
        log.make_room(rate.requests)
        self._backend = backend
        self._waiting: dict[Ticket, None] = {}
        self._left: deque[Ticket] = deque()
        self._asking: Ticket | None = None
        register_after_fork(self)

    def enter(self) -> Ticket:
        """Return a ticket for the last position in the queue."""
        return Ticket()

    def try_acquire(self, ticket: Ticket) -> float:
        """Return 0.0 for a permit, which uses the ticket up; else the seconds until the next try."""
        try:
            with self._log.lock:
                ahead = self._ahead(ticket)
                if ahead is None:
                    return BUSY_WAIT
                if self._backend is None:
                    return self._count(ticket, ahead)
                if (wait := self._wait(ahead, self._clock())) > 0:
                    return max(MIN_WAIT, wait)
                self._asking = ticket
            # Outside the lock: a slow backend must not make other callers miss their deadlines.
            wait = self._backend.wait(ahead)
            with self._log.lock:
                return max(MIN_WAIT, wait) if wait > 0 else self._count(ticket, ahead)
        finally:
            if self._asking is ticket:
                self._asking = None

    def leave(self, ticket: Ticket) -> None:
        """Leave the queue without a permit. After a permit this does nothing."""
        # Without the lock: the garbage collector may run this, for an abandoned call, in the middle of `try_acquire`.
        ticket.has_left = True
        self._left.append(ticket)

    def fill(self, seconds: float) -> None:
        """Grant no permit for `seconds`, and then permits at the even rate at most: the service's window is full.

        The requests that filled it came from elsewhere, at unknown times. They count as spread evenly over the window.
        Only this process waits: the service tells the others itself.
        """
        with self._log.lock:
            times = self._log.times
            known = [times.pop() for _ in range(min(self._limit, len(times)))]
            known += [-math.inf] * (self._limit - len(known))
            first = self._clock() + seconds - self._window
            step = self._window / self._limit
            times.extend(max(one, first + index * step) for index, one in enumerate(reversed(known)))

    def after_fork(self) -> None:
        self._waiting.clear()
        self._asking = None

    def _ahead(self, ticket: Ticket) -> int | None:
        """Queue the ticket, and count those before it. None if it has left, or while another one asks the backend."""
        while self._left:
            self._waiting.pop(self._left.popleft(), None)
        if ticket.has_left:  # cancelled in another thread before it got the lock
            return None
        self._waiting.setdefault(ticket)
        if self._asking is not None:
            return None
        return list(self._waiting).index(ticket)

    def _count(self, ticket: Ticket, ahead: int) -> float:
        """Count a permit and return 0.0, if `ahead` earlier callers have room too; else return the seconds to wait."""
        now = self._clock()
        wait = self._wait(ahead, now)
        if wait > 0:
            return max(MIN_WAIT, wait)
        self._log.times.append(now)
        self._waiting.pop(ticket, None)
        return 0.0

    def _wait(self, ahead: int, now: float) -> float:
        rounds, rest = divmod(ahead, self._limit)
        index = rest - self._limit + len(self._log.times)
        return wait_time(self._log.times[index] if index >= 0 else -math.inf, rounds, now, self._window)


class ProcessLimiters(ForkSafe):
    """The limiters of this process. A limiter lives while a client uses it.

    A scope is an account at a service, or the shared backend of a rate. Every request counts in its scope. Two clients
    may have different limits for one scope: each keeps its own.
    """

    def __init__(self) -> None:
        self._limiters: weakref.WeakValueDictionary[Hashable, Limiter] = weakref.WeakValueDictionary()
        self._logs: weakref.WeakValueDictionary[Hashable, PermitLog] = weakref.WeakValueDictionary()
        super().__init__()

    def get(self, rate: RateLimit, clock: Callable[[], float], service: str, account: Hashable) -> Limiter:
        """Return the limiter for this rate in its scope. Raises `ConfigurationError` if its backend cannot be used."""
        scope = (service, rate.shared or account, clock)
        with self._lock:
            limiter = self._limiters.get((scope, rate))
            if limiter is None:
                log = self._logs.setdefault(scope, PermitLog())
                backend = None if rate.shared is None else _backend(rate, clock, service)
                limiter = self._limiters[scope, rate] = Limiter(rate, clock, log, backend)
            return limiter


process_limiters = ProcessLimiters()


def _backend(rate: RateLimit, clock: Callable[[], float], service: str) -> Backend:
    if (url := rate.url()) is not None:
        from paisr._ratelimit.redis import RedisBackend  # here, because few share a rate

        return RedisBackend(rate, clock, url, service)
    try:
        from paisr._ratelimit.file import FileBackend
    except ImportError:
        raise ConfigurationError(
            "A rate shared by a file needs POSIX file locks, which this system does not have; share it by redis://."
        ) from None
    return FileBackend(rate, clock)
