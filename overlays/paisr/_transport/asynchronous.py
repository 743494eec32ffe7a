"""Sending and receiving on an event loop (asyncio)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from typing import TYPE_CHECKING

from paisr._base.forks import register_after_fork
from paisr._engine.steps import RawResponse
from paisr._transport.async_pool import AsyncPool
from paisr._transport.bodies import Body
from paisr._transport.failures import broken, broken_by_transport, without_frames
from paisr._transport.pools import check_transport
from paisr._transport.proxies import choose_proxy
from paisr._transport.requests import RequestMaker, on_its_own_connection
from paisr._transport.times import TimeLeft

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from typing import Protocol

    import httpx

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drivers import AsyncTransport
    from paisr._engine.steps import AttemptResult
    from paisr_generated.operations import Request

    class Closable(Protocol):
        async def aclose(self) -> None: ...


class AsyncPoolTransport:
    """httpcore's connections, in a pool for each event loop, made at its first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxy = choose_proxy(route)
        self._maker = RequestMaker(route)
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncPool]
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._pools = weakref.WeakKeyDictionary()

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        left = TimeLeft(deadline)
        try:
            pool = self._pool()
            connection = await pool.take(left)
            try:
                with pool.timekeeper.within(left):
                    response = await connection.handle_async_request(self._maker.for_pool(request, left))
                    left.head = response.status, response.headers
                    return await receive(response.aiter_stream(), response, left)
            finally:
                await pool.put(connection)
        except Exception as error:
            return broken(error, left)
        except BaseException as error:
            # The frames below hold the token; whoever records this traceback must not see them.
            raise without_frames(error)  # noqa: B904 - it is the same exception

    async def close(self) -> None:
        """Close the connections of this event loop; those of loops that have ended went with them."""
        with self._lock:
            pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.close()

    def _pool(self) -> AsyncPool:
        loop = asyncio.get_running_loop()
        with self._lock:
            pool = self._pools.get(loop)
            if pool is None:
                pool = self._pools[loop] = AsyncPool(self._route, self._proxy, self._maker.origin)
            return pool


class AsyncUserTransport:
    """A transport given by the user, driven as an httpx client would, without redirects, cookies and the rest."""

    def __init__(self, transport: httpx.AsyncBaseTransport, route: Route) -> None:
        check_transport(transport, "handle_async_request", "AsyncPaisr takes an httpx.AsyncBaseTransport")
        self._transport = transport
        self._maker = RequestMaker(route)

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        import httpx  # here, because only a user's own transport needs it

        left = TimeLeft(deadline)
        left.sent = True  # unless the exception says otherwise: a foreign transport does not tell
        try:
            async with asyncio.timeout(deadline.remaining()):
                outgoing = on_its_own_connection(self._maker.for_transport(request, left, httpx.Request))
                response = await self._transport.handle_async_request(outgoing)
                stream = response.stream
                assert isinstance(stream, httpx.AsyncByteStream)
                left.head = response.status_code, response.headers.raw
                return await receive(stream, response, left)
        except Exception as error:
            return broken_by_transport(error, left)
        except BaseException as error:
            raise without_frames(error)  # noqa: B904 - it is the same exception

    async def close(self) -> None:
        await self._transport.aclose()


def async_transport(route: Route, transport: httpx.AsyncBaseTransport | None) -> AsyncTransport:
    """The user's transport; else aiohttp, where it is installed and no proxy is in the way; else httpcore's pool."""
    if transport is not None:
        return AsyncUserTransport(transport, route)
    if choose_proxy(route) is None:
        with contextlib.suppress(ImportError):
            from paisr._transport.aiohttp import AiohttpTransport  # here, because it is an extra

            return AiohttpTransport(route)
    return AsyncPoolTransport(route)


async def receive(stream: AsyncIterable[bytes], response: Closable, left: TimeLeft) -> RawResponse:
    """The whole response, whose head has come."""
    assert left.head is not None
    status, raw_headers = left.head
    try:
        body = Body(raw_headers)
        async for chunk in stream:
            body.add(chunk)
        return RawResponse(status, raw_headers, body.whole())
    finally:
        await response.aclose()
