"""The connections of a client for threads: each call has one to itself, and waits when all are in use."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpcore

from paisr._transport.connections import MAX_CONNECTIONS, Connections
from paisr._transport.pools import pool_arguments
from paisr._transport.sync_streams import DeadlineBackend

if TYPE_CHECKING:
    from collections.abc import Generator

    from paisr._base.route import Route
    from paisr._base.secrets import Secret
    from paisr._transport.times import TimeLeft


class SyncPool:
    """httpcore's connections to one service, straight or through a proxy, lent out one call at a time."""

    def __init__(self, route: Route, proxy: Secret | None, origin: httpcore.Origin) -> None:
        makes = httpcore.ConnectionPool(network_backend=DeadlineBackend(), **pool_arguments(route, proxy))
        self._connections = Connections(partial(makes.create_connection, origin))
        self._lock = threading.Lock()
        self._permits = threading.Semaphore(MAX_CONNECTIONS)

    @contextmanager
    def connection(self, left: TimeLeft) -> Generator[httpcore.ConnectionInterface]:
        """A connection for one request. Raises `httpcore.PoolTimeout` when none becomes free in time."""
        if not self._permits.acquire(timeout=left.deadline.remaining()):
            raise httpcore.PoolTimeout
        try:
            with self._lock:
                connection = self._connections.take()
            try:
                yield connection
            finally:
                with self._lock:
                    self._connections.put(connection)
                    discarded = self._connections.take_discarded()
                for one in discarded:
                    one.close()
        finally:
            self._permits.release()

    def close(self) -> None:
        """Close every connection, those in use too."""
        with self._lock:
            connections = self._connections.all()
        for connection in connections:
            connection.close()
