"""One client on many event loops, and blocked event loops: nothing leaks, and nothing is sent late."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from declarations import CREATE, TOKEN, authority, certified
from server import Connection, FaultServer, healthy, http

from paisr import APITimeoutError, AsyncPaisr, OutcomeUnknownError, Paisr, RateLimit
from paisr._base.runtime import Runtime
from paisr._transport.progress import NOT_CONNECTED, Progress

LOOPS = int(os.environ.get("FAULTS_LOOPS", "200"))
# Bytes that all loops together may leave: memory that the allocator keeps, but no socket, session or loop.
MAX_GROWTH = 2_000_000


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list a process's open files")
# A closed event loop cannot close its connections; their sockets are closed without it.
@pytest.mark.filterwarnings(
    "ignore:unclosed transport:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_many_event_loops_leak_neither_files_nor_memory(caplog: pytest.LogCaptureFixture) -> None:
    """Like a worker that calls `asyncio.run` for each task and never closes the client."""
    with FaultServer(healthy) as server:
        client = AsyncPaisr(TOKEN, base_url=server.url, rate_limit=None)

        async def task(number: int) -> None:
            assert (await client.invoices.get(f"inv_{number}")).id == f"inv_{number}"

        def run(loops: int) -> None:
            for number in range(loops):
                asyncio.run(task(number))
                server.forget()

        run(20)
        files, memory = open_files(), resident()
        run(LOOPS)
        assert open_files() <= files + 2  # the server may notice a closed connection a little later
        assert resident() - memory < MAX_GROWTH
        asyncio.run(client.aclose())
        assert open_files() < files + 1
    assert not caplog.records


class JumpingClock:
    """A clock that jumps on request, as after a blocking step, a long garbage collection or a stopped process."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.is_armed = False
        self.writes, self.writes_in_time = 0, 0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


def timed(kind: type[Any], clock: JumpingClock) -> type[Any]:
    return type(kind.__name__, (kind,), {"_runtime": Runtime(clock=clock)})


@pytest.fixture(params=["plain", "over TLS", "through a proxy"])
def service(request: pytest.FixtureRequest) -> Iterator[tuple[FaultServer, dict[str, Any]]]:
    """A service, and the settings of a client that reaches it."""
    tls = certified("127.0.0.1")() if request.param != "plain" else None
    trust = ssl.create_default_context()
    authority().configure_trust(trust)

    def proxy(connection: Connection) -> None:
        """Accept the tunnel; the same server then acts as the service behind it."""
        assert tls is not None
        if connection.request():
            connection.send(http(200, length=False))
            with tls.wrap_socket(connection.socket, server_side=True) as secured:
                healthy(Connection(connection.server, connection.number, secured))

    through = request.param == "through a proxy"
    with FaultServer(proxy if through else healthy, tls=None if through else tls) as server:
        settings: dict[str, Any] = {"base_url": server.url}
        if through:
            settings = {"base_url": "https://127.0.0.1:9/v2", "tls": trust, "proxy": f"http://127.0.0.1:{server.port}"}
        elif tls is not None:
            settings = {"base_url": server.url.replace("http:", "https:"), "tls": trust}
        yield server, settings


@pytest.fixture
def jumping_clock(monkeypatch: pytest.MonkeyPatch) -> JumpingClock:
    """The clock jumps by a hundred seconds before each write of a request, immediately before the socket."""
    clock, usual = JumpingClock(), Progress.begin_write

    def begin_write(self: Progress) -> float:
        if self.timeout_reason != NOT_CONNECTED and clock.is_armed:
            clock.writes += 1
            clock.ahead += 100 if clock.writes > clock.writes_in_time else 0
        return usual(self)

    monkeypatch.setattr(Progress, "begin_write", begin_write)
    return clock


@pytest.mark.parametrize("warm", [True, False], ids=["kept connection", "new connection"])
def test_no_async_create_is_sent_after_its_deadline(service: Any, warm: bool, jumping_clock: JumpingClock) -> None:
    """On every kind of connection: plain, over TLS, through a proxy's tunnel."""
    server, settings = service

    async def session() -> None:
        async with timed(AsyncPaisr, jumping_clock)(
            TOKEN, rate_limit=None, timeout=1, max_retries=0, **settings
        ) as client:
            if warm:
                await client.invoices.get("inv_1")
            jumping_clock.is_armed = True
            with pytest.raises(APITimeoutError) as caught:
                await client.invoices.create(**CREATE)
            assert caught.value.outcome == "not_sent"
            await asyncio.sleep(0.02)
        assert server.count("POST") == 0

    asyncio.run(session())


