"""Which connections to the service are open, and which of them is used next: decided here, without IO.

httpcore's own pool looks at every connection and every waiting request whenever a call begins and whenever one ends,
which is most of what fifty calls at once cost. All requests here go to one place, so that a stack is enough.
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

# In flight at once; further calls wait.
MAX_CONNECTIONS = 100
# Seconds. A server drops idle connections too; doing so while a create is under way leaves its outcome unknown.
IDLE_EXPIRY = 5.0


class Connection(Protocol):
    """What of httpcore's connections is asked here."""

    def has_expired(self) -> bool:
        """Whether it has idled for too long, was closed by the other side, or has bytes that nobody asked for."""
        ...

    def is_available(self) -> bool:
        """Whether its last response was read to the end, and it can take another request."""
        ...


C = TypeVar("C", bound=Connection)


class Connections(Generic[C]):
    """The open connections of one pool. What it takes out, the pool asks for with `take_discarded`, and closes.

    The connection used last is used first, so that those of a busy hour grow old, and are closed.
    """

    def __init__(self, make: Callable[[], C], clock: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock = clock
        self._open: weakref.WeakSet[C] = weakref.WeakSet()
        self._idle: deque[tuple[float, C]] = deque()
        self._discarded: list[C] = []

    def take(self) -> C:
        """A connection for one request: the one used last, unless it cannot be trusted any more, else a new one."""
        while self._idle:
            connection = self._idle.pop()[1]
            if not connection.has_expired():
                return connection
            self._discard(connection)
        connection = self._make()
        self._open.add(connection)
        return connection

    def put(self, connection: C) -> None:
        """Take it back after its request, however that ended."""
        now = self._clock()
        if connection.is_available():
            self._idle.append((now, connection))
        else:
            self._discard(connection)
        while self._idle and self._idle[0][0] < now - IDLE_EXPIRY:
            self._discard(self._idle.popleft()[1])

    def take_discarded(self) -> list[C]:
        """What is to be closed, and is known no longer."""
        discarded, self._discarded = self._discarded, []
        return discarded

    def all(self) -> list[C]:
        """Every connection, those in use too; afterwards none is known any more."""
        found = [*self._open, *self.take_discarded()]
        self._idle.clear()
        self._open.clear()
        return found

    def _discard(self, connection: C) -> None:
        self._open.discard(connection)
        self._discarded.append(connection)
