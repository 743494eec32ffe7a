"""The stub's clock: a given clock, plus the time added by `advance`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class TravelClock:
    """A clock that can be advanced. It returns aware datetimes in UTC, and is safe to use from any thread."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return self.untravelled() + self._ahead

    def untravelled(self) -> datetime:
        """The time without `advance`."""
        return self._clock().astimezone(UTC)

    def advance(self, span: timedelta) -> None:
        """Advance the clock; raises `ValueError` for a negative span and for a time beyond the year 9999."""
        if span < timedelta(0):
            raise ValueError("Time passes forward only: give a timedelta that is not negative.")
        with self._lock:
            try:
                _ = self() + span
            except OverflowError:
                raise ValueError("That is beyond the year 9999.") from None
            self._ahead += span
