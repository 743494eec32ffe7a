"""The callers of a process, in order, before a window: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from paisr._base.forks import register_after_fork

# Nobody is told to ask again sooner than this, in seconds.
MIN_WAIT = 0.001


class Ticket:
    """One caller's place in a limiter's queue."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = False


class Limiter(Protocol):
    """Gives permits. `try_acquire` never sleeps; `blocking` says that it waits for a disk or a network."""

    blocking: bool

    def enter(self) -> Ticket:
        """Take a place at the end of the queue."""
        ...

    def try_acquire(self, ticket: Ticket) -> float:
        """0.0: permitted, and the place in the queue is given up. Else: seconds until it is worth asking again."""
        ...

    def leave(self, ticket: Ticket) -> None:
        """Give the place up without a permit; after a permit, nothing happens."""
        ...


class Window(Protocol):
    """Counts permits. Used by one thread at a time."""

    blocking: bool

    def try_acquire(self, ahead: int) -> float:
        """0.0: permitted to one before whom `ahead` others wait, and there is room for them too. Else: seconds."""
        ...


class QueueLimiter:
    """The callers of a process, in order, before a window. Safe to share between threads and tasks."""

    def __init__(self, window: Window) -> None:
        self.blocking = window.blocking
        self._window = window
        self._waiting: dict[Ticket, None] = {}
        self._left: deque[Ticket] = deque()
        self._lock = threading.Lock()
        register_after_fork(self)

    def enter(self) -> Ticket:
        return Ticket()

    def try_acquire(self, ticket: Ticket) -> float:
        with self._lock:
            waiting = self._waiting
            while self._left:
                waiting.pop(self._left.popleft(), None)
            if ticket.left:  # cancelled while it was on its way here, in another thread
                return MIN_WAIT
            wait = self._window.try_acquire(self._ahead(ticket))
            if wait > 0:
                waiting.setdefault(ticket)
                return max(MIN_WAIT, wait)
            waiting.pop(ticket, None)
            return 0.0

    def leave(self, ticket: Ticket) -> None:
        # Without the lock: an abandoned call can be collected in the middle of `try_acquire`, and this runs then.
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
