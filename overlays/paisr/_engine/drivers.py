"""The two that do what a call asks for: one in the calling thread, one on an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from paisr._engine.steps import AcquirePermit, Pause, RunBlocking, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._base.runtime import Runtime
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult, Step, Steps
    from paisr_generated.operations import Request

T = TypeVar("T")


class Transport(Protocol):
    """Sends a request once, within a deadline, and says what came of it. It raises nothing of its HTTP library."""

    def send(self, request: Request, deadline: Deadline) -> AttemptResult: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same on an event loop."""

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult: ...

    async def close(self) -> None: ...


def drive(steps: Steps[T], transport: Transport, runtime: Runtime) -> T:
    """Do a call's steps one after the other, and give back what it returns."""
    try:
        step = next(steps)
        while True:
            try:
                done = _perform(step, transport, runtime)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


def _perform(step: Step, transport: Transport, runtime: Runtime) -> Any:
    match step:
        case Send(request, deadline):
            return transport.send(request, deadline)
        case Pause(seconds):
            return runtime.sleep(seconds)
        case AcquirePermit(limiter, ticket):
            return limiter.try_acquire(ticket)
        case RunBlocking(work):
            return work()


async def drive_async(steps: Steps[T], transport: AsyncTransport, runtime: Runtime) -> T:
    """The same on an event loop, which is never held up."""
    try:
        step = next(steps)
        while True:
            try:
                done = await _perform_async(step, transport, runtime)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _perform_async(step: Step, transport: AsyncTransport, runtime: Runtime) -> Any:
    match step:
        case Send(request, deadline):
            return await transport.send(request, deadline)
        case Pause(seconds):
            return await runtime.sleep_async(seconds)
        case AcquirePermit(limiter, ticket):
            return await _in_thread(lambda: limiter.try_acquire(ticket))
        case RunBlocking(work):
            return await _in_thread(work)


async def _in_thread(work: Callable[[], T]) -> T:
    import asyncio  # here, because a client for threads does not need it, and it takes a tenth of the start

    return await asyncio.to_thread(work)
