"""Other event loops than asyncio's default: uvloop, and one with the limitations of the proactor of Windows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from declarations import CREATE, TOKEN, certified, over_tls
from server import Connection, FaultServer, healthy

from paisr import APITimeoutError, AsyncPaisr, OutcomeUnknownError


class AsOnWindows(asyncio.SelectorEventLoop):
    """The proactor of Windows has `sock_connect` and `sock_recv`, but no `add_reader` and no `add_writer`."""

    def add_reader(self, fd: Any, callback: Any, *arguments: Any) -> None:
        raise NotImplementedError

    add_writer = add_reader


def uv_loop() -> Any:
    return pytest.importorskip("uvloop", reason="needs uvloop, which is not available for this system").new_event_loop()


@pytest.fixture(params=[uv_loop, AsOnWindows], ids=["uvloop", "as on Windows"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    def run(awaitable: Any) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(awaitable)

    return run


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "over TLS"])
def test_concurrent_calls_and_a_large_create_succeed(run: Any, secure: bool) -> None:
    async def session(server: FaultServer) -> None:
        target: Any = over_tls(server) if secure else None
        settings = {"base_url": target.base_url, "tls": target.tls} if secure else {"base_url": server.url}
        async with AsyncPaisr(TOKEN, rate_limit=None, timeout=20, max_retries=0, **settings) as client:
            for _ in range(2):
                got = await asyncio.gather(*(client.invoices.get(f"inv_{number}") for number in range(20)))
                assert [one.id for one in got] == [f"inv_{number}" for number in range(20)]
            large = CREATE | {"summary": "x" * 5_000_000}
            assert (await client.invoices.create(**large)).id == "inv_created"
            assert (await client.invoices.get("inv_last")).id == "inv_last"

    with FaultServer(healthy, tls=certified("127.0.0.1")() if secure else None) as server:
        run(session(server))
        assert server.count("POST") == 1


def silent(connection: Connection) -> None:
    while connection.request():
        connection.hold()


def test_a_call_ends_at_its_deadline_or_when_it_is_cancelled(run: Any) -> None:
    async def session(server: FaultServer) -> None:
        async with AsyncPaisr(TOKEN, base_url=server.url, rate_limit=None, max_retries=0) as client:
            with pytest.raises(APITimeoutError):
                await client.invoices.get("inv_1", timeout=0.05)
            with pytest.raises(OutcomeUnknownError):
                await client.invoices.create(**CREATE, timeout=0.05)
            waiting = asyncio.ensure_future(client.invoices.get("inv_1"))
            await asyncio.sleep(0.02)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    with FaultServer(silent) as server:
        run(session(server))
        assert server.count("POST") == 1
