"""One timer of an event loop for the deadlines of all calls that are in flight on it.

`asyncio.timeout` makes a timer for each call, which stays among the loop's timers long after the call has ended: with
fifty calls at once that is a tenth of what they cost. Here a timer is set for the deadline that comes first, and looks,
when it goes off, whose deadline has passed.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from paisr._engine.deadlines import Deadline


class Timekeeper:
    """The calls in flight on one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._in_flight: set[Within] = set()
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def within(self, deadline: Deadline) -> Within:
        """For `with`: what waits inside is cancelled when the time is over, and a `TimeoutError` comes out."""
        return Within(self, self._loop.time() + deadline.remaining())

    def add(self, call: Within) -> None:
        self._in_flight.add(call)
        if call.due < self._due:
            self._set(call.due)

    def discard(self, call: Within) -> None:
        """The timer stays: a later call has a later deadline, as a rule, and needs no other then."""
        self._in_flight.discard(call)

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer, self._due = None, math.inf
        now = self._loop.time()
        for call in list(self._in_flight):
            if call.due <= now:
                call.expire()
                self._in_flight.discard(call)
        if self._in_flight:
            self._set(min(call.due for call in self._in_flight))


class Within:
    """As `asyncio.timeout`: a cancellation from outside stays one, whatever the time."""

    __slots__ = ("_cancelling", "_expired", "_keeper", "_task", "due")

    def __init__(self, keeper: Timekeeper, due: float) -> None:
        self._keeper = keeper
        self._expired = False
        self.due = due

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._keeper.add(self)
        return self

    def expire(self) -> None:
        self._expired = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._keeper.discard(self)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
