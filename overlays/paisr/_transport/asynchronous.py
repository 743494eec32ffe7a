"""Sending and receiving on an event loop (asyncio)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from paisr._engine.drivers import carried_out_async
from paisr._engine.steps import RawResponse
from paisr._transport import connections
from paisr._transport.async_streams import AsyncStream, connect_async
from paisr._transport.bodies import Body
from paisr._transport.connections import Connection, Connections
from paisr._transport.failures import broken, broken_by_transport
from paisr._transport.loops import PerLoop
from paisr._transport.opening import Opening
from paisr._transport.progress import NO_CONNECTION_FREE, Progress
from paisr._transport.proxies import choose_proxy
from paisr._transport.requests import RequestMaker, check_transport, on_its_own_connection
from paisr._transport.timekeeper import Timekeeper

if TYPE_CHECKING:
    import httpx

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drivers import AsyncTransport
    from paisr._engine.steps import AttemptResult
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
            return Connection(stream, await carried_out_async(self._opening.steps(), stream.within(progress)))

    async def close(self) -> None:
        self.connections.close()

    def close_after_loop(self) -> None:
        self.connections.close()


class AsyncPoolTransport:
    """Connections in a pool for each event loop, made at its first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxy = choose_proxy(route)
        self._maker = RequestMaker(route, self._proxy)
        self._pools = PerLoop(lambda: AsyncPool(Opening(route, self._proxy)))
        self.close = self._pools.close

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            pool = self._pools.get()
            with pool.timekeeper.within(deadline):
                return await self._exchange(pool, request, progress)
        except BaseException as error:
            return broken(error, progress, self._route.token)

    async def _exchange(self, pool: AsyncPool, request: Request, progress: Progress) -> RawResponse:
        outgoing = self._maker.for_wire(request)
        progress.late = NO_CONNECTION_FREE
        async with pool.permits:
            connection = pool.connections.take() or await pool.open(progress)
            try:
                steps = connection.http.exchange(outgoing, request.body, progress)
                response = await carried_out_async(steps, connection.stream.within(progress))
            except BaseException:
                connection.stream.abort()
                raise
            pool.connections.put(connection)
            return response


class AsyncUserTransport:
    """A transport given by the user, driven as an httpx client would, without redirects, cookies and the rest."""

    def __init__(self, transport: httpx.AsyncBaseTransport, route: Route) -> None:
        check_transport(transport, "handle_async_request", "AsyncPaisr takes an httpx.AsyncBaseTransport")
        self._transport = transport
        self._secret = route.token
        self._maker = RequestMaker(route)
        from paisr._transport.logs import keep_out_of_logs  # here, because only httpx logs

        keep_out_of_logs(route)

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await self._exchange(request, progress)
        except BaseException as error:
            return broken_by_transport(error, progress, self._secret)

    async def _exchange(self, request: Request, progress: Progress) -> RawResponse:
        import httpx  # here, because only a user's own transport needs it

        outgoing = on_its_own_connection(self._maker.for_transport(request, progress.remaining(), httpx.Request))
        progress.writing()  # unless the exception says otherwise: a foreign transport does not tell
        response = await self._transport.handle_async_request(outgoing)
        try:
            progress.head = status, headers = response.status_code, response.headers.raw
            body = Body(headers)
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for chunk in response.stream:
                body.add(chunk)
            return RawResponse(status, headers, body.whole())
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._transport.aclose()


def async_transport(route: Route, transport: httpx.AsyncBaseTransport | None) -> AsyncTransport:
    """The user's transport, else a pool of connections for each event loop."""
    return AsyncPoolTransport(route) if transport is None else AsyncUserTransport(transport, route)
