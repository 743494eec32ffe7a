"""The clients under test: their requests are recorded, and each request gets a response that the suite chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import httpx
from msgspec.structs import replace

from paisr import AsyncPaisr, Paisr
from paisr._recovery.recovery import Recovery
from support.contract import Operation

TOKEN = "token-of-the-suite"
BASE_URL = "https://service.example/v2"


class Response(NamedTuple):
    status: int
    content: bytes


class Result(NamedTuple):
    """The result of one call of one client: a value or an error, and the requests that were sent."""

    value: Any
    error: Exception | None
    sent: list[httpx.Request]


class _RecordingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Records the requests, and gives `response` to each."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.response = Response(200, b"")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(self.response.status, content=self.response.content)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


class _RecordingServer(_RecordingTransport):
    """The same as a server on loopback. It records each request as one to `BASE_URL`."""

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v2"

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await _request(reader)
                self.sent.append(request)
                head = f"HTTP/1.1 {self.response.status} Reason\r\nContent-Length: {len(self.response.content)}\r\n\r\n"
                writer.write(head.encode() + self.response.content)
        except asyncio.IncompleteReadError:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> httpx.Request:
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    method, target, _version = line.split(" ")
    headers = httpx.Headers([(name, value) for name, _, value in (one.partition(": ") for one in lines)])
    content = await reader.readexactly(int(headers.get("Content-Length", 0)))
    return httpx.Request(method, BASE_URL.removesuffix("/v2") + target, headers=headers, content=content)


class Clients:
    """A `Paisr` and an `AsyncPaisr` with a transport, and an `AsyncPaisr` with a server: each makes the same call."""

    def __init__(self) -> None:
        self._sync, self._async, self._served = _RecordingTransport(), _RecordingTransport(), _RecordingServer()
        self._loop = asyncio.Runner()
        plain: dict[str, Any] = {"rate_limit": None, "max_retries": 0}
        self._paisr = Paisr(TOKEN, base_url=BASE_URL, transport=self._sync, **plain)
        self._asyncs = (
            (self._async, AsyncPaisr(TOKEN, base_url=BASE_URL, transport=self._async, **plain)),
            (self._served, AsyncPaisr(TOKEN, base_url=self._loop.run(self._served.start()), **plain)),
        )

    def close(self) -> None:
        self._paisr.close()
        for _, client in self._asyncs:
            self._loop.run(client.aclose())
        self._loop.run(self._served.stop())
        self._loop.close()

    def call(self, operation: Operation, arguments: dict[str, Any], response: Response) -> list[Result]:
        """Call the method of OPERATION of each client with ARGUMENTS; its request gets RESPONSE."""

        def method(client: Paisr | AsyncPaisr) -> Callable[..., Any]:
            found: Callable[..., Any] = getattr(getattr(client, operation.tag), operation.method_name)
            return found

        def call_async(client: AsyncPaisr) -> Any:
            async def awaited() -> Any:
                return await method(client)(**arguments)

            return self._loop.run(awaited())

        self._forget_created_ids()
        results = [self._result(self._sync, lambda: method(self._paisr)(**arguments), response)]
        results += [self._result(kept, partial(call_async, client), response) for kept, client in self._asyncs]
        return results

    def _forget_created_ids(self) -> None:
        """Forget the ids of earlier creates: a client refuses a second create whose response has the same id."""
        for client in (self._paisr, *(client for _, client in self._asyncs)):
            recovery = Recovery(None, client._runtime)
            client._session = replace(client._session, recovery=recovery)

    def _result(self, kept: _RecordingTransport, call: Callable[[], Any], response: Response) -> Result:
        kept.sent, kept.response = [], response
        try:
            return Result(call(), None, kept.sent)
        except Exception as error:
            return Result(None, error, kept.sent)
