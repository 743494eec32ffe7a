"""Connections for threads: every connect, read and write blocks, up to the call's deadline."""

from __future__ import annotations

import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING

from paisr._transport import connections
from paisr._transport.connections import Pool, WeakList
from paisr._transport.streams import READ_SIZE, WRITE_SIZE, Address, Stream, look_up, numeric
from paisr._transport.transport import PoolTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from paisr._base.route import Route
    from paisr._engine.drivers import Transport
    from paisr._transport.opening import Opening
    from paisr._transport.progress import Progress

# Seconds between two tries of a call that waits for a connection.
POLL_INTERVAL = 0.005


class SyncStream(Stream):
    """A connection whose reads and writes end at the call's deadline."""

    async def receive(self, progress: Progress, /) -> bytes:
        self.socket.settimeout(progress.remaining())
        return self.socket.recv(READ_SIZE)

    async def send(self, data: bytes, progress: Progress, /) -> None:
        view = memoryview(data)
        while view:
            self.socket.settimeout(progress.begin_write())
            view = view[self.socket.send(view[:WRITE_SIZE]) :]


class SyncPool(Pool):
    """The connections for all threads."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._permits: WeakList[ConnectionPermit] = WeakList()

    def permit(self, progress: Progress) -> ConnectionPermit:
        return ConnectionPermit(self, progress)

    def admit(self, permit: ConnectionPermit) -> bool:
        """Let the permit's call use a connection, unless `MAX_CONNECTIONS` calls do; return whether it may."""
        with self._lock:
            held, limit = self._permits, connections.MAX_CONNECTIONS
            if len(held.references) >= limit and len(held.alive()) >= limit:
                return False
            held.references.append(weakref.ref(permit))
            return True

    async def connect(self, host: str, port: int, progress: Progress, /) -> SyncStream:
        addresses = _look_up(host, port, progress)
        failure: OSError = OSError(f"{host} has no address")
        for tried, (family, address) in enumerate(addresses):
            stream = SyncStream(socket.socket(family, socket.SOCK_STREAM))
            try:
                stream.socket.settimeout(progress.remaining() / (len(addresses) - tried))
                stream.socket.connect(address)
                stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                failure = error
                stream.close()
            else:
                return stream
        raise failure


class ConnectionPermit:
    """Allows one call to use a connection. It is released with its last reference, however the call ends.

    Its methods are not coroutines. Python reports a coroutine that was never awaited, and the report could keep the
    permit.
    """

    __slots__ = ("__weakref__", "_pool", "_progress")

    def __init__(self, pool: SyncPool, progress: Progress) -> None:
        self._pool = pool
        self._progress = progress

    def __aenter__(self) -> NoWait:
        while not self._pool.admit(self):
            time.sleep(min(self._progress.remaining(), POLL_INTERVAL))
        return NO_WAIT

    def __aexit__(self, *_exception: object) -> NoWait:
        return NO_WAIT  # the context held the last reference


class NoWait:
    """An awaitable that is done at once."""

    def __await__(self) -> Iterator[None]:
        return iter(())


NO_WAIT = NoWait()


def _look_up(host: str, port: int, progress: Progress) -> list[Address]:
    """The addresses of a host, within the deadline. The system's look-up has no time-out, so a new thread runs it."""
    if (found := numeric(host, port)) is not None:
        return found
    results: list[list[Address] | OSError] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(look_up(host, port))
        except OSError as error:
            results.append(error)
        done.set()

    threading.Thread(target=run, name="paisr-look-up", daemon=True).start()
    if not done.wait(progress.remaining()):
        raise TimeoutError
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]


def sync_transport(route: Route, transport: httpx.BaseTransport | None) -> Transport:
    """The user's transport, else a pool of connections."""
    if transport is None:
        return PoolTransport(route, SyncPool, lambda: None)
    from paisr._transport.user_transports import UserTransport  # here, because it loads httpx

    return UserTransport(transport, route, is_async=False)
