"""The application in process, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from paisr_stub import StubApp


async def sent(app: StubApp, method: str, path: str, **parts: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {app.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://stub/v2", headers=headers) as client:
        return await client.request(method, path, **parts)


def test_an_invoice_is_created_and_read(app: StubApp, pizza: Callable[..., dict[str, Any]]) -> None:
    created = asyncio.run(sent(app, "POST", "/invoices", json=pizza(summary="ü 😀")))
    assert created.headers["content-type"] == "application/json"
    invoice = asyncio.run(sent(app, "GET", f"/invoices/{created.json()['data']['id']}")).json()["data"]
    assert invoice["summary"] == "ü 😀"
    assert [request.status for request in app.requests] == [200, 200]


def test_a_dropped_connection_in_process_is_an_error(app: StubApp, pizza: Callable[..., dict[str, Any]]) -> None:
    app.fail_next(drop="after")
    with pytest.raises(ConnectionResetError):
        asyncio.run(sent(app, "POST", "/invoices", json=pizza()))
    assert len(app.invoices) == 1


def test_lifespan_is_supported_and_a_websocket_refused(app: StubApp) -> None:
    async def run(scope: dict[str, Any], *messages: str) -> list[str]:
        waiting = [{"type": message} for message in messages]
        responses: list[str] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: Any) -> None:
            responses.append(message["type"])

        await app(scope, receive, send)
        return responses

    assert asyncio.run(run({"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")) == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert asyncio.run(run({"type": "websocket"})) == ["websocket.close"]
