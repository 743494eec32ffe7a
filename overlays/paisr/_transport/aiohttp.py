"""Sending over aiohttp, which reads responses by a parser in C.

`AsyncPaisr` does so by itself where ``paisr[aiohttp]`` is installed and no proxy is asked for. What aiohttp would do on
its own is switched off or watched here: cookies, credentials and proxies from the environment, redirects, headers of
its own, decompression without a bound, repeating a request that nobody has counted, and taking bytes that came before
the request for its response.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from paisr._engine.steps import RawResponse
from paisr._transport.aiohttp_connector import WatchedConnector, current_attempt
from paisr._transport.bodies import Body
from paisr._transport.connections import IDLE_EXPIRY, MAX_CONNECTIONS, PoolClosedError
from paisr._transport.failures import broken
from paisr._transport.loops import PerLoop
from paisr._transport.progress import MAX_CONNECT, Progress
from paisr._transport.requests import RequestMaker
from paisr._transport.timekeeper import Timekeeper
from paisr._transport.tls import shared_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult
    from paisr_generated.operations import Request

PIECE = 64 * 1024
# The headers that aiohttp would add where a request has none of its own.
ITS_OWN_HEADERS = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class Session:
    """What a client has on one event loop."""

    def __init__(self, route: Route, maker: RequestMaker) -> None:
        tls = (route.tls or shared_context.get()) if route.service.scheme == "https" else True
        self._connector = WatchedConnector(ssl=tls, limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_EXPIRY)
        self.timekeeper = Timekeeper()
        self.http = aiohttp.ClientSession(
            headers=[(name.decode(), value.decode()) for name, value in maker.headers],
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=ITS_OWN_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=MAX_CONNECT),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self.http.close()

    def close_after_loop(self) -> None:
        with contextlib.suppress(StopIteration):
            self.http.close().send(None)  # which does not wait, since there is nothing to wait on
        self._connector.close_sockets()


class AiohttpTransport:
    """One aiohttp session for each event loop, made at its first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._base = route.service.url
        self._maker = RequestMaker(route)
        self._sessions = PerLoop(lambda: Session(route, self._maker), kept_after_fork=True)
        self.close = self._sessions.close

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            session = self._sessions.get()
            with session.timekeeper.within(deadline):
                return await self._exchange(session.http, request, progress)
        except BaseException as error:
            return broken(_translated(error, deadline), progress, self._route.token)
        finally:
            progress.deadline = deadline.within(0.0)  # nothing is sent after the call has ended

    async def _exchange(self, session: aiohttp.ClientSession, request: Request, progress: Progress) -> RawResponse:
        current_attempt.set(progress)
        url = URL(self._base + request.target, encoded=True)
        own = self._maker.own_headers(request)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in own]
        data = _data(request.body)
        response = await session.request(request.method, url, headers=headers, data=data, allow_redirects=False)
        try:
            progress.head = status, raw_headers = response.status, list(response.raw_headers)
            if status < 200:
                raise ConnectionError(f"the service wants to go on in another protocol ({status})")
            body = Body(raw_headers)
            while chunk := await response.content.readany():
                body.add(chunk)
            return RawResponse(status, raw_headers, body.whole())
        finally:
            response.close()


def _data(body: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """The body; a large one comes in pieces, so that the event loop is not held up."""
    return body if body is None or len(body) <= PIECE else _in_pieces(body)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def _translated(error: BaseException, deadline: Deadline) -> BaseException:
    """Python's own exception that says the same as one of aiohttp's; what is not aiohttp's stays."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling():
        return PoolClosedError()  # raised for a call that waits for a connection of a closed session
    if not isinstance(error, aiohttp.ClientError):
        return error
    if isinstance(error, TimeoutError) or not deadline.remaining():
        return TimeoutError()
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    translated = ConnectionError(str(error) or type(error).__name__)
    # Only a root from the standard library: another one of aiohttp's could hold the request.
    translated.__cause__ = root if isinstance(root, OSError) and not isinstance(root, aiohttp.ClientError) else None
    return translated
