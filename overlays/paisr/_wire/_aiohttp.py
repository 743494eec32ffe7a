"""Sending over aiohttp, through httpx-aiohttp: many calls at once cost a sixth of what they do over httpcore.

`AsyncPaisr` does so by itself where ``paisr[aiohttp]`` is installed and no proxy is asked for. What aiohttp would do on
its own is switched off or watched here: cookies, credentials and proxies from the environment, redirects, repeating a
request that nobody has counted, and taking bytes that came before the request for its answer.
"""

from __future__ import annotations

import asyncio
import select
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
import httpcore
import httpx
import httpx_aiohttp
from yarl import URL

from paisr._forks import tell_after_fork
from paisr._wire._async import receive
from paisr._wire._connections import IDLE_EXPIRY, MAX_CONNECTIONS
from paisr._wire._failures import POOL_FAILURES, failure, without_frames
from paisr._wire._framing import Framing
from paisr._wire._requests import RequestMaker
from paisr._wire._times import LONGEST_CONNECT, TimeLeft
from paisr._wire._tls import shared_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.client_proto import ResponseHandler

    from paisr._config import Route
    from paisr._deadlines import Deadline
    from paisr._exchange import Happened
    from paisr_generated.types import Request

PIECE = 64 * 1024
# The attempt that this task is making, and the URL that it asks for.
_attempt: ContextVar[tuple[TimeLeft, str]] = ContextVar("_attempt")


class AiohttpWire:
    """One aiohttp session for each event loop, made at its first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._maker = RequestMaker(route)
        self._transports: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx_aiohttp.AiohttpTransport]
        self._transports = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._parents: list[Any] = []
        tell_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        # Kept, not dropped: a session that is collected takes its sockets out of a selector that the parent still uses.
        self._parents.append(self._transports)
        self._transports = weakref.WeakKeyDictionary()

    async def send(self, request: Request, deadline: Deadline) -> Happened:
        left = TimeLeft(deadline)
        try:
            outgoing = self._outgoing(request, left)
            _attempt.set((left, str(outgoing.url)))
            async with asyncio.timeout(deadline.remaining()):
                response = await self._transport().handle_async_request(outgoing)
            stream = response.stream
            assert isinstance(stream, httpx.AsyncByteStream)
            if response.status_code < 200:
                await response.aclose()
                raise httpcore.RemoteProtocolError(
                    f"the service wants to go on in another protocol ({response.status_code})"
                )
            return await receive(response.status_code, response.headers.raw, stream, response, deadline)
        except (httpx.TransportError, httpx.InvalidURL, aiohttp.ClientError, *POOL_FAILURES) as error:
            return failure(_translated(error), left)
        except BaseException as error:
            # The frames below hold the token; whoever records this traceback must not see them.
            raise without_frames(error)  # noqa: B904 - it is the same exception

    def _outgoing(self, request: Request, left: TimeLeft) -> httpx.Request:
        outgoing = self._maker.for_transport(request, left, httpx.Request)
        if request.body is not None and len(request.body) > PIECE:
            outgoing = httpx.Request(
                outgoing.method, outgoing.url, headers=outgoing.headers, content=_in_pieces(request.body)
            )
        outgoing.extensions = {"timeout": {"connect": min(float(left), LONGEST_CONNECT)}}
        return outgoing

    async def close(self) -> None:
        """Close the connections of this event loop; those of loops that have ended went with them."""
        with self._lock:
            transport = self._transports.pop(asyncio.get_running_loop(), None)
        if transport is not None:
            await transport.aclose()

    def _transport(self) -> httpx_aiohttp.AiohttpTransport:
        loop = asyncio.get_running_loop()
        with self._lock:
            transport = self._transports.get(loop)
            if transport is None:
                transport = self._transports[loop] = httpx_aiohttp.AiohttpTransport(
                    verify=False,  # about a TLS context that is not used: the session has its own
                    client=self._session(),
                )
            return transport

    def _session(self) -> aiohttp.ClientSession:
        tls = (self._route.tls or shared_context.get()) if self._route.service.scheme == "https" else True
        connector = WatchedConnector(ssl=tls, limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_EXPIRY)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """A large body, so that the event loop is not held up while it is written."""
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def _translated(error: Exception) -> Exception:
    """The httpcore exception that says the same, with the root of it as its cause.

    httpx-aiohttp's own translation is not taken: it calls a connection that broke while the answer was awaited a
    ConnectTimeout, after which a create would be sent again.
    """
    original = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if not isinstance(original, aiohttp.ClientError):
        return error
    connecting = isinstance(
        original,
        (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError, aiohttp.ConnectionTimeoutError),
    )
    kind: type[Exception]
    if isinstance(original, TimeoutError):
        kind = httpcore.ConnectTimeout if connecting else httpcore.ReadTimeout
    else:
        kind = httpcore.ConnectError if connecting else httpcore.ReadError
    translated = kind(str(original) or type(original).__name__)
    root: BaseException = original
    while root.__cause__ is not None:
        root = root.__cause__
    # Only a root from the standard library: another one of aiohttp's could hold the request.
    translated.__cause__ = root if isinstance(root, OSError) and not isinstance(root, aiohttp.ClientError) else None
    return translated


class WatchedConnector(aiohttp.TCPConnector):
    """Knows when a request goes out, lets it go out once, and only over a connection on which nothing has come yet."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType] - one of aiohttp's options has no type
        self._framings: weakref.WeakKeyDictionary[ResponseHandler, Framing] = weakref.WeakKeyDictionary()

    async def connect(self, req: aiohttp.ClientRequest, *arguments: Any, **options: Any) -> Any:
        left, url = _attempt.get()
        # As it was encoded, and not as aiohttp writes the same anew.
        req.url = URL(url, encoded=True)
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
        """Whether whatever comes now on a connection is the answer to what is sent now."""
        if protocol is None or protocol.transport is None or protocol.should_close:
            return False
        framing = self._framings.get(protocol)
        if framing is None:
            framing = self._framings[protocol] = Framing()
            protocol.transport.set_protocol(Watcher(protocol, framing))
        elif not framing.reusable or _readable(protocol.transport.get_extra_info("socket").fileno()):
            return False
        framing.sent()
        return True


class Watcher(asyncio.Protocol):
    """Stands between a connection and aiohttp, hands everything on, and sees where each answer ends."""

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


def _readable(descriptor: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
