"""A transport given by the user, driven as an httpx client would, without redirects, cookies and the rest.

Loaded only where there is one, since only this needs httpx.
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

# The exceptions of httpx: those of a connection that could not be made, those that say that the request was not sent,
# and those that say that the time was over.
CONNECTING = {"ConnectTimeout", "ConnectError", "ProxyError"}
NOT_MADE = {*CONNECTING, "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError", "InvalidURL"}
LATE = {
    "ConnectTimeout": NOT_CONNECTED,
    "PoolTimeout": NO_CONNECTION_FREE,
    "WriteTimeout": NOT_WRITTEN,
    "ReadTimeout": NO_RESPONSE,
}
# What can only happen before there is a connection, whatever a library calls it.
UNCONNECTED = {"ConnectionRefusedError", "gaierror", "SSLCertVerificationError"}
TRUSTED = {"anyio", "asyncio", "builtins", "h11", "httpcore", "httpx", "socket", "ssl"}
# Who logs a response's headers at DEBUG. Filters of a logger do not hold for the loggers below it, so each is named.
LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")

_routes: weakref.WeakSet[Route] = weakref.WeakSet()


class _Driven(Generic[X]):
    """What the two forms share. `method`: what a transport of the right kind has."""

    def __init__(self, transport: X, route: Route, method: str, right: str) -> None:
        if isinstance(transport, type) or not callable(getattr(transport, method, None)):
            raise ConfigurationError(f"transport is {type_name(transport)}; {right}, made ready.")
        self._transport: X = transport
        self._secret = route.token
        self._url = route.service.url
        self._maker = RequestMaker(route)
        _keep_out_of_logs(route)

    def _begun(self, request: Request, progress: Progress) -> httpx.Request:
        """The request, of which from now on a part may have left: a foreign transport does not tell."""
        made = httpx.Request(
            request.method,
            self._url + request.target,
            headers=self._maker.headers(request),
            content=request.body,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), progress.remaining())},
        )
        # A connection that is used once cannot keep a surplus response for the next call.
        made.headers["Connection"] = "close"
        progress.writing()
        return made


class UserTransport(_Driven[httpx.BaseTransport]):
    """In the calling thread."""

    def __init__(self, transport: httpx.BaseTransport, route: Route) -> None:
        super().__init__(transport, route, "handle_request", "Paisr takes an httpx.BaseTransport")

    def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            return self._exchange(request, progress)
        except BaseException as error:
            return broken_by_transport(error, progress, self._secret)

    def _exchange(self, request: Request, progress: Progress) -> RawResponse:
        response = self._transport.handle_request(self._begun(request, progress))
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


class AsyncUserTransport(_Driven[httpx.AsyncBaseTransport]):
    """On an event loop."""

    def __init__(self, transport: httpx.AsyncBaseTransport, route: Route) -> None:
        super().__init__(transport, route, "handle_async_request", "AsyncPaisr takes an httpx.AsyncBaseTransport")

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await self._exchange(request, progress)
        except BaseException as error:
            return broken_by_transport(error, progress, self._secret)

    async def _exchange(self, request: Request, progress: Progress) -> RawResponse:
        response = await self._transport.handle_async_request(self._begun(request, progress))
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


def broken_by_transport(error: BaseException, progress: Progress, secret: Secret) -> AttemptResult:
    """As `failures.broken`, but whatever is not Python's own exception is the library's."""
    is_pythons = type(error).__module__ == "builtins" and not isinstance(error, OSError)
    if isinstance(error, PaisrError) or is_pythons or not isinstance(error, Exception):
        raise without_frames(error)
    name, links = type(error).__name__, list(chain(error))
    # httpx's names mean what they say, unless somebody maps another library's exceptions onto them, and is wrong:
    # httpx-aiohttp calls a connection that breaks while the response is awaited a `ConnectTimeout`, and a create would
    # be sent again. Then only the root is believed.
    if all(type(link).__module__.partition(".")[0] in TRUSTED for link in links):
        not_made, unconnected, late = name in NOT_MADE, name in CONNECTING, name in {*LATE, "TimeoutError"}
        progress.late = LATE.get(name, NO_RESPONSE)
    else:
        not_made = unconnected = type(links[-1]).__name__ in UNCONNECTED
        late = any(isinstance(link, TimeoutError) for link in links)
        progress.late = str(error) or name
    progress.sent = progress.sent and not not_made
    return failure(error, progress, secret, late=late, unconnected=unconnected)


def _keep_out_of_logs(route: Route) -> None:
    """From now on, as long as `route` is in use, its token is blacked out of what httpcore logs."""
    _routes.add(route)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_black_out)  # the same filter is added only once


def _black_out(record: logging.LogRecord) -> bool:
    text = clean = record.getMessage()
    for route in list(_routes):
        clean = route.token.scrub(clean)
    if clean != text:
        record.msg, record.args = clean, ()
    return True
