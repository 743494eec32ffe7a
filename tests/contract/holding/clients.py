"""Both clients, at their transport: what they send is kept, what they are answered is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from paisr import AsyncPaisr, Paisr

TOKEN = "token-of-the-suite"
BASE_URL = "https://service.example/v2"


class Answer(NamedTuple):
    status: int
    content: bytes


class Result(NamedTuple):
    """What came of one call of one client: a value or an error, and what was sent for it."""

    value: Any
    error: Exception | None
    sent: list[httpx.Request]


class _Kept(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Keeps the requests, and gives the same answer to each."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.answer = Answer(200, b"")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(self.answer.status, content=self.answer.content)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


class Clients:
    """A `Paisr` and an `AsyncPaisr` that are asked the same."""

    def __init__(self) -> None:
        self._sync, self._async = _Kept(), _Kept()
        plain: dict[str, Any] = {"base_url": BASE_URL, "rate_limit": None, "max_retries": 0}
        self._clients = (
            Paisr(TOKEN, transport=self._sync, **plain),
            AsyncPaisr(TOKEN, transport=self._async, **plain),
        )
        self._loop = asyncio.Runner()

    def close(self) -> None:
        self._clients[0].close()
        self._loop.run(self._clients[1].aclose())
        self._loop.close()

    def call(self, method: str, arguments: dict[str, Any], answer: Answer) -> tuple[Result, Result]:
        """`client.invoices.METHOD(**ARGUMENTS)` of both, each answered with ANSWER."""

        def call_sync() -> Any:
            return getattr(self._clients[0].invoices, method)(**arguments)

        def call_async() -> Any:
            async def awaited() -> Any:
                return await getattr(self._clients[1].invoices, method)(**arguments)

            return self._loop.run(awaited())

        return self._result(self._sync, call_sync, answer), self._result(self._async, call_async, answer)

    def _result(self, kept: _Kept, call: Callable[[], Any], answer: Answer) -> Result:
        kept.sent, kept.answer = [], answer
        try:
            return Result(call(), None, kept.sent)
        except Exception as error:
            return Result(None, error, kept.sent)
