"""A sliding window in this process's memory."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.rate import RateLimit


class MemoryWindow:
    """A sliding window in this process's memory."""

    blocking = False

    def __init__(self, rate: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = rate.requests
        self._window = rate.window
        self._clock = clock
        self._permits: deque[float] = deque(maxlen=rate.requests)

    def try_acquire(self, ahead: int) -> float:
        now = self._clock()
        wait = self._wait(ahead, now)
        if wait <= 0:
            self._permits.append(now)
        return wait

    def wait(self, ahead: int) -> float:
        """What `try_acquire` would say; nothing is counted."""
        return self._wait(ahead, self._clock())

    def note(self) -> None:
        """Count a permit that another window gave."""
        self._permits.append(self._clock())

    def _wait(self, ahead: int, now: float) -> float:
        rounds, rest = divmod(ahead, self._limit)
        index = rest - self._limit + len(self._permits)
        return wait_time(self._permits[index] if index >= 0 else -math.inf, rounds, now, self._window)


def wait_time(before: float, rounds: int, now: float, window: float) -> float:
    """Seconds until the slot that was used at `before` is free again, for the caller after `rounds` others.

    The limit's last permits are its slots. The next caller takes the oldest slot, the caller behind it the second
    oldest; after the last slot it begins anew, a window later.
    """
    return max(0.0, before + window - now) + rounds * window
