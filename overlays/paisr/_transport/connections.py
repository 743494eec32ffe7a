"""The connections of a pool: those that are open, and the one to use next."""

from __future__ import annotations

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from paisr._transport.http1 import Connection

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from paisr._engine.deadlines import Deadline
    from paisr._transport.opening import Opening
    from paisr._transport.progress import Progress
    from paisr._transport.streams import Stream

# Calls in flight at once; further calls wait.
MAX_CONNECTIONS = 100
# Seconds. A server closes idle connections too; if it does so while a create is in flight, its outcome is unknown.
IDLE_EXPIRY = 5.0

UNLIMITED = nullcontext()
H = TypeVar("H")


class WeakList(Generic[H]):
    """A list of weak references to objects in use. It has no callbacks, which an interruption could break off."""

    def __init__(self) -> None:
        self.references: list[weakref.ref[H]] = []

    def alive(self) -> list[H]:
        """The objects that are still in use. The references to others are dropped."""
        alive = [(reference, one) for reference in self.references if (one := reference()) is not None]
        self.references = [reference for reference, _one in alive]
        return [one for _reference, one in alive]


class Pool(ABC):
    """The connections of one event loop, or of all threads. Each call has one to itself, and waits when all are in use.

    The connection that was used last is taken first, so surplus connections of a busy hour expire.
    """

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._clock = time.monotonic
        self._idle: deque[tuple[float, Connection]] = deque()
        self._open: WeakList[Stream] = WeakList()
        self._lock = threading.RLock()  # as in `ForkSafe`
        self._is_closed = False

    @abstractmethod
    def permit(self, progress: Progress, /) -> Any:
        """An asynchronous context that begins when the call may use a connection. The call uses it inside."""

    def within(self, _deadline: Deadline, /) -> AbstractContextManager[object]:
        """A context that ends its waits at the deadline. Here they end by themselves."""
        return UNLIMITED

    @abstractmethod
    async def connect(self, host: str, port: int, progress: Progress, /) -> Stream:
        """A connection to the first address that accepts one."""

    async def open(self, progress: Progress) -> Connection:
        """A new connection, after its handshakes."""
        progress = progress.connecting()
        with self.within(progress.deadline):
            host, port = self._opening.address
            stream = await self.connect(host, port, progress)
            self._add(stream)
            try:
                return Connection(stream, await self._opening.handshakes(stream, progress))
            except BaseException:
                stream.abort()
                raise

    def _add(self, stream: Stream) -> None:
        """Add the stream of a connection that is being opened."""
        with self._lock:
            self._check_open()
            self._open.alive()
            self._open.references.append(weakref.ref(stream))

    def take(self) -> Connection | None:
        """The idle connection that was used last and can still be trusted; None when there is none."""
        self._check_open()
        while True:
            try:
                _since, connection = self._idle.pop()
            except IndexError:
                return None
            if not connection.stream.has_unread():
                return connection
            connection.stream.close()

    def put(self, connection: Connection) -> None:
        """Take a connection back after its response, and close those that have expired."""
        now = self._clock()
        if connection.is_reusable and not self._is_closed:
            self._idle.append((now, connection))
        else:
            connection.stream.close()
        while True:
            try:
                oldest = self._idle.popleft()
            except IndexError:
                return
            if oldest[0] >= now - IDLE_EXPIRY:
                self._idle.appendleft(oldest)
                return
            oldest[1].stream.close()

    def close(self) -> None:
        """Close idle connections, and shut down those in use."""
        with self._lock:
            self._is_closed = True
            streams = self._open.alive()
        for stream in streams:
            stream.shut_down()
        self._idle.clear()

    def _check_open(self) -> None:
        if self._is_closed:
            raise ConnectionError("the client was closed before the request was sent")
