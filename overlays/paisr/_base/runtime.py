"""A client's clocks, random numbers and sleep. Tests pass their own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

from msgspec import Struct


def _now() -> datetime:
    return datetime.now(UTC)


def _jitter() -> float:
    import random  # here, because only a retry needs it

    return random.random()


# Seconds of one sleep. Python handles a signal that comes immediately before a sleep only after it.
MAX_SLEEP = 0.5


def _sleep(seconds: float) -> None:
    """Sleep by the `time.sleep` of this moment: gevent may replace it after a client was made."""
    while seconds > MAX_SLEEP:
        time.sleep(MAX_SLEEP)
        seconds -= MAX_SLEEP
    time.sleep(seconds)


async def _sleep_async(seconds: float) -> None:
    import asyncio  # here, because a client for threads does not need it

    await asyncio.sleep(seconds)


class Runtime(Struct, frozen=True, kw_only=True):
    """`clock`: monotonic seconds; `now`: the wall clock, aware; `today`: the local date; `jitter`: 0 to 1."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now
    today: Callable[[], date] = date.today
    jitter: Callable[[], float] = _jitter
    sleep: Callable[[float], None] = _sleep
    sleep_async: Callable[[float], Awaitable[None]] = _sleep_async


SYSTEM = Runtime()
