"""One timer of an event loop for the deadlines of all calls that are in flight on it.

`asyncio.timeout` makes a timer for each call, and the loop keeps it long after the call has ended: with fifty calls at
once, that is a tenth of their cost. Here one timer is set for the earliest deadline. When it fires, it cancels the
calls whose deadlines have passed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from paisr._engine.deadlines import Deadline


class Timekeeper:
    """The calls in flight on one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.in_flight: set[TimeLimit] = set()
        self._timer: asyncio.TimerHandle | None = None

    def wake_at(self, due: float) -> None:
        """Set the timer, unless it fires before. It stays after a call: the next one usually has a later deadline."""
        if self._timer is not None and self._timer.when() <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(due, self._expire_due)

    def _expire_due(self) -> None:
        self._timer = None
        now = self.loop.time()
        for call in list(self.in_flight):
            if call.due <= now:
                call.expire()
                self.in_flight.discard(call)
        if self.in_flight:
            self.wake_at(min(call.due for call in self.in_flight))


class TimeLimit:
    """A context that is cancelled at its deadline, and then raises `TimeoutError`.

    As with `asyncio.timeout`, a cancellation from outside stays one, even after the deadline.
    """

    __slots__ = ("_cancelling", "_expired", "_keeper", "_task", "due")

    def __init__(self, keeper: Timekeeper, deadline: Deadline) -> None:
        self._keeper = keeper
        self._expired = False
        self.due = keeper.loop.time() + deadline.remaining()

    def __enter__(self) -> Self:
        task = asyncio.current_task(self._keeper.loop)
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._keeper.in_flight.add(self)
        self._keeper.wake_at(self.due)
        return self

    def expire(self) -> None:
        self._expired = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._keeper.in_flight.discard(self)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
