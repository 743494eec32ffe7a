"""The queue of a process's callers in front of a window: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from paisr._base.forks import register_after_fork

# Seconds. No caller asks again sooner than this.
MIN_WAIT = 0.001
# Seconds to wait while another caller of this process asks a backend: about what a nearby backend takes.
BUSY_WAIT = 0.02


class Ticket:
    """One caller's place in a limiter's queue."""

    __slots__ = ("has_left",)

    def __init__(self) -> None:
        self.has_left: bool = False


class Window(Protocol):
    """Counts permits. Used by one thread at a time."""

    blocking: bool

    def try_acquire(self, ahead: int) -> float:
        """Count a permit and return 0.0, if `ahead` earlier callers have room too; else return the seconds to wait."""
        ...

    def fill(self, seconds: float) -> None:
        """See `Limiter.fill`. Any thread may call it."""
        ...


class Limiter:
    """Queues the callers of a process in front of a window. Safe to share between threads and tasks.

    `blocking`: whether `try_acquire` waits for a disk or a network. It never sleeps.
    """

    def __init__(self, window: Window) -> None:
        self.blocking: bool = window.blocking
        self._window = window
        self._waiting: dict[Ticket, None] = {}
        self._left: deque[Ticket] = deque()
        self._lock = threading.Lock()
        self._asking: Ticket | None = None
        register_after_fork(self)

    def enter(self) -> Ticket:
        """Return a ticket for a place at the end of the queue."""
        return Ticket()

    def try_acquire(self, ticket: Ticket) -> float:
        """Return 0.0 for a permit, which uses the ticket up; else the seconds until the next try."""
        try:
            with self._lock:
                if (ahead := self._ahead(ticket)) is None:
                    return BUSY_WAIT if self.blocking else MIN_WAIT
                if not self.blocking:
                    return self._keep_or_remove(ticket, self._window.try_acquire(ahead))
                self._asking = ticket
            # Outside the lock: a slow backend must not make other callers miss their deadlines.
            wait = self._window.try_acquire(ahead)
            with self._lock:
                return self._keep_or_remove(ticket, wait)
        finally:
            if self._asking is ticket:
                self._asking = None

    def leave(self, ticket: Ticket) -> None:
        """Give up the place without a permit. After a permit this does nothing."""
        # Without the lock: the garbage collector may run this, for an abandoned call, in the middle of `try_acquire`.
        ticket.has_left = True
        self._left.append(ticket)

    def fill(self, seconds: float) -> None:
        """Grant no permit for `seconds`, and no burst afterwards: the service reported that its window is full."""
        self._window.fill(seconds)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._waiting.clear()
        self._asking = None

    def _ahead(self, ticket: Ticket) -> int | None:
        """Count the tickets before this one: all, if it is new. None if it has left, or another one is asking."""
        waiting = self._waiting
        while self._left:
            waiting.pop(self._left.popleft(), None)
        if ticket.has_left:  # cancelled in another thread before it got the lock
            return None
        if self._asking is not None:
            waiting.setdefault(ticket)
            return None
        if ticket not in waiting:
            return len(waiting)
        return next(index for index, one in enumerate(waiting) if one is ticket)

    def _keep_or_remove(self, ticket: Ticket, wait: float) -> float:
        if wait > 0:
            if not ticket.has_left:  # cancelled in another thread meanwhile
                self._waiting.setdefault(ticket)
            return max(MIN_WAIT, wait)
        self._waiting.pop(ticket, None)
        return 0.0
