"""One deadline for a whole call, on a monotonic clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """The moment by which a call must end: `timeout` seconds after this deadline was made."""

    __slots__ = ("_clock", "at", "timeout")

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self.timeout: float = timeout
        self.at: float = clock() + timeout
        self._clock = clock

    def remaining(self) -> float:
        """Seconds left; 0.0 when the deadline has passed."""
        return max(0.0, self.at - self._clock())

    def at_most(self, seconds: float) -> Deadline:
        """The deadline of a part of the call: `seconds` from now, but not after this deadline."""
        return Deadline(min(seconds, self.remaining()), self._clock)

    def __repr__(self) -> str:
        return f"Deadline(timeout={self.timeout})"
