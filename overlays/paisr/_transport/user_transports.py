"""A user's transport, called as an httpx client would call it, without redirects, cookies and the rest.

Loaded only if there is one, because only this module needs httpx.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

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


class UserTransport:
    """A user's transport: one of httpx for threads, whose methods block, or one for event loops."""

    def __init__(self, transport: Any, route: Route, *, is_async: bool) -> None:
        method = "handle_async_request" if is_async else "handle_request"
        if isinstance(transport, type) or not callable(getattr(transport, method, None)):
            expected = "httpx.AsyncBaseTransport" if is_async else "httpx.BaseTransport"
            raise ConfigurationError(f"transport is {type_name(transport)}; give an instance of {expected}.")
        self._transport = transport
        self._is_async = is_async
        self._service = route.service
        self._secret = route.token
        self._maker = RequestMaker(route)
        _keep_out_of_logs(route)

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._service.address)
        try:
            async with asyncio.timeout(deadline.remaining()) if self._is_async else nullcontext():
                return await self._exchange(self._outgoing(request, progress), progress)
        except BaseException as error:
            return user_transport_failure(error, progress, self._secret)

    def _outgoing(self, request: Request, progress: Progress) -> httpx.Request:
        """The request for httpx. It counts as sent from now on: a user's transport does not tell when it sends it."""
        outgoing = httpx.Request(
            request.method,
            self._service.url + request.target,
            headers=self._maker.headers(request),
            content=request.body,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), progress.remaining())},
        )
        # A connection that is used once cannot keep a surplus response for the next call.
        outgoing.headers["Connection"] = "close"
        progress.begin_write()
        return outgoing

    async def _exchange(self, outgoing: httpx.Request, progress: Progress) -> RawResponse:
        transport = self._transport
        if self._is_async:
            response = await transport.handle_async_request(outgoing)
        else:
            response = transport.handle_request(outgoing)
        try:
            progress.head = status, headers = response.status_code, response.headers.raw
            body = Body(headers)
            stream: Any = response.stream
            if self._is_async:
                async for chunk in stream:
                    body.add(chunk)
            else:
                for chunk in stream:
                    body.add(chunk)
                    progress.remaining()
            return RawResponse(status, headers, body.whole())
        finally:
            await self._close(response)

    async def close(self) -> None:
        await self._close(self._transport)

    async def _close(self, what: Any) -> None:
        if self._is_async:
            await what.aclose()
        else:
            what.close()


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
