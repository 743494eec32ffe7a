"""Fixtures for the stub: a fake clock, calls without a socket, and a receiver of deliveries."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from paisr_stub import StubApp, StubServer, create_app
from paisr_stub._api import Call

TOKEN = "test-token"


class FakeClock:
    """A clock that advances only when a test advances it."""

    def __init__(self) -> None:
        self.now = datetime(2025, 1, 31, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Caller:
    """Calls the API of an application directly, by default with the right token."""

    app: StubApp

    def __call__(self, method: str, path: str, body: Any = b"", *, query: str = "", **headers: str) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.app._api.respond(Call(method, "/v2" + path, query.encode(), sent, raw))
        return response.status, json.loads(response.body)

    def create(self, **changes: Any) -> tuple[int, Any]:
        body = {"customer": "jane@example.com", "summary": "A simple pizza order", "due": "In 3 days", **changes}
        return self("POST", "/invoices", {key: value for key, value in body.items() if value is not ...})

    def created(self, **changes: Any) -> dict[str, Any]:
        status, response = self.create(**changes)
        assert status == 200, response
        found: dict[str, Any] = self("GET", f"/invoices/{response['data']['id']}")[1]["data"]
        return found

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        status, response = self("GET", "/invoices", query=query)
        assert status == 200, response
        invoices: list[dict[str, Any]] = response["data"]["invoices"]
        return invoices


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(clock: FakeClock) -> Iterator[StubApp]:
    made = create_app(token=TOKEN, clock=clock)
    yield made
    made.close()


@pytest.fixture
def call(app: StubApp) -> Caller:
    return Caller(app)


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer(token=TOKEN) as server:
        yield server


@pytest.fixture
def http(stub: StubServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stub.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5) as client:
        yield client


class Receiver:
    """A server for webhook deliveries. `received` records them; `statuses` has the next responses."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((self.path, dict(self.headers), body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks?from=stub"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def pizza() -> Callable[..., dict[str, Any]]:
    """A valid body of a create."""

    def body(**changes: Any) -> dict[str, Any]:
        items = [{"description": "Pizza", "quantity": 2, "unit_price": 75}]
        return {"customer": "jane@example.com", "summary": "Pizza", "due": "In 3 days", "items": items, **changes}

    return body
