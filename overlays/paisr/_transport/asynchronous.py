"""The transport for event loops (asyncio)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from paisr._base.forks import ForkSafe
from paisr._engine.drivers import run_steps_async
from paisr._transport import connections
from paisr._transport.async_streams import AsyncStream, connect_async
from paisr._transport.connections import Connection, Connections
from paisr._transport.failures import own_failure
from paisr._transport.opening import Opening
from paisr._transport.progress import NO_CONNECTION_FREE, Progress
from paisr._transport.proxies import choose_proxy
from paisr._transport.requests import RequestMaker
from paisr._transport.timekeeper import Timekeeper

if TYPE_CHECKING:
    import httpx

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drivers import AsyncTransport
    from paisr._engine.steps import AttemptResult, RawResponse
    from paisr_generated.operations import Request


class AsyncPool:
    """The connections of a client on one event loop: each call has one to itself, and waits when all are in use."""

    def __init__(self, opening: Opening) -> None:
        self.connections: Connections[AsyncStream] = Connections()
        self.timekeeper = Timekeeper()
        self._opening = opening
        self.permits = asyncio.Semaphore(connections.MAX_CONNECTIONS)

    async def open(self, progress: Progress) -> Connection[AsyncStream]:
        progress = progress.connecting()
        with self.timekeeper.within(progress.deadline):
            stream = await connect_async(self._opening.host, self._opening.port)
            self.connections.add(stream)
            try:
                return Connection(stream, await run_steps_async(self._opening.steps(), stream.performer(progress)))
            except BaseException:
                stream.abort()
                raise


class AsyncPoolTransport(ForkSafe):
    """A pool of connections for each event loop, made at the loop's first call, and again in a forked child.

    A pool holds a reference to its loop, so a weak reference would not tell when the loop is gone. Instead, the first
    call on another loop closes the connections of closed loops.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxy = choose_proxy(route)
        self._maker = RequestMaker(route, self._proxy)
        super().__init__()

    def after_fork(self) -> None:
        super().after_fork()
        self._pools: dict[asyncio.AbstractEventLoop, AsyncPool] = {}

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            pool = self._pools.get(asyncio.get_running_loop()) or self._make_pool()
            with pool.timekeeper.within(deadline):
                return await self._exchange(pool, request, progress)
        except BaseException as error:
            return own_failure(error, progress, self._route.secrets)

    async def _exchange(self, pool: AsyncPool, request: Request, progress: Progress) -> RawResponse:
        outgoing = self._maker.for_wire(request)
        progress.timeout_reason = NO_CONNECTION_FREE
        async with pool.permits:
            connection = pool.connections.take() or await pool.open(progress)
            try:
                steps = connection.http.exchange(outgoing, request.body, progress)
                response = await run_steps_async(steps, connection.stream.performer(progress))
            except BaseException:
                connection.stream.abort()
                raise
            pool.connections.put(connection)
            return response

    async def close(self) -> None:
        """Close the connections of this event loop, and those of closed loops."""
        with self._lock:
            pool = self._pools.pop(asyncio.get_running_loop(), None)
            self._drop_closed_loops()
        if pool is not None:
            pool.connections.close()

    def _make_pool(self) -> AsyncPool:
        with self._lock:
            self._drop_closed_loops()
            pool = self._pools[asyncio.get_running_loop()] = AsyncPool(Opening(self._route, self._proxy))
            return pool

    def _drop_closed_loops(self) -> None:
        for loop in [one for one in self._pools if one.is_closed()]:
            self._pools.pop(loop).connections.close()


def async_transport(route: Route, transport: httpx.AsyncBaseTransport | None) -> AsyncTransport:
    """The user's transport, else a pool of connections for each event loop."""
    if transport is None:
        return AsyncPoolTransport(route)
    from paisr._transport.user_transports import AsyncUserTransport  # here, because it loads httpx

    return AsyncUserTransport(transport, route)
