"""The optional rate limit: requests beyond the limit of a sliding window are refused."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta


class SlidingWindow:
    """At most `limit` requests in any `per` seconds. A request that was refused is not counted."""

    def __init__(self, limit: int, per: float, clock: Callable[[], datetime]) -> None:
        if limit < 1 or per <= 0:
            raise ValueError("A rate limit needs at least one request and more than zero seconds.")
        self._limit = limit
        self._lock = threading.Lock()
        self._per = timedelta(seconds=per)
        self._clock = clock
        self._taken: deque[datetime] = deque()

    def take(self) -> bool:
        now = self._clock()
        with self._lock:
            while self._taken and now - self._taken[0] >= self._per:
                self._taken.popleft()
            if len(self._taken) >= self._limit:
                return False
            self._taken.append(now)
        return True
