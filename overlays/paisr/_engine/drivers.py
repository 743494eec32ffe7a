"""The two drivers that carry out a call's steps: one in the calling thread, one on an event loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from paisr._engine.steps import Pause, RunBlocking, Send, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from paisr._base.runtime import Runtime
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult, Step, Steps
    from paisr_generated.operations import Request

S = TypeVar("S")
T = TypeVar("T")


class Transport(Protocol):
    """Sends a request once, within a deadline, and returns the result. It raises no exception of an HTTP library."""

    def send(self, request: Request, deadline: Deadline) -> AttemptResult: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same on an event loop."""

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult: ...

    async def close(self) -> None: ...


# The result of a request whose client was closed before it was sent.
CLOSED = TransportFailure(
    "connection", sent=False, reason="the client was closed before the request was sent", final=True
)


def run_steps(steps: Generator[S, Any, T], perform: Callable[[S], Any]) -> T:
    """Perform each step that a generator yields, send its result or error back in, and return what it returns."""
    try:
        step = next(steps)
        while True:
            try:
                done = perform(step)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def run_steps_async(steps: Generator[S, Any, T], perform: Callable[[S], Awaitable[Any]]) -> T:
    """The same on an event loop."""
    try:
        step = next(steps)
        while True:
            try:
                done = await perform(step)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


def drive(steps: Steps[T], transport: Transport, runtime: Runtime, is_open: Callable[[], bool] = lambda: True) -> T:
    """Carry out a call's steps in the calling thread, and return its result."""

    def perform(step: Step) -> Any:
        match step:
            case Send(request, deadline):
                return transport.send(request, deadline) if is_open() else CLOSED
            case Pause(seconds):
                return runtime.sleep(seconds)
            case RunBlocking(work, _):
                return work()

    return run_steps(steps, perform)


async def drive_async(
    steps: Steps[T], transport: AsyncTransport, runtime: Runtime, is_open: Callable[[], bool] = lambda: True
) -> T:
    """The same on an event loop, which it never blocks."""

    async def perform(step: Step) -> Any:
        match step:
            case Send(request, deadline):
                return await transport.send(request, deadline) if is_open() else CLOSED
            case Pause(seconds):
                return await runtime.sleep_async(seconds)
            case RunBlocking(work, timeout):
                return await in_thread(work, timeout)

    return await run_steps_async(steps, perform)


async def in_thread(work: Callable[[], T], timeout: float | None = None) -> T:
    """Run the work in a new thread: other work may keep all of the loop's shared threads busy."""
    import asyncio  # here, because a client for threads does not need it, and it takes a tenth of the start
    from concurrent.futures import Future

    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # the task that waits can be cancelled, the work cannot

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="paisr", daemon=True).start()
    async with asyncio.timeout(timeout):
        return await asyncio.wrap_future(future)