@pytest.mark.parametrize("warm", [True, False], ids=["kept connection", "new connection"])
def test_no_sync_create_is_sent_after_its_deadline(service: Any, warm: bool, jumping_clock: JumpingClock) -> None:
    server, settings = service
    with timed(Paisr, jumping_clock)(TOKEN, rate_limit=None, timeout=1, max_retries=0, **settings) as client:
        if warm:
            client.invoices.get("inv_1")
        jumping_clock.is_armed = True
        with pytest.raises(APITimeoutError) as caught:
            client.invoices.create(**CREATE)
        assert caught.value.outcome == "not_sent"
    assert server.count("POST") == 0


LARGE = CREATE | {"summary": "x" * 5_000_000}


def send_large_create(kind: type[Any], jumping_clock: JumpingClock, settings: dict[str, Any]) -> None:
    """Send a large create whose fourth write is after the deadline."""

    async def session() -> None:
        async with timed(AsyncPaisr, jumping_clock)(
            TOKEN, rate_limit=None, timeout=30, max_retries=0, **settings
        ) as client:
            jumping_clock.is_armed, jumping_clock.writes_in_time = True, 3
            with pytest.raises(OutcomeUnknownError):
                await client.invoices.create(**LARGE)
        await asyncio.sleep(0.02)

    if kind is AsyncPaisr:
        asyncio.run(session())
        return
    with timed(Paisr, jumping_clock)(TOKEN, rate_limit=None, timeout=30, max_retries=0, **settings) as client:
        jumping_clock.is_armed, jumping_clock.writes_in_time = True, 3
        with pytest.raises(OutcomeUnknownError):
            client.invoices.create(**LARGE)


@pytest.mark.parametrize("kind", [Paisr, AsyncPaisr])
def test_no_part_of_a_large_create_is_sent_after_its_deadline(
    kind: type[Any], service: Any, jumping_clock: JumpingClock
) -> None:
    server, settings = service
    send_large_create(kind, jumping_clock, settings)
    assert jumping_clock.writes == 4, "a write after the first late one was attempted"
    assert server.count("POST") == 0


@pytest.mark.parametrize("kind", [Paisr, AsyncPaisr])
def test_data_that_the_system_has_not_sent_yet_is_discarded_after_the_deadline(
    kind: type[Any], jumping_clock: JumpingClock
) -> None:
    """The connection is reset: after a plain close the system would still deliver what was written."""
    is_accepted, is_over, ends = threading.Event(), threading.Event(), []

    def unread(connection: Connection) -> None:
        is_accepted.set()
        is_over.wait(5)
        try:
            while connection.socket.recv(65536):
                pass
        except ConnectionResetError:
            ends.append("reset")
        else:
            ends.append("end")

    with FaultServer(unread, receive_buffer=4096) as server:
        send_large_create(kind, jumping_clock, {"base_url": server.url})
        is_accepted.wait(5)
        is_over.set()
    assert ends == ["reset"]


@pytest.mark.parametrize("kind", [Paisr, AsyncPaisr])
def test_a_users_transport_is_not_called_after_the_deadline(kind: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = JumpingClock()
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500)

    usual = httpx.Request

    def slow(*arguments: Any, **named: Any) -> httpx.Request:
        clock.ahead += 3
        return usual(*arguments, **named)

    client = timed(kind, clock)(TOKEN, timeout=1, max_retries=0, transport=httpx.MockTransport(respond))
    monkeypatch.setattr(httpx, "Request", slow)
    create = partial(client.invoices.create, **CREATE)
    with pytest.raises(APITimeoutError) as caught:
        create() if kind is Paisr else asyncio.run(create())
    assert (caught.value.outcome, asked) == ("not_sent", [])


def test_a_call_ends_by_its_deadline_while_the_default_executor_is_busy(tmp_path: Path) -> None:
    """Name resolution, the journal and the file of the rate limit have threads of their own."""
    free = threading.Event()

    async def session(server: FaultServer) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = [loop.run_in_executor(None, free.wait, 30) for _ in range(3)]
        settings: dict[str, Any] = {"journal": tmp_path / "creates.db", "rate_limit": None}
        if sys.platform != "win32":
            settings["rate_limit"] = RateLimit(250, per=60, shared=f"file:{tmp_path / 'limit'}")
        url = server.url.replace("127.0.0.1", "localhost")
        try:
            async with asyncio.timeout(5), AsyncPaisr(TOKEN, base_url=url, timeout=5, **settings) as client:
                assert (await client.invoices.create(**CREATE)).id == "inv_created"
                assert (await client.invoices.list())[0].id == "inv_1"
        finally:
            free.set()
            await asyncio.gather(*busy)

    with FaultServer(healthy) as server:
        asyncio.run(session(server))
