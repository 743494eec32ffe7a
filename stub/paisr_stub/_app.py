"""The ASGI application: reads a request, asks the API, applies a planned fault, records, and sends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from starlette import responses
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from paisr_stub import _checkout, _control
from paisr_stub._api import Call, operations
from paisr_stub._clock import Clock
from paisr_stub._faults import Fault, Operation
from paisr_stub._responses import Refused, Response, failure
from paisr_stub._stub import Stub

MAX_BODY = 1 << 20  # bytes; no size is documented, and fifty items of ordinary text are far below
MAX_DRAINED = 8 << 20  # bytes of a too large body that are read before the connection is closed
# Key of the ASGI scope under which the server leaves a function that closes the connection.
CLOSE_CONNECTION = "paisr_stub.close_connection"


class StubApp(Stub):
    """The stub as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            with suppress(ClientDisconnect):
                await self._http(Request(scope, receive), scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(request)
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"],
            headers=_headers(scope["headers"]),
            body=body or b"",
        )
        if body is None:
            refusal = failure(413, f"The body is larger than {MAX_BODY} bytes.", headers=(("Connection", "close"),))
            self._record(call, None, refusal.status)
            await _send(refusal, scope, receive, send)
        elif call.path.startswith(_control.PREFIX):
            await _send(_control.respond(self, self._api, self._guard, call), scope, receive, send)
        elif call.path.startswith(_checkout.PREFIX):
            await _send(_checkout.respond(self, self._store, self._guard, call), scope, receive, send)
        else:
            await self._respond(call, scope, receive, send)

    async def _respond(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        operation = operations(call.path).get(call.method)
        fault = self._faults.take(operation) if self._is_authentic(call) else None
        if fault is None:
            response = self._api.respond(call)
            self._record(call, operation, response.status)
            await _send(response, scope, receive, send)
            return
        real = self._api.respond(call) if fault.processes else None
        shaped = fault.shape(real)
        self._record(call, operation, None if fault.drop else shaped.status, is_planned=True)
        await _send_faulty(fault, shaped, scope, receive, send)

    def _is_authentic(self, call: Call) -> bool:
        try:
            self._api.authenticate(call)
        except Refused:
            return False
        return True

    def _record(self, call: Call, operation: Operation | None, status: int | None, *, is_planned: bool = False) -> None:
        self._recording.add(
            method=call.method,
            path=call.path,
            query=call.query.decode("latin-1"),
            headers=call.headers,
            body=call.body,
            status=status,
            operation=operation,
            is_planned=is_planned,
        )


def create_app(
    *,
    db: str | Path | None = None,
    token: str | Sequence[str] | None = None,
    clock: Clock | None = None,
    seed: int = 0,
    rate_limit: int | tuple[int, float] | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
) -> StubApp:
    """The stub as an ASGI application, to be called in process; the arguments are those of `StubServer`."""
    return StubApp(
        db=db,
        token=token,
        clock=clock,
        seed=seed,
        rate_limit=rate_limit,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
    )


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


async def _body(request: Request) -> bytes | None:
    """The whole body, or None when it is larger than allowed."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_DRAINED:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            chunks.append(chunk)
        elif size > MAX_DRAINED:
            return None
    return None if size > MAX_BODY else b"".join(chunks)


async def _send(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    await _as_asgi(response)(scope, receive, send)


def _as_asgi(response: Response) -> responses.Response:
    shaped = responses.Response(b"" if response.status in (204, 304) else response.body, response.status)
    if response.content_type is not None:
        shaped.headers["content-type"] = response.content_type
    for name, value in response.headers:
        shaped.headers.append(name, value)
    return shaped


async def _send_faulty(fault: Fault, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.delay and await _gone(receive, fault.delay):
        return
    if fault.drop is not None:
        await _close(scope, receive)
    elif fault.truncate is not None:
        await _send_part(response, fault.truncate, scope, receive, send)
    else:
        await _send(response, scope, receive, send)


async def _send_part(response: Response, size: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the head with the full length and `size` bytes of the body, then close the connection."""

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": response.body[:size], "more_body": True}
        await send(message)

    await _as_asgi(response)(scope, receive, cut)
    await _close(scope, receive)


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until it is closed. In process there is none: raise the client's error instead."""
    close = scope.get(CLOSE_CONNECTION)
    if close is None:
        raise ConnectionResetError("A planned fault dropped this connection.")
    close()
    await _gone(receive, None)


async def _gone(receive: Receive, seconds: float | None) -> bool:
    """Wait so many seconds, or until the client disconnects: True when it did."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(watch(), seconds)
    except TimeoutError:
        return False
    return True


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
