"""A user's transport, called as an httpx client would call it, without redirects, cookies and the rest.

Loaded only if there is one, because only this module needs httpx.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

import httpx

from paisr._base.errors import ConfigurationError, PaisrError
from paisr._base.texts import type_name
from paisr._engine.steps import RawResponse
from paisr._transport.bodies import Body
from paisr._transport.failures import chain, failure, without_frames
from paisr._transport.progress import NO_CONNECTION_FREE, NO_RESPONSE, NOT_CONNECTED, NOT_WRITTEN, Progress
from paisr._transport.requests import RequestMaker

if TYPE_CHECKING:
    from paisr._base.route import Route
    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult
    from paisr_generated.operations import Request

X = TypeVar("X")

# The exceptions of httpx for a connection that could not be made, for a request that was not sent, and for a time-out.
CONNECTING = {"ConnectTimeout", "ConnectError", "ProxyError"}
NOT_SENT = {*CONNECTING, "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError", "InvalidURL"}
TIMEOUTS = {
    "ConnectTimeout": NOT_CONNECTED,
    "PoolTimeout": NO_CONNECTION_FREE,
    "WriteTimeout": NOT_WRITTEN,
    "ReadTimeout": NO_RESPONSE,
}
# Exceptions that can only come before there is a connection, whatever a library raises from them.
UNCONNECTED = {"ConnectionRefusedError", "gaierror", "SSLCertVerificationError"}
# The modules whose exceptions keep the meaning of httpx's names.
TRUSTED = {"anyio", "asyncio", "builtins", "h11", "httpcore", "httpx", "socket", "ssl"}
# Loggers of a response's headers, at DEBUG. A logger's filter does not apply to its children, so each is named.
LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")

_routes: weakref.WeakSet[Route] = weakref.WeakSet()


class _BaseTransport(Generic[X]):
    """The base class of both user transports. `method`: the method that a transport of the `expected` type has."""

    def __init__(self, transport: X, route: Route, method: str, expected: str) -> None:
        if isinstance(transport, type) or not callable(getattr(transport, method, None)):
            raise ConfigurationError(f"transport is {type_name(transport)}; give an instance of {expected}.")
        self._transport: X = transport
        self._secret = route.token
        self._url = route.service.url
        self._maker = RequestMaker(route)
        _keep_out_of_logs(route)

    def _outgoing(self, request: Request, progress: Progress) -> httpx.Request:
        """The request for httpx. It counts as sent from now on: a user's transport does not tell when it sends it."""
        outgoing = httpx.Request(
            request.method,
            self._url + request.target,
            headers=self._maker.headers(request),
            content=request.body,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), progress.remaining())},
        )
        # A connection that is used once cannot keep a surplus response for the next call.
        outgoing.headers["Connection"] = "close"
        progress.begin_write()
        return outgoing


class UserTransport(_BaseTransport[httpx.BaseTransport]):
    """A user's transport in the calling thread."""

    def __init__(self, transport: httpx.BaseTransport, route: Route) -> None:
        super().__init__(transport, route, "handle_request", "httpx.BaseTransport")

    def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            return self._exchange(request, progress)
        except BaseException as error:
            return user_transport_failure(error, progress, self._secret)

    def _exchange(self, request: Request, progress: Progress) -> RawResponse:
        response = self._transport.handle_request(self._outgoing(request, progress))
        try:
            progress.head = status, headers = response.status_code, response.headers.raw
            body = Body(headers)
            assert isinstance(response.stream, httpx.SyncByteStream)
            for chunk in response.stream:
                body.add(chunk)
                progress.remaining()
            return RawResponse(status, headers, body.whole())
        finally:
            response.close()

    def close(self) -> None:
        self._transport.close()


class AsyncUserTransport(_BaseTransport[httpx.AsyncBaseTransport]):
    """A user's transport on an event loop."""

    def __init__(self, transport: httpx.AsyncBaseTransport, route: Route) -> None:
        super().__init__(transport, route, "handle_async_request", "httpx.AsyncBaseTransport")

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await self._exchange(request, progress)
        except BaseException as error:
            return user_transport_failure(error, progress, self._secret)

    async def _exchange(self, request: Request, progress: Progress) -> RawResponse:
        response = await self._transport.handle_async_request(self._outgoing(request, progress))
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


def user_transport_failure(error: BaseException, progress: Progress, secret: Secret) -> AttemptResult:
    """As `failures.own_failure`, for a user's transport: exceptions that are not Python's own are its library's."""
    is_pythons = type(error).__module__ == "builtins" and not isinstance(error, OSError)
    if isinstance(error, PaisrError) or is_pythons or not isinstance(error, Exception):
        raise without_frames(error)
    name, links = type(error).__name__, list(chain(error))
    # httpx's exceptions mean what their names say, unless another library's are mapped onto them wrongly: httpx-aiohttp
    # raises `ConnectTimeout` for a connection that breaks while the response is awaited, and a create would be sent
    # again. If another library is involved, only the root counts.
    if all(type(link).__module__.partition(".")[0] in TRUSTED for link in links):
        not_sent, unconnected, late = name in NOT_SENT, name in CONNECTING, name in {*TIMEOUTS, "TimeoutError"}
        progress.timeout_reason = TIMEOUTS.get(name, NO_RESPONSE)
    else:
        not_sent = unconnected = type(links[-1]).__name__ in UNCONNECTED
        late = any(isinstance(link, TimeoutError) for link in links)
        progress.timeout_reason = str(error) or name
    progress.sent = progress.sent and not not_sent
    return failure(error, progress, secret, late=late, unconnected=unconnected)


def _keep_out_of_logs(route: Route) -> None:
    """Redact the token of `route` in httpcore's log lines while the route is in use."""
    _routes.add(route)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_redact)  # the same filter is added only once


def _redact(record: logging.LogRecord) -> bool:
    text = clean = record.getMessage()
    for route in list(_routes):
        clean = route.token.scrub(clean)
    if clean != text:
        record.msg, record.args = clean, ()
    return True
