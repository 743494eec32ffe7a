"""The sliding window in this process's memory, and the wait that every window computes."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from paisr._base.forks import register_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.rate import RateLimit


class PermitLog:
    """The times of the last permits at one place. All windows that count there share it, whatever their limits."""

    def __init__(self) -> None:
        self.times: deque[float] = deque(maxlen=0)
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self.lock = threading.Lock()

    def make_room(self, requests: int) -> None:
        with self.lock:
            if requests > (self.times.maxlen or 0):
                self.times = deque(self.times, requests)


class MemoryWindow:
    """A sliding window in this process's memory."""

    blocking = False

    def __init__(
        self, rate: RateLimit, clock: Callable[[], float] = time.monotonic, log: PermitLog | None = None
    ) -> None:
        self._limit = rate.requests
        self._window = rate.window
        self._clock = clock
        self._log = log or PermitLog()
        self._log.make_room(rate.requests)

    def try_acquire(self, ahead: int) -> float:
        with self._log.lock:
            now = self._clock()
            wait = self._wait(ahead, now)
            if wait <= 0:
                self._log.times.append(now)
            return wait

    def wait(self, ahead: int) -> float:
        """Return what `try_acquire` would return, and count nothing."""
        with self._log.lock:
            return self._wait(ahead, self._clock())

    def record(self) -> None:
        """Count a permit that another window granted."""
        with self._log.lock:
            self._log.times.append(self._clock())

    def fill(self, seconds: float) -> None:
        """Grant no permit for `seconds`, and then permits at the even rate at most: the service's window is full.

        The requests that filled it came from elsewhere, at unknown times. They count as spread evenly over the window.
        """
        with self._log.lock:
            times = self._log.times
            known = [times.pop() for _ in range(min(self._limit, len(times)))]
            known += [-math.inf] * (self._limit - len(known))
            first = self._clock() + seconds - self._window
            step = self._window / self._limit
            times.extend(max(one, first + index * step) for index, one in enumerate(reversed(known)))

    def _wait(self, ahead: int, now: float) -> float:
        rounds, rest = divmod(ahead, self._limit)
        index = rest - self._limit + len(self._log.times)
        return wait_time(self._log.times[index] if index >= 0 else -math.inf, rounds, now, self._window)


def wait_time(used_at: float, rounds: int, now: float, window: float) -> float:
    """Return the seconds until the slot last used at `used_at` is free, for a caller `rounds` full windows behind.

    The last permits are the slots. The next caller takes the oldest slot, and the caller behind it the second oldest.
    After the newest slot, callers start again with the oldest, one window later.
    """
    return max(0.0, used_at + window - now) + rounds * window
