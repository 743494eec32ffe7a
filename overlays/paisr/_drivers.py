"""The two that do what a call asks for: one in the calling thread, one on an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from paisr._exchange import Ask, Do, Pause, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._exchange import Step, Steps
    from paisr._runtime import Runtime
    from paisr._wire._async import AsyncWire
    from paisr._wire._sync import SyncWire

T = TypeVar("T")


def drive(steps: Steps[T], wire: SyncWire, runtime: Runtime) -> T:
    """Do a call's steps one after the other, and give back what it returns."""
    try:
        step = next(steps)
        while True:
            try:
                done = _perform(step, wire, runtime)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


def _perform(step: Step, wire: SyncWire, runtime: Runtime) -> Any:
    match step:
        case Send(request, deadline):
            return wire.send(request, deadline)
        case Pause(seconds):
            return runtime.sleep(seconds)
        case Ask(limiter, ticket):
            return limiter.try_acquire(ticket)
        case Do(work):
            return work()


async def drive_async(steps: Steps[T], wire: AsyncWire, runtime: Runtime) -> T:
    """The same on an event loop, which is never held up."""
    try:
        step = next(steps)
        while True:
            try:
                done = await _perform_async(step, wire, runtime)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _perform_async(step: Step, wire: AsyncWire, runtime: Runtime) -> Any:
    match step:
        case Send(request, deadline):
            return await wire.send(request, deadline)
        case Pause(seconds):
            return await runtime.sleep_async(seconds)
        case Ask(limiter, ticket):
            return await _in_thread(lambda: limiter.try_acquire(ticket))
        case Do(work):
            return await _in_thread(work)


async def _in_thread(work: Callable[[], T]) -> T:
    import asyncio  # here, because a client for threads does not need it, and it takes a tenth of the start

    return await asyncio.to_thread(work)
