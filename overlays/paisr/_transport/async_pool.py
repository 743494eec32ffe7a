"""The connections of a client on one event loop: each call has one to itself, and waits when all are in use."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import httpcore

from paisr._transport.async_streams import LoopBackend
from paisr._transport.connections import MAX_CONNECTIONS, Connections
from paisr._transport.pools import pool_arguments
from paisr._transport.timekeeper import Timekeeper

if TYPE_CHECKING:
    from paisr._base.route import Route
    from paisr._base.secrets import Secret
    from paisr._transport.times import TimeLeft


class AsyncPool:
    """httpcore's connections to one service, straight or through a proxy, lent out one call at a time."""

    def __init__(self, route: Route, proxy: Secret | None, origin: httpcore.Origin) -> None:
        makes = httpcore.AsyncConnectionPool(network_backend=LoopBackend(), **pool_arguments(route, proxy))
        self._connections = Connections(partial(makes.create_connection, origin))
        self._permits = asyncio.Semaphore(MAX_CONNECTIONS)
        self.timekeeper = Timekeeper()

    async def take(self, left: TimeLeft) -> httpcore.AsyncConnectionInterface:
        """A connection for one request. Raises `httpcore.PoolTimeout` when none becomes free in time."""
        if self._permits.locked():
            try:
                with self.timekeeper.within(left):
                    await self._permits.acquire()
            except TimeoutError:
                raise httpcore.PoolTimeout from None
        else:
            await self._permits.acquire()  # which does not wait
        return self._connections.take()

    async def put(self, connection: httpcore.AsyncConnectionInterface) -> None:
        """Take it back, however its request ended."""
        self._connections.put(connection)
        self._permits.release()
        for one in self._connections.take_discarded():
            await one.aclose()

    async def close(self) -> None:
        """Close every connection, those in use too."""
        for connection in self._connections.all():
            await connection.aclose()
        await asyncio.sleep(0)  # the event loop closes their sockets now
