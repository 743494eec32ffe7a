"""Which connections to the service are open, which of them is used next, and how many calls may use one at once."""

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

# In flight at once; further calls wait.
MAX_CONNECTIONS = 100
# Seconds. A server drops idle connections too; doing so while a create is under way leaves its outcome unknown.
IDLE_EXPIRY = 5.0
_NO_LINGERING = struct.pack("ii", 1, 0)


def has_unread(connected: socket.socket) -> bool:
    """Whether bytes wait in a socket that nobody asked for, or the end."""
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
    """A socket. It is closed with the last reference to it, so that no interruption leaves it open."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    def abort(self) -> None:
        """Close it, and have the system send nothing more of what was written."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self.close()

    def break_off(self) -> None:
        """End it for its user, such as another thread, which then closes it."""
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


class Held(Generic[H]):
    """Objects, as long as something holds them. They go without a callback, which an interruption could break off."""

    def __init__(self) -> None:
        self.references: list[weakref.ref[H]] = []

    def all(self) -> list[H]:
        held = [(reference, one) for reference in self.references if (one := reference()) is not None]
        self.references = [reference for reference, _one in held]
        return [one for _reference, one in held]


class Connections(Generic[S]):
    """The open connections of one pool. Safe to share between threads.

    The connection used last is used first, so that those of a busy hour grow old, and are closed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._idle: deque[tuple[float, Connection[S]]] = deque()
        self._open: Held[S] = Held()
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self) -> Connection[S] | None:
        """A connection for one request: the one used last that can still be trusted; None when there is none."""
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
        """One that is being opened."""
        with self._lock:
            self._check_open()
            self._open.all()
            self._open.references.append(weakref.ref(stream))

    def put(self, connection: Connection[S]) -> None:
        """Take it back after its response."""
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
        """Close those that are idle, and break off those in use."""
        with self._lock:
            self._is_closed = True
            streams = self._open.all()
        for stream in streams:
            stream.break_off()
        self._idle.clear()

    def _check_open(self) -> None:
        if self._is_closed:
            raise PoolClosedError


class Permit:
    """Allows one call to use a connection, as long as the call holds it."""

    __slots__ = ("__weakref__",)


class Permits:
    """As many as there may be connections. Whatever breaks a call off, with its last reference its permit is free."""

    def __init__(self) -> None:
        self._held: Held[Permit] = Held()
        self._lock = threading.Lock()

    def take(self) -> Permit | None:
        """None when all are held."""
        with self._lock:
            if len(self._held.references) >= MAX_CONNECTIONS and len(self._held.all()) >= MAX_CONNECTIONS:
                return None
            permit = Permit()
            self._held.references.append(weakref.ref(permit))
            return permit
