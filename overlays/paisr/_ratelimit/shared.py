"""What all backends that share a rate have in common: a failed one is left alone for a while, and this is logged."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.rate import RateLimit

log = logging.getLogger("paisr")

# Seconds before a failed backend is asked again: a backend that hangs must not delay every call.
BACKEND_COOLDOWN = 3.0


class BackendUnavailableError(Exception):
    """The backend cannot count now. The text says why, and holds no secret. `kept_rate`: as in `ConfigurationError`."""

    kept_rate: tuple[int, float] | None = None


class Backend(ABC):
    """Counts the permits of several processes.

    While it is unavailable, each process keeps the limit on its own, and several together can exceed it.
    """

    def __init__(self, rate: RateLimit, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._limit = rate.requests
        self._clock = clock
        self._retry_at: float | None = None

    def wait(self, ahead: int) -> float:
        """Return what `try_acquire` returns; 0.0 without counting while the backend is unavailable."""
        if self._retry_at is not None and self._clock() < self._retry_at:
            return 0.0
        try:
            wait = self.try_acquire(ahead)
        except BackendUnavailableError as error:
            if self._retry_at is None:
                log.warning(
                    "The rate limit shared at %s is unavailable (%s): "
                    "until it is back, this process keeps to %d requests in %g s on its own.",
                    self._rate.shared,
                    error,
                    self._rate.requests,
                    self._rate.per,
                )
            self._retry_at = self._clock() + BACKEND_COOLDOWN
            return 0.0
        if self._retry_at is not None:
            self._retry_at = None
            log.warning("The rate limit shared at %s is back.", self._rate.shared)
        return wait

    @abstractmethod
    def try_acquire(self, ahead: int) -> float:
        """Count a permit and return 0.0, if `ahead` earlier callers have room too; else return the seconds to wait.

        Raises `BackendUnavailableError`. Used by one thread at a time.
        """
