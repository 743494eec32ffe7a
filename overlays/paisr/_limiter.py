"""The published rate, kept: at most so many grants in any window, first come, first served.

A limiter is a queue before a window. The queue (`QueueLimiter`) keeps a process's callers in order; the window counts:
in memory (`MemoryWindow`), or in a place that others count in too (`_shared_limit`).
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from paisr._errors import ConfigurationError
from paisr._forks import tell_after_fork
from paisr._secrets import Secret
from paisr._texts import shown

if TYPE_CHECKING:
    from collections.abc import Callable

# Time passes between a grant and the request's arrival, and not the same each time: without a margin the service
# would now and then count one too many. A window is kept longer by this share.
MARGIN = 1 / 60

# Nobody is told to ask again sooner than this, in seconds.
SHORTEST_WAIT = 0.001

MOST_REQUESTS = 1_000_000
LONGEST_PER = 86_400


@frozen(init=False)
class RateLimit:
    """At most `requests` requests in any `per` seconds, retries included.

    The vendor allows 250 a minute (its public documentation). `shared` names a place that keeps the count for several
    processes (``"file:PATH"``, on one machine, POSIX only) or machines (``"redis://HOST:PORT/DB"``, needs
    ``paisr[redis]``). When the shared place is gone, the process keeps to the limit by itself, and logs it; it uses the
    place again when it is back. A password in the URL is not shown, and a limit that has a URL does not pickle.

    Raises `ConfigurationError` for a limit that cannot be one: 1 to 1,000,000 requests, in more than zero and at most
    86,400 seconds.
    """

    requests: int
    per: float
    shared: str | None
    # What `shared` was given as, where it may hold a password.
    _url: Secret | None = field(repr=False, eq=lambda url: None if url is None else url.reveal())

    def __init__(self, requests: int, *, per: float = 60, shared: str | None = None) -> None:
        place = None if shared is None else Secret(shared)
        del shared  # a traceback from here on must not have it among its locals
        set_field = object.__setattr__
        # All fields before the first refusal: who records its frames must be able to show this one.
        for name, value in (("requests", requests), ("per", per), ("shared", None), ("_url", None)):
            set_field(self, name, value)
        if problem := _problem(requests, per):
            raise ConfigurationError(f"RateLimit {problem}; the published rate is RateLimit(250, per=60).")
        if place is not None:
            set_field(self, "shared", _read_place(place))
            set_field(self, "_url", place if "://" in place.reveal() else None)

    @property
    def window(self) -> float:
        """Seconds for which a grant is remembered: `per`, and the margin."""
        return self.per * (1 + MARGIN)

    def url(self) -> Secret | None:
        """The URL of the shared place, whole; None for a file or none."""
        return self._url


def _problem(requests: object, per: object) -> str | None:
    if isinstance(requests, bool) or not isinstance(requests, int) or not 1 <= requests <= MOST_REQUESTS:
        return f"requests={shown(requests)} is not a whole number from 1 to {MOST_REQUESTS:,}"
    if isinstance(per, bool) or not isinstance(per, (int, float)) or not 0 < per <= LONGEST_PER:
        return f"per={shown(per)} is not a number of seconds above zero and up to {LONGEST_PER:,}"
    return None


def _read_place(place: Secret) -> str:
    from paisr._shared_limit import place_without_password

    return place_without_password(place)


class Ticket:
    """One caller's place in a limiter's queue."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = False


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


class Window(Protocol):
    """Who counts grants. Used by one thread at a time."""

    blocking: bool

    def take(self, ahead: int) -> float:
        """0.0: granted to one before whom `ahead` others wait, and there is room for them too. Else: seconds."""
        ...


class QueueLimiter:
    """The callers of a process, in order, before a window. Safe to share between threads and tasks."""

    def __init__(self, window: Window) -> None:
        self.blocking = window.blocking
        self._window = window
        self._waiting: dict[Ticket, None] = {}
        self._left: deque[Ticket] = deque()
        self._lock = threading.Lock()
        tell_after_fork(self)

    def enter(self) -> Ticket:
        return Ticket()

    def ask(self, ticket: Ticket) -> float:
        with self._lock:
            waiting = self._waiting
            while self._left:
                waiting.pop(self._left.popleft(), None)
            if ticket.left:  # cancelled while it was on its way here, in another thread
                return SHORTEST_WAIT
            wait = self._window.take(self._ahead(ticket))
            if wait > 0:
                waiting.setdefault(ticket)
                return max(SHORTEST_WAIT, wait)
            waiting.pop(ticket, None)
            return 0.0

    def leave(self, ticket: Ticket) -> None:
        # Without the lock: this also runs when an abandoned call is collected, which can be in the middle of `ask`.
        ticket.left = True
        self._left.append(ticket)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._waiting.clear()

    def _ahead(self, ticket: Ticket) -> int:
        """How many wait before this ticket: all, when it is new."""
        if ticket not in self._waiting:
            return len(self._waiting)
        return next(index for index, waiting in enumerate(self._waiting) if waiting is ticket)


class MemoryWindow:
    """A sliding window in this process's memory."""

    blocking = False

    def __init__(self, rate: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = rate.requests
        self._window = rate.window
        self._clock = clock
        self._granted: deque[float] = deque(maxlen=rate.requests)

    def take(self, ahead: int) -> float:
        now = self._clock()
        wait = self._wait(ahead, now)
        if wait <= 0:
            self._granted.append(now)
        return wait

    def wait(self, ahead: int) -> float:
        """What `take` would say; nothing is granted."""
        return self._wait(ahead, self._clock())

    def note(self) -> None:
        """Count a grant that another window gave."""
        self._granted.append(self._clock())

    def _wait(self, ahead: int, now: float) -> float:
        rounds, rest = divmod(ahead, self._limit)
        index = rest - self._limit + len(self._granted)
        return seconds_to_go(self._granted[index] if index >= 0 else -math.inf, rounds, now, self._window)


def seconds_to_go(before: float, rounds: int, now: float, window: float) -> float:
    """How long one waits who takes over the place of the grant at `before`, after `rounds` others have had it.

    The limit's last grants are its places: the next caller takes over the oldest one, whoever waits behind one other
    the second oldest, and after all of them it begins anew, a window later.
    """
    return max(0.0, before + window - now) + rounds * window


class ProcessLimiter(QueueLimiter):
    """A sliding window in this process's memory, for its threads and tasks."""

    def __init__(self, rate: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(MemoryWindow(rate, clock))


def limiter_for(rate: RateLimit, clock: Callable[[], float] = time.monotonic) -> Limiter:
    """The limiter that a rate asks for. Raises `ConfigurationError` when its shared place cannot be used."""
    if rate.shared is None:
        return ProcessLimiter(rate, clock)
    from paisr._shared_limit import shared_window

    return QueueLimiter(shared_window(rate, clock))
