"""The driver that carries out a call's steps, the same on an event loop and in the calling thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from paisr._engine.steps import Pause, RunBlocking, Send, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from paisr._base.runtime import Runtime
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult, Steps
    from paisr_generated.operations import Request

T = TypeVar("T")


class Transport(Protocol):
    """Sends a request once, within a deadline, and returns the result. It raises no exception of an HTTP library.

    The coroutines of a transport for threads block, and never suspend.
    """

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult: ...

    async def close(self) -> None: ...


# The result of a request whose client was closed before it was sent.
CLOSED = TransportFailure(
    "connection", sent=False, reason="the client was closed before the request was sent", final=True
)


async def drive(
    steps: Steps[T],
    transport: Transport,
    sleep: Callable[[float], Awaitable[object]],
    run: Callable[[Callable[[], Any], float | None], Awaitable[Any]],
    is_open: Callable[[], bool] = lambda: True,
) -> T:
    """Carry out a call's steps, send the result or error of each back in, and return what they return.

    `run` carries out blocking work; on an event loop it is `in_thread`.
    """
    done: Any
    try:
        step = next(steps)
        while True:
            try:
                match step:
                    case Send(request, deadline):
                        done = await transport.send(request, deadline) if is_open() else CLOSED
                    case Pause(seconds):
                        done = await sleep(seconds)
                    case RunBlocking(work, timeout):
                        done = await run(work, timeout)
            except BaseException as interruption:
                step = steps.throw(interruption)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        result: T = stop.value
        return result


def drive_in_thread(
    steps: Steps[T], transport: Transport, runtime: Runtime, is_open: Callable[[], bool] = lambda: True
) -> T:
    """The same in the calling thread: everything that is awaited blocks, so the coroutine never suspends."""

    async def sleep(seconds: float) -> None:
        runtime.sleep(seconds)

    async def run(work: Callable[[], Any], _timeout: float | None) -> Any:
        return work()

    return run_to_end(drive(steps, transport, sleep, run, is_open))


def run_to_end(coroutine: Coroutine[Any, None, T]) -> T:
    """The result of a coroutine that never suspends.

    An interruption between the call that makes a coroutine and its start leaves one that was never awaited. Python then
    warns on standard error, and nothing else happens.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a coroutine for threads suspended")


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
