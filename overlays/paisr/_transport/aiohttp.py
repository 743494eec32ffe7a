"""Sending over aiohttp: many calls at once cost less than over httpcore.

`AsyncPaisr` does so by itself where ``paisr[aiohttp]`` is installed and no proxy is asked for. What aiohttp would do on
its own is switched off or watched here: cookies, credentials and proxies from the environment, redirects, headers of
its own, decompression without a bound, repeating a request that nobody has counted, and taking bytes that came before
the request for its response.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
import httpcore
from attrs import frozen
from yarl import URL

from paisr._base.forks import register_after_fork
from paisr._engine.steps import RawResponse
from paisr._transport.async_streams import Socket
from paisr._transport.bodies import Body
from paisr._transport.connections import IDLE_EXPIRY, MAX_CONNECTIONS
from paisr._transport.failures import broken, without_frames
from paisr._transport.framing import Framing
from paisr._transport.requests import RequestMaker
from paisr._transport.timekeeper import Timekeeper
from paisr._transport.times import MAX_CONNECT, TimeLeft
from paisr._transport.tls import shared_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.client_proto import ResponseHandler

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult
    from paisr_generated.operations import Request

PIECE = 64 * 1024
# The headers that aiohttp would add where a request has none of its own.
ITS_OWN_HEADERS = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
# The attempt that this task is making.
_attempt: ContextVar[TimeLeft] = ContextVar("_attempt")


@frozen(kw_only=True)
class Session:
    """What a client has on one event loop."""

    http: aiohttp.ClientSession
    timekeeper: Timekeeper


class AiohttpTransport:
    """One aiohttp session for each event loop, made at its first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._maker = RequestMaker(route)
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Session]
        self._sessions = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._parents: list[Any] = []
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        # Kept, not dropped: a session that is collected takes its sockets out of a selector that the parent still uses.
        self._parents.append(self._sessions)
        self._sessions = weakref.WeakKeyDictionary()

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        left = TimeLeft(deadline)
        try:
            session = self._session()
            with session.timekeeper.within(left):
                return await self._exchange(session.http, request, left)
        except Exception as error:
            return broken(_translated(error), left)
        except BaseException as error:
            # The frames below hold the token; whoever records this traceback must not see them.
            raise without_frames(error)  # noqa: B904 - it is the same exception

    async def _exchange(self, session: aiohttp.ClientSession, request: Request, left: TimeLeft) -> RawResponse:
        _attempt.set(left)
        url = URL(self._route.service.url + request.target, encoded=True)
        own = self._maker.own_headers(request)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in own]
        data = _data(request.body)
        response = await session.request(request.method, url, headers=headers, data=data, allow_redirects=False)
        try:
            status, raw_headers = left.head = response.status, list(response.raw_headers)
            if status < 200:
                raise httpcore.RemoteProtocolError(f"the service wants to go on in another protocol ({status})")
            body = Body(raw_headers)
            while chunk := await response.content.readany():
                body.add(chunk)
            return RawResponse(status, raw_headers, body.whole())
        finally:
            response.close()

    async def close(self) -> None:
        """Close the connections of this event loop; those of loops that have ended went with them."""
        with self._lock:
            session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.http.close()

    def _session(self) -> Session:
        loop = asyncio.get_running_loop()
        with self._lock:
            session = self._sessions.get(loop)
            if session is None:
                session = self._sessions[loop] = Session(http=self._new_session(), timekeeper=Timekeeper())
            return session

    def _new_session(self) -> aiohttp.ClientSession:
        tls = (self._route.tls or shared_context.get()) if self._route.service.scheme == "https" else True
        return aiohttp.ClientSession(
            headers=[(name.decode(), value.decode()) for name, value in self._maker.headers],
            connector=WatchedConnector(ssl=tls, limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_EXPIRY),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=ITS_OWN_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=MAX_CONNECT),
            auto_decompress=False,
            trust_env=False,
        )


def _data(body: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """The body; a large one comes in pieces, so that the event loop is not held up."""
    return body if body is None or len(body) <= PIECE else _in_pieces(body)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def _translated(error: Exception) -> Exception:
    """The httpcore exception that says the same, with the root of it as its cause; what is not aiohttp's stays."""
    if not isinstance(error, aiohttp.ClientError):
        return error
    connecting = isinstance(
        error,
        (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError, aiohttp.ConnectionTimeoutError),
    )
    kind: type[Exception]
    if isinstance(error, TimeoutError):
        kind = httpcore.ConnectTimeout if connecting else httpcore.ReadTimeout
    else:
        kind = httpcore.ConnectError if connecting else httpcore.ReadError
    translated = kind(str(error) or type(error).__name__)
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    # Only a root from the standard library: another one of aiohttp's could hold the request.
    translated.__cause__ = root if isinstance(root, OSError) and not isinstance(root, aiohttp.ClientError) else None
    return translated


class WatchedConnector(aiohttp.TCPConnector):
    """Knows when a request goes out, lets it go out once, and only over a connection on which nothing has come yet."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType] - one of aiohttp's options has no type
        self._watched: weakref.WeakKeyDictionary[ResponseHandler, tuple[Framing, Socket]]
        self._watched = weakref.WeakKeyDictionary()

    async def connect(self, req: aiohttp.ClientRequest, *arguments: Any, **options: Any) -> Any:
        left = _attempt.get()
        if left.sent:
            # aiohttp repeats a read by itself when a kept connection breaks: uncounted by the limit and the retries.
            raise aiohttp.ServerDisconnectedError("the connection broke")
        while True:
            connection = await super().connect(req, *arguments, **options)
            if self._is_clean(connection.protocol):
                left.sent = True
                return connection
            connection.close()

    def _is_clean(self, protocol: ResponseHandler | None) -> bool:
        """Whether whatever comes now on a connection is the response to what is sent now."""
        if protocol is None or protocol.transport is None or protocol.should_close:
            return False
        watched = self._watched.get(protocol)
        if watched is None:
            framing = Framing()
            self._watched[protocol] = framing, Socket(protocol.transport)
            protocol.transport.set_protocol(Watcher(protocol, framing))
        else:
            framing, socket = watched
            if not framing.reusable or socket.is_readable():
                return False
        framing.sent()
        return True


class Watcher(asyncio.Protocol):
    """Stands between a connection and aiohttp, hands everything on, and sees where each response ends."""

    def __init__(self, protocol: ResponseHandler, framing: Framing) -> None:
        self._protocol = protocol
        self._framing = framing

    def data_received(self, data: bytes) -> None:
        self._framing.received(data)
        self._protocol.data_received(data)

    def eof_received(self) -> None:
        self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
