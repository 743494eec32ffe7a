"""One timer for all calls: each ends at its own deadline, and a cancellation from outside stays one."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paisr._engine.deadlines import Deadline
from paisr._transport.timekeeper import Timekeeper


def seconds(count: float) -> Deadline:
    return Deadline(count, time.monotonic)


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


class Waits(selectors.SelectSelector):
    """Waits for nothing, and notes how long it would have."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.waited += timeout or 0.0
        return super().select(0)


class LoopInTime(asyncio.SelectorEventLoop):
    """Its time goes on only while it waits, so that no timer is ever late, however busy the machine is."""

    def __init__(self) -> None:
        self._waits = Waits()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.waited


async def waits(keeper: Timekeeper, limit: float, order: list[float] | None = None) -> None:
    with keeper.within(seconds(limit) if order is None else Deadline(limit, lambda: 0.0)):
        try:
            await asyncio.Event().wait()
        finally:
            if order is not None:
                order.append(limit)


def test_each_call_ends_at_its_own_deadline_whichever_began_first() -> None:
    async def test() -> None:
        keeper, order = Timekeeper(), []
        limits = [0.06, 0.02, 0.04, 0.02]
        ended = await asyncio.gather(*(waits(keeper, limit, order) for limit in limits), return_exceptions=True)
        assert [type(one) for one in ended] == [TimeoutError] * 4
        assert order == sorted(limits)
        assert asyncio.get_running_loop().time() == pytest.approx(0.06)
        assert not keeper._in_flight
        assert keeper._timer is None, "nobody is waited for any more"

    with asyncio.Runner(loop_factory=LoopInTime) as runner:
        runner.run(test())


@on_a_loop
async def test_a_call_in_time_is_left_alone_and_leaves_one_timer_at_most() -> None:
    keeper = Timekeeper()
    timers = set()
    thirty = Deadline(30, lambda: 0.0)  # its clock stands, so that only the loop's says which is due first
    for _ in range(50):
        with keeper.within(thirty):
            await asyncio.sleep(0)
        timers.add(id(keeper._timer))
    assert len(timers) == 1
    with keeper.within(seconds(0.01)):
        pass
    with keeper.within(seconds(30)):
        await asyncio.sleep(0.03)  # the short one's timer goes off, and finds nobody whose deadline has passed
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr] # this is a task


@on_a_loop
async def test_no_time_at_all_ends_the_first_wait() -> None:
    with pytest.raises(TimeoutError):
        await waits(Timekeeper(), 0.0)


@on_a_loop
async def test_a_cancellation_stays_one() -> None:
    task = asyncio.ensure_future(waits(Timekeeper(), 30))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_a_loop
async def test_a_cancellation_that_comes_with_the_deadline_stays_one() -> None:
    keeper = Timekeeper()
    task = asyncio.ensure_future(waits(keeper, 30))
    await asyncio.sleep(0)
    (call,) = keeper._in_flight
    call.expire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_a_loop
async def test_an_error_from_inside_stays_one_when_the_time_is_over() -> None:
    async def fails() -> None:
        with keeper.within(seconds(0.0)):
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
async def test_an_outer_deadline_ends_an_inner_one() -> None:
    keeper = Timekeeper()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await waits(keeper, 30)
    assert not keeper._in_flight
