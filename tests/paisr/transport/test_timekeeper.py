"""One timer for all calls of a loop: each call ends at its deadline, and a cancellation is not mistaken for it."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paisr._engine.deadlines import Deadline
from paisr._transport.timekeeper import Timekeeper, TimeLimit


def seconds(count: float) -> Deadline:
    return Deadline(count, time.monotonic)


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


class RecordingSelector(selectors.SelectSelector):
    """A selector that does not wait, and records the requested timeouts."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.waited += timeout or 0.0
        return super().select(0)


class SimulatedTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock advances only while it waits, so that no timer is late on a busy machine."""

    def __init__(self) -> None:
        self._waits = RecordingSelector()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.waited


async def waits(keeper: Timekeeper, limit: float, order: list[float] | None = None) -> None:
    with TimeLimit(keeper, seconds(limit) if order is None else Deadline(limit, lambda: 0.0)):
        try:
            await asyncio.Event().wait()
        finally:
            if order is not None:
                order.append(limit)


def test_each_call_ends_at_its_own_deadline_in_any_order_of_start() -> None:
    async def test() -> None:
        keeper, order = Timekeeper(), []
        limits = [0.06, 0.02, 0.04, 0.02]
        ended = await asyncio.gather(*(waits(keeper, limit, order) for limit in limits), return_exceptions=True)
        assert [type(one) for one in ended] == [TimeoutError] * 4
        assert order == sorted(limits)
        assert asyncio.get_running_loop().time() == pytest.approx(0.06)
        assert not keeper.in_flight
        assert keeper._timer is None, "a timer was left"

    with asyncio.Runner(loop_factory=SimulatedTimeLoop) as runner:
        runner.run(test())


@on_a_loop
async def test_a_call_within_its_deadline_is_not_cancelled_and_leaves_at_most_one_timer() -> None:
    keeper = Timekeeper()
    timers = set()
    thirty = Deadline(30, lambda: 0.0)  # with a clock that stands still, so that only the clock of the loop counts
    for _ in range(50):
        with TimeLimit(keeper, thirty):
            await asyncio.sleep(0)
        timers.add(id(keeper._timer))
    assert len(timers) == 1
    with TimeLimit(keeper, seconds(0.01)):
        pass
    with TimeLimit(keeper, seconds(30)):
        await asyncio.sleep(0.03)  # the timer of the short call fires, and finds no call past its deadline
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr] # this is a task


@on_a_loop
async def test_a_call_without_remaining_time_ends_at_its_first_wait() -> None:
    with pytest.raises(TimeoutError):
        await waits(Timekeeper(), 0.0)


@on_a_loop
async def test_a_cancellation_is_raised_as_a_cancellation() -> None:
    task = asyncio.ensure_future(waits(Timekeeper(), 30))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_a_loop
async def test_a_cancellation_together_with_the_deadline_is_raised_as_a_cancellation() -> None:
    keeper = Timekeeper()
    task = asyncio.ensure_future(waits(keeper, 30))
    await asyncio.sleep(0)
    (call,) = keeper.in_flight
    call.expire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_a_loop
async def test_an_error_of_the_call_after_its_deadline_is_raised_unchanged() -> None:
    async def fails() -> None:
        with TimeLimit(keeper, seconds(0.0)):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise KeyError("of its own") from None

    keeper = Timekeeper()
    task = asyncio.ensure_future(fails())
    with pytest.raises(KeyError):
        await task
    assert task.cancelling() == 0


@on_a_loop
async def test_an_earlier_outer_deadline_ends_an_inner_one() -> None:
    keeper = Timekeeper()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await waits(keeper, 30)
    assert not keeper.in_flight
