"""The published rate, kept: at most so many grants in any window, first come, first served."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen, validators

from paisr._errors import ConfigurationError
from paisr._forks import tell_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

# Time passes between a grant and the request's arrival, and not the same each time: without a margin the service
# would now and then count one too many. A window is kept longer by this share.
MARGIN = 1 / 60


def _positive(_instance: object, attribute: object, value: float) -> None:
    if not value > 0:
        name = getattr(attribute, "name", "value")
        raise ConfigurationError(
            f"RateLimit {name}={value!r} is not positive; the published rate is RateLimit(250, per=60)."
        )


@frozen
class RateLimit:
    """At most `requests` requests in any `per` seconds, retries included.

    The vendor allows 250 a minute (its public documentation). `shared` names a place that keeps the count for several
    processes (``"file:PATH"``, on one machine, POSIX only) or machines (``"redis://HOST:PORT/DB"``, needs
    ``paisr[redis]``). When the shared place is gone, the process keeps to the limit by itself, and logs it.
    """

    requests: int = field(validator=[validators.instance_of(int), _positive])
    per: float = field(default=60, kw_only=True, validator=_positive)
    shared: str | None = field(default=None, kw_only=True, repr=lambda place: "None" if place is None else "'…'")


# Nobody is told to ask again sooner than this, in seconds.
SHORTEST_WAIT = 0.001


class Ticket:
    """One caller's place in a limiter's queue."""

    __slots__ = ()


class Limiter(Protocol):
    """Who grants. `ask` never sleeps; `blocking` says that it waits for a disk or a network."""

    blocking: bool

    def enter(self) -> Ticket:
        """Take a place at the end of the queue."""
        ...

    def ask(self, ticket: Ticket) -> float:
        """0.0: granted, and the place is given up. Else: seconds until it is worth asking again."""
        ...

    def leave(self, ticket: Ticket) -> None:
        """Give the place up without a grant; after a grant, nothing happens."""
        ...


class ProcessLimiter:
    """A sliding window in this process's memory, for its threads and tasks."""

    blocking = False

    def __init__(self, rate: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = rate.requests
        self._window = rate.per * (1 + MARGIN)
        self._clock = clock
        self._granted: deque[float] = deque()
        self._waiting: dict[Ticket, None] = {}
        self._lock = threading.Lock()
        tell_after_fork(self)

    def enter(self) -> Ticket:
        return Ticket()

    def ask(self, ticket: Ticket) -> float:
        with self._lock:
            now = self._clock()
            free = self._free(now)
            waiting = self._waiting
            if not waiting and free:
                self._granted.append(now)
                return 0.0
            place = self._place(ticket)
            if place < free:
                del waiting[ticket]
                self._granted.append(now)
                return 0.0
            return max(SHORTEST_WAIT, self._turn(place - free) - now)

    def leave(self, ticket: Ticket) -> None:
        with self._lock:
            self._waiting.pop(ticket, None)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._waiting.clear()

    def _free(self, now: float) -> int:
        granted = self._granted
        while granted and now - granted[0] >= self._window:
            granted.popleft()
        return self._limit - len(granted)

    def _place(self, ticket: Ticket) -> int:
        """How many wait before this ticket, which is put at the end of the queue when it is new."""
        if ticket not in self._waiting:
            self._waiting[ticket] = None
            return len(self._waiting) - 1
        return next(index for index, waiting in enumerate(self._waiting) if waiting is ticket)

    def _turn(self, place: int) -> float:
        """When the grant before this place leaves the window; a window later for every full round before it."""
        rounds, rest = divmod(place, len(self._granted) or 1)
        oldest = self._granted[rest] if self._granted else self._clock()
        return oldest + (rounds + 1) * self._window
