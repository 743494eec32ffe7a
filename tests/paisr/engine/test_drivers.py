"""Blocking steps of a call on an event loop run in threads of their own, until the deadline of the call."""

from __future__ import annotations

import asyncio
import threading
import time as clocks
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from paisr import AsyncPaisr, PaisrError, RateLimit
from paisr._base.runtime import SYSTEM
from paisr._engine.drivers import drive, drive_in_thread, in_thread
from paisr._engine.steps import RunBlocking, Send


def steps(step: Any) -> Generator[Any, Any, Any]:
    return (yield step)


class NoWire:
    async def send(self, request: Any, deadline: Any) -> Any:
        raise AssertionError("nothing is sent here")


def run(step: Any, **settings: Any) -> Any:
    wire: Any = NoWire()
    return asyncio.run(drive(steps(step), wire, SYSTEM.sleep_async, in_thread, **settings))


def test_a_step_runs_outside_the_loop_and_returns_or_raises() -> None:
    assert run(RunBlocking(threading.current_thread, 5)) is not threading.main_thread()
    with pytest.raises(ZeroDivisionError):
        run(RunBlocking(lambda: 1 / 0, 5))


def test_a_step_that_outlasts_the_deadline_is_abandoned() -> None:
    stop = threading.Event()
    begun = clocks.monotonic()
    with pytest.raises(TimeoutError):
        run(RunBlocking(stop.wait, 0.1))
    assert clocks.monotonic() - begun < 1
    stop.set()


def test_a_step_that_ends_after_its_loop_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    stop = threading.Event()
    with pytest.raises(TimeoutError):
        run(RunBlocking(stop.wait, 0.05))
    stop.set()
    for thread in threading.enumerate():
        if thread.name == "paisr":
            thread.join(5)
    assert raised == []


def test_a_closed_client_sends_nothing() -> None:
    nothing: Any = None
    step = Send(nothing, nothing)
    for happened in (run(step, is_open=lambda: False), drive_in_thread(steps(step), nothing, SYSTEM, lambda: False)):
        assert (happened.sent, happened.final) == (False, True)


def test_a_transport_for_threads_must_not_suspend() -> None:
    class Waiting:
        async def send(self, request: Any, deadline: Any) -> Any:
            await asyncio.sleep(0)

    waiting, nothing = Waiting(), None
    with pytest.raises(AssertionError, match="suspended"):
        drive_in_thread(steps(Send(nothing, nothing)), waiting, SYSTEM)  # type: ignore[arg-type] # parts are missing


def test_a_create_needs_no_thread_of_the_default_executor(path: Path, service: Any, create: Any) -> None:
    stop = threading.Event()

    async def scenario() -> float:
        loop = asyncio.get_running_loop()
        waiting = [loop.run_in_executor(None, stop.wait) for _ in range(64)]
        rate = RateLimit(100, per=60, shared=f"file:{path}.limit")
        try:
            async with AsyncPaisr("t", transport=service.transport, journal=path, rate_limit=rate) as client:
                begun = clocks.monotonic()
                await client.invoices.create(**create, timeout=2)
                await client.invoices.list(limit=10, timeout=2)
                return clocks.monotonic() - begun
        finally:
            stop.set()
            await asyncio.gather(*waiting)

    assert asyncio.run(scenario()) < 2


def test_a_loop_that_is_blocked_after_the_journal_entry_sends_nothing(path: Path, service: Any, create: Any) -> None:
    """Blocking code blocks the loop for longer than the timeout of the call."""

    async def scenario() -> None:
        async with AsyncPaisr("t", transport=service.transport, journal=path) as client:
            store = client._session.recovery.store
            begin, loop = store.begin, asyncio.get_running_loop()

            def noted(*arguments: Any) -> Any:
                done = begin(*arguments)
                loop.call_soon_threadsafe(clocks.sleep, 0.5)
                return done

            store.begin = noted
            with pytest.raises(PaisrError) as caught:
                await client.invoices.create(**create, timeout=0.2)
            assert caught.value.outcome == "not_sent"

    asyncio.run(scenario())
    assert service.requests == []
