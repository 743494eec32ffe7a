"""The callers of a process, in order, before a window: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from paisr._base.forks import register_after_fork

# Seconds. No caller asks again sooner than this.
MIN_WAIT = 0.001
# While another caller of this process asks a backend: as long as one that is near takes, and not so long as a slow one.
BUSY_WAIT = 0.02


class Ticket:
    """One caller's place in a limiter's queue."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left: bool = False


class Window(Protocol):
    """Counts permits. Used by one thread at a time."""

    blocking: bool

    def try_acquire(self, ahead: int) -> float:
        """0.0: permitted, with room for the `ahead` callers before this one too. Else: seconds to wait."""
        ...

    def fill(self, seconds: float) -> None:
        """As `Limiter.fill`; may be called by any thread."""
        ...


class Limiter:
    """The callers of a process, in order, before a window. Safe to share between threads and tasks.

    `blocking`: whether `try_acquire`, which never sleeps, waits for a disk or a network.
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
        """Take a place at the end of the queue."""
        return Ticket()

    def try_acquire(self, ticket: Ticket) -> float:
        """0.0: permitted, and the place in the queue is given up. Else: seconds until it is worth asking again."""
        try:
            with self._lock:
                if (ahead := self._ahead(ticket)) is None:
                    return BUSY_WAIT if self.blocking else MIN_WAIT
                if not self.blocking:
                    return self._placed(ticket, self._window.try_acquire(ahead))
                self._asking = ticket
            # Without the lock: a caller that arrives while a slow backend is asked keeps its deadline.
            wait = self._window.try_acquire(ahead)
            with self._lock:
                return self._placed(ticket, wait)
        finally:
            if self._asking is ticket:
                self._asking = None

    def leave(self, ticket: Ticket) -> None:
        """Give the place up without a permit; after a permit, nothing happens."""
        # Without the lock: an abandoned call can be collected in the middle of `try_acquire`, and this runs then.
        ticket.left = True
        self._left.append(ticket)

    def fill(self, seconds: float) -> None:
        """Give no permit for so many seconds, and no burst then: the service says that its window is full."""
        self._window.fill(seconds)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._waiting.clear()
        self._asking = None

    def _ahead(self, ticket: Ticket) -> int | None:
        """How many wait before this ticket: all, when it is new. None: it has left, or another is asking now."""
        waiting = self._waiting
        while self._left:
            waiting.pop(self._left.popleft(), None)
        if ticket.left:  # cancelled while it was on its way here, in another thread
            return None
        if self._asking is not None:
            waiting.setdefault(ticket)
            return None
        if ticket not in waiting:
            return len(waiting)
        return next(index for index, one in enumerate(waiting) if one is ticket)

    def _placed(self, ticket: Ticket, wait: float) -> float:
        if wait > 0:
            if not ticket.left:  # in another thread, while the window was asked
                self._waiting.setdefault(ticket)
            return max(MIN_WAIT, wait)
        self._waiting.pop(ticket, None)
        return 0.0
