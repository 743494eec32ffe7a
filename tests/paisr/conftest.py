"""Fixtures for the client: both clients under one interface, a fake clock, scripted responses, a raw socket server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr import AsyncPaisr, Paisr
from paisr._base.runtime import SYSTEM, Runtime
from paisr._ratelimit.limiters import ProcessLimiters

TOKEN = "tok_of_these_tests"
INVOICE = {"id": "inv_123456", "status": "unpaid"}
CREATE = {"customer": "cus_123456", "summary": "A simple pizza order", "due": "In 3 days"}


class Time:
    """A fake clock that only advances when something sleeps. `slept` records each sleep."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []
        self.jitter = 1.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def now(self) -> datetime:
        return datetime(2024, 5, 1, 12, tzinfo=UTC) + timedelta(seconds=self.seconds - 1000)

    @cached_property
    def runtime(self) -> Runtime:
        """One runtime for all clients with this clock, which share a limiter like the clients of one process."""
        return Runtime(
            clock=lambda: self.seconds,
            now=self.now,
            today=lambda: date(2024, 5, 1),
            jitter=lambda: self.jitter,
            sleep=lambda seconds: self.sleep(seconds),  # noqa: PLW0108 - a test may replace it
            sleep_async=self.sleep_async,
        )


class Script:
    """The responses of a transport, one after the other; the last one is repeated. `requests` records what was sent.

    A response is a status with JSON or bytes as its body, an exception to raise, or a function of the request.
    """

    def __init__(self, *responses: Any) -> None:
        self.responses = responses
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses[min(len(self.requests), len(self.responses)) - 1]
        if isinstance(response, BaseException):
            raise response
        if callable(response):
            made: httpx.Response = response(request)
            return made
        status, body, *headers = response
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=headers[0] if headers else None)


class Side:
    """One of the two clients, so that a test is written once and holds for both."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.type: type[Any] = Paisr if name == "sync" else AsyncPaisr
        self._runner = asyncio.Runner() if name == "async" else None
        self._clients: list[Any] = []

    def client(self, script: Any = None, *, time: Time | None = None, **settings: Any) -> Any:
        """A client that sends to `script`, or without one to the network; with the fake clock `time`, if given."""
        settings.setdefault("token", TOKEN)
        if script is not None:
            settings["transport"] = script.transport
        kind = type(self.type.__name__, (self.type,), {"_runtime": SYSTEM if time is None else time.runtime})
        client = kind(**settings)
        self._clients.append(client)
        return client

    def call(self, client: Any, name: str, *arguments: Any, **named: Any) -> Any:
        """The result of ``client.invoices.NAME(...)``; NAME may be ``with_response.get``."""
        method = client.invoices
        for part in name.split("."):
            method = getattr(method, part)
        result = method(*arguments, **named)
        return self.run(result) if self._runner else result

    def run(self, coroutine: Any) -> Any:
        assert self._runner is not None
        return self._runner.run(coroutine)

    def close(self, client: Any) -> None:
        if self._runner:
            self._runner.run(client.aclose())
        else:
            client.close()

    def shut_down(self) -> None:
        for client in self._clients:
            self.close(client)
        if self._runner:
            self._runner.close()


class RawServer:
    """A server on loopback that calls `talk` with each connection, in a thread of its own."""

    def __init__(self, talk: Callable[[socket.socket], object]) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v2"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._talk(connection)

    def read(self, connection: socket.socket) -> bytes:
        """One request with its body; empty when the client has closed the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(65536)):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        while len(body) < sum(lengths):
            more = connection.recv(65536)
            data, body = data + more, body + more
        self.requests.append(data)
        return data

    def close(self) -> None:
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


@pytest.fixture(params=["sync", "async"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """`Paisr`, then `AsyncPaisr`."""
    side = Side(request.param)
    yield side
    side.shut_down()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def script() -> type[Script]:
    return Script


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[RawServer, socket.socket], object]], RawServer]]:
    """Start a raw socket server: ``raw_server(lambda server, connection: …)``."""
    servers: list[RawServer] = []

    def start(talk: Callable[[RawServer, socket.socket], object]) -> RawServer:
        server = RawServer(lambda connection: talk(server, connection))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def invoice() -> dict[str, Any]:
    """The smallest invoice that the contract allows, in its envelope."""
    return {"success": True, "data": dict(INVOICE)}


@pytest.fixture
def create() -> dict[str, Any]:
    """The arguments of a create."""
    return dict(CREATE)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of a developer's environment: token, base URL, proxies."""
    for name in (
        "PAISR_TOKEN",
        "PAISR_BASE_URL",
        "PAISR_ENVIRONMENT",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def limiters(monkeypatch: pytest.MonkeyPatch) -> ProcessLimiters:
    """An empty registry, without the limiters of other tests."""
    limiters = ProcessLimiters()
    monkeypatch.setattr("paisr._base_client.process_limiters", limiters)
    return limiters


class Service:
    """A fake service that creates and lists invoices. `plan` has the faults of the next creates, one after the other.

    ``lose``: the invoice is created, the response is lost; ``drop``: the request is lost; a status: it is refused;
    ``late``: as ``lose``, and the invoice is listed only after `show`. `posts` counts the creates that arrived.
    """

    def __init__(self) -> None:
        self.plan: list[Any] = []
        self.invoices: list[dict[str, Any]] = []
        self.hidden: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.on_post: Callable[[], object] = lambda: None
        self.transport = httpx.MockTransport(self)

    @property
    def posts(self) -> int:
        return [request.method for request in self.requests].count("POST")

    @property
    def reads(self) -> int:
        return len(self.requests) - self.posts

    def show(self) -> None:
        self.invoices += self.hidden
        self.hidden = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "POST":
            return self.create(json.loads(request.content))
        if request.url.path.endswith("/invoices"):
            return self.response({"invoices": self.invoices[: int(request.url.params["limit"])]})
        wanted = request.url.path.rpartition("/")[2]
        found = [one for one in self.invoices if one["id"] == wanted]
        return self.response(found[0]) if found else httpx.Response(404)

    def create(self, sent: dict[str, Any]) -> httpx.Response:
        self.on_post()
        do = self.plan.pop(0) if self.plan else "create"
        if isinstance(do, int):
            return httpx.Response(do, json={"success": False, "message": "no"})
        if do == "drop":
            raise httpx.ReadError("the request was lost")
        customer = {"id": "cus_123456", "email": "jane@example.com"}
        made = {
            "id": f"inv_{len(self.invoices) + len(self.hidden) + 1}",
            "status": "unpaid",
            "customer": customer,
            "summary": sent["summary"],
            "currency": sent.get("currency", "SRD"),
            "session": {"url": "https://checkout.paisr.tech/x", "expires_in": "30 minutes"},
        }
        (self.hidden if do == "late" else self.invoices).append(made)
        if do != "create":
            raise httpx.ReadError("the response was lost")
        return self.response({name: made[name] for name in ("id", "status", "session")})

    def response(self, data: Any) -> httpx.Response:
        return httpx.Response(200, json={"success": True, "data": data})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"
