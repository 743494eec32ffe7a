"""Faults of the calling process: forks, threads, a second event loop, a closed client, interruptions, clock jumps."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from declarations import CREATE, SHORT_TIMEOUT, TOKEN
from harness import close_connections
from server import Connection, FaultServer, always, healthy, right_response

from paisr import (
    APIConnectionError,
    APITimeoutError,
    AsyncPaisr,
    ConfigurationError,
    Journal,
    Paisr,
    RateLimit,
    RateLimitTimeoutError,
)
from paisr._transport import connections, transport

FORK_CALLS = int(os.environ.get("FAULTS_FORK_CALLS", "500"))
Make = Callable[..., Any]


def sync_client(server: FaultServer, **options: Any) -> Paisr:
    return Paisr(TOKEN, **{"base_url": server.url, "rate_limit": None, "timeout": 5.0} | options)


def async_client(server: FaultServer, **options: Any) -> AsyncPaisr:
    return AsyncPaisr(TOKEN, **{"base_url": server.url, "rate_limit": None, "timeout": 5.0} | options)


def wrong_responses(client: Paisr, who: str, calls: int) -> int:
    return sum(client.invoices.get(f"inv_{who}{number}").id != f"inv_{who}{number}" for number in range(calls))


async def wrong_responses_async(client: AsyncPaisr, who: str, calls: int) -> int:
    wrong, at_once = 0, 5
    for start in range(0, calls, at_once):
        wanted = [f"inv_{who}{number}" for number in range(start, start + at_once)]
        got = await asyncio.gather(*map(client.invoices.get, wanted))
        wrong += sum(one.id != name for one, name in zip(got, wanted, strict=True))
    return wrong


def in_both(work: Callable[[str], int]) -> tuple[int, int]:
    """Fork, and do WORK in parent and child at the same time. The number of wrong responses in each."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        result = "no number"
        try:
            result = str(work("child"))
        finally:
            os.write(writing, result.encode())
            os._exit(0)
    os.close(writing)
    try:
        in_parent = work("parent")
    finally:
        with os.fdopen(reading) as pipe:
            in_child = pipe.read()
        os.waitpid(child, 0)
    return in_parent, int(in_child)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_with_open_connections_does_not_mix_responses() -> None:
    with FaultServer(healthy) as server, sync_client(server) as client:
        client.invoices.get("inv_before")
        assert in_both(lambda who: wrong_responses(client, who, FORK_CALLS // 2)) == (0, 0)
        assert len(server.requests) == 1 + 2 * (FORK_CALLS // 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_event_loop_does_not_mix_responses() -> None:
    with FaultServer(healthy) as server:
        client = async_client(server)
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(wrong_responses_async(client, "before", 5))

            def work(who: str) -> int:
                calls = wrong_responses_async(client, who, FORK_CALLS // 2)
                return asyncio.run(calls) if who == "child" else loop.run_until_complete(calls)

            assert in_both(work) == (0, 0)
            loop.run_until_complete(client.aclose())
        finally:
            loop.close()


def test_forty_threads_share_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[transport.Opening] = []
    usual = transport.Opening

    def counted(*arguments: Any) -> transport.Opening:
        made.append(usual(*arguments))
        time.sleep(0.01)  # long enough for another thread to make a second pool
        return made[-1]

    monkeypatch.setattr(transport, "Opening", counted)
    wrong: list[int] = []
    with FaultServer(healthy) as server, sync_client(server) as client:
        together = threading.Barrier(40)

        def work(who: int) -> None:
            together.wait()
            wrong.append(wrong_responses(client, f"thread{who}_", 10))

        threads = [threading.Thread(target=work, args=(who,)) for who in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 1
        assert wrong == [0] * 40
        assert server.connections <= 40


def test_a_second_event_loop_gets_connections_of_its_own() -> None:
    with FaultServer(healthy) as server:
        client = async_client(server)

        async def session(who: str) -> int:
            wrong = await wrong_responses_async(client, who, 5)
            await client._transport.close()
            return wrong

        assert [asyncio.run(session("first")), asyncio.run(session("second"))] == [0, 0]


def test_two_event_loops_at_the_same_time_do_not_mix_responses() -> None:
    wrong: list[int] = []
    with FaultServer(healthy) as server:
        client = async_client(server)

        async def session(who: str) -> None:
            wrong.append(await wrong_responses_async(client, who, 50))
            await client._transport.close()

        threads = [threading.Thread(target=asyncio.run, args=(session(who),)) for who in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == [0, 0]


def test_use_after_close_raises_an_error_of_the_package() -> None:
    with FaultServer(healthy) as server:
        client = sync_client(server)
        client.invoices.get("inv_1")
        client.close()
        with pytest.raises(ConfigurationError, match="closed") as caught:
            client.invoices.create(**CREATE)
        assert (caught.value.outcome, server.count("POST")) == ("not_sent", 0)


def test_async_use_after_close_raises_an_error_of_the_package() -> None:
    async def session(server: FaultServer) -> None:
        client = async_client(server)
        await client.invoices.get("inv_1")
        await client.aclose()
        with pytest.raises(ConfigurationError, match="closed") as caught:
            await client.invoices.create(**CREATE)
        assert (caught.value.outcome, server.count("POST")) == ("not_sent", 0)

    with FaultServer(healthy) as server:
        asyncio.run(session(server))


def held_create(then: Callable[[], object]) -> Callable[[Connection], None]:
    """Read a create, do THEN, and never respond; reads get a response."""

    def behave(connection: Connection) -> None:
        while received := connection.request():
            if received.method == "POST":
                then()
                connection.hold()
                return
            connection.send(right_response(received))

    return behave


def interrupt_main_thread() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no signals for threads")
def test_an_interrupt_during_a_create_leaves_the_attempt_unresolved(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    with FaultServer(held_create(interrupt_main_thread)) as server, sync_client(server, journal=journal) as client:
        with pytest.raises(KeyboardInterrupt):
            client.invoices.create(**CREATE)
        assert client.invoices.get("inv_1").id == "inv_1"  # the client is still usable
        assert server.count("POST") == 1
        assert [attempt.request.customer for attempt in Journal(journal).unresolved()] == ["cus_1"]


def test_a_cancellation_during_a_create_leaves_the_attempt_unresolved(tmp_path: Path) -> None:
    journal, arrived = tmp_path / "journal.sqlite", threading.Event()

    async def session(server: FaultServer) -> None:
        async with async_client(server, journal=journal) as client:
            task = asyncio.create_task(client.invoices.create(**CREATE))
            await asyncio.to_thread(arrived.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await client.invoices.get("inv_1")).id == "inv_1"
            assert server.count("POST") == 1
            assert [attempt.request.customer for attempt in Journal(journal).unresolved()] == ["cus_1"]

    with FaultServer(held_create(arrived.set)) as server:
        asyncio.run(session(server))


KILLED = """
import sys
from paisr import Paisr
Paisr(sys.argv[1], base_url=sys.argv[2], journal=sys.argv[3]).invoices.create(
    customer="cus_1", summary="Two pizzas", due="In 3 days")
"""


def test_a_kill_during_a_create_leaves_the_attempt_unresolved(tmp_path: Path) -> None:
    journal, arrived = tmp_path / "journal.sqlite", threading.Event()
    with FaultServer(held_create(arrived.set)) as server:
        with subprocess.Popen([sys.executable, "-c", KILLED, TOKEN, server.url, str(journal)]) as child:
            assert arrived.wait(20)
            child.kill()
        assert server.count("POST") == 1
        assert [attempt.request.summary for attempt in Journal(journal).unresolved()] == ["Two pizzas"]


def test_a_create_that_gets_no_connection_times_out_and_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    busy, free = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        while received := connection.request():
            busy.set()
            free.wait(5)
            connection.send(right_response(received))

    with FaultServer(slow) as server, sync_client(server) as client:
        first = threading.Thread(target=client.invoices.get, args=("inv_1",))
        first.start()
        busy.wait(5)
        started = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            client.invoices.create(**CREATE, timeout=SHORT_TIMEOUT)
        assert time.monotonic() - started < SHORT_TIMEOUT + 1
        assert (caught.value.outcome, server.count("POST")) == ("not_sent", 0)
        free.set()
        first.join()


@pytest.mark.parametrize("over", ["a thread", "an event loop"])
def test_a_call_that_waits_for_a_connection_when_the_client_is_closed_is_not_sent(
    over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    busy = threading.Event()

    def slow(connection: Connection) -> None:
        while connection.request():
            busy.set()
            connection.hold()

    async def session(server: FaultServer) -> list[BaseException | Any]:
        client = async_client(server, max_retries=3)
        reading = asyncio.create_task(client.invoices.get("inv_1"))
        await asyncio.to_thread(busy.wait, 5)
        waiting = asyncio.create_task(client.invoices.create(**CREATE))
        await asyncio.sleep(0.02)
        await client.aclose()
        return await asyncio.gather(reading, waiting, return_exceptions=True)

    def in_threads(server: FaultServer) -> list[BaseException | Any]:
        client = sync_client(server, max_retries=3)
        with ThreadPoolExecutor() as threads:
            reading = threads.submit(client.invoices.get, "inv_1")
            busy.wait(5)
            waiting = threads.submit(lambda: client.invoices.create(**CREATE))
            time.sleep(0.02)
            client.close()
            return [reading.exception(5), waiting.exception(5)]

    with FaultServer(slow) as server:
        broken_off, unsent = in_threads(server) if over == "a thread" else asyncio.run(session(server))
        assert isinstance(broken_off, APIConnectionError)
        assert isinstance(unsent, APIConnectionError)
        assert (unsent.outcome, server.count("POST"), server.count("GET")) == ("not_sent", 0, 1)


def test_a_create_that_gets_no_permit_before_its_deadline_is_not_sent() -> None:
    with FaultServer(healthy) as server, sync_client(server, rate_limit=RateLimit(1, per=60)) as client:
        client.invoices.get("inv_1")
        with pytest.raises(RateLimitTimeoutError) as caught:
            client.invoices.create(**CREATE, timeout=SHORT_TIMEOUT)
        assert (caught.value.outcome, server.count("POST")) == ("not_sent", 0)


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
def test_a_deadline_does_not_depend_on_the_wall_clock(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    usual, asked = time.time, iter(range(1_000_000))
    monkeypatch.setattr(time, "time", lambda: usual() + next(asked) * jump)

    def behave(connection: Connection) -> None:
        if connection.number == 0:
            always(right_response)(connection)
        elif connection.request():
            connection.hold()

    with FaultServer(behave) as server, sync_client(server, timeout=SHORT_TIMEOUT, max_retries=0) as client:
        assert client.invoices.get("inv_1").id == "inv_1"
        close_connections(client)
        started = time.monotonic()
        with pytest.raises(APITimeoutError):
            client.invoices.get("inv_2")
        assert SHORT_TIMEOUT <= time.monotonic() - started < SHORT_TIMEOUT + 1
