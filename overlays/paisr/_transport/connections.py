"""The connections of a pool: those that are open, the one to use next, and the permits of the calls that use them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._transport.http1 import Http1

# Calls in flight at once; further calls wait.
MAX_CONNECTIONS = 100
# Seconds. A server closes idle connections too; if it does so while a create is in flight, its outcome is unknown.
IDLE_EXPIRY = 5.0
_NO_LINGERING = struct.pack("ii", 1, 0)


def has_unread(connected: socket.socket) -> bool:
    """Whether an idle socket has something to read: unexpected bytes, or the end."""
    try:
        if connected.gettimeout() != 0:
            connected.setblocking(False)
        connected.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


class Stream:
    """A socket that is closed with its last reference, so no interruption leaves it open."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    def abort(self) -> None:
        """Close the socket, and discard written bytes that the system has not sent yet."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self.close()

    def shut_down(self) -> None:
        """Shut down the socket of a call, maybe of another thread; the call then fails, and closes it."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.close()

    __del__ = close


S = TypeVar("S", bound=Stream)
H = TypeVar("H")


class Connection(Struct, Generic[S], eq=False):
    stream: S
    http: Http1


class PoolClosedError(OSError):
    """The client was closed while a call waited for a connection."""

    def __init__(self) -> None:
        super().__init__("the client was closed before the request was sent")


class WeakList(Generic[H]):
    """A list of weak references to objects in use. It has no callbacks, which an interruption could break off."""

    def __init__(self) -> None:
        self.references: list[weakref.ref[H]] = []

    def alive(self) -> list[H]:
        """The objects that are still in use. The references to others are dropped."""
        alive = [(reference, one) for reference in self.references if (one := reference()) is not None]
        self.references = [reference for reference, _one in alive]
        return [one for _reference, one in alive]


class Connections(Generic[S]):
    """The open connections of one pool. Safe to share between threads.

    The connection that was used last is taken first, so surplus connections of a busy hour expire.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._idle: deque[tuple[float, Connection[S]]] = deque()
        self._open: WeakList[S] = WeakList()
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self) -> Connection[S] | None:
        """The idle connection that was used last and can still be trusted; None when there is none."""
        self._check_open()
        while True:
            try:
                _since, connection = self._idle.pop()
            except IndexError:
                return None
            if not has_unread(connection.stream.socket):
                return connection
            connection.stream.close()

    def add(self, stream: S) -> None:
        """Add the stream of a connection that is being opened."""
        with self._lock:
            self._check_open()
            self._open.alive()
            self._open.references.append(weakref.ref(stream))

    def put(self, connection: Connection[S]) -> None:
        """Take a connection back after its response, and close those that have expired."""
        now = self._clock()
        if connection.http.is_reusable and not self._is_closed:
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
            raise PoolClosedError


class ConnectionPermit:
    """Allows one call to use a connection while the call holds it."""

    __slots__ = ("__weakref__",)


class ConnectionPermits:
    """At most `MAX_CONNECTIONS` permits. A permit is released with its last reference, however its call ends."""

    def __init__(self) -> None:
        self._held: WeakList[ConnectionPermit] = WeakList()
        self._lock = threading.Lock()

    def take(self) -> ConnectionPermit | None:
        """A permit; None when all are held."""
        with self._lock:
            if len(self._held.references) >= MAX_CONNECTIONS and len(self._held.alive()) >= MAX_CONNECTIONS:
                return None
            permit = ConnectionPermit()
            self._held.references.append(weakref.ref(permit))
            return permit
