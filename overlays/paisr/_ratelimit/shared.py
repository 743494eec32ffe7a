"""A rate that several processes or machines keep together, and what holds while the backend is unavailable."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from paisr._ratelimit.memory import MemoryWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.memory import PermitLog
    from paisr._ratelimit.rate import RateLimit

log = logging.getLogger("paisr")

# Seconds for which a backend that failed is not asked: one that hangs must not cost every call its lock timeout.
BACKEND_COOLDOWN = 3.0


class BackendUnavailableError(Exception):
    """The backend cannot count now. Its text says why, without a secret."""


class Backend(Protocol):
    """A window that can be unavailable."""

    def try_acquire(self, ahead: int) -> float:
        """As `Window.try_acquire`; raises `BackendUnavailableError`."""
        ...


class SharedWindow:
    """A window in a backend, beside one in memory, which counts the same permits and serves alone when it must.

    A permit needs both. So one process never exceeds the limit, also when the backend has lost its data. While the
    backend is unavailable, several processes together can exceed it, since each keeps to the limit by itself.
    """

    blocking = True

    def __init__(
        self, backend: Backend, rate: RateLimit, clock: Callable[[], float], log: PermitLog | None = None
    ) -> None:
        self._backend = backend
        self._rate = rate
        self._clock = clock
        self._own = MemoryWindow(rate, clock, log)
        self._down = False
        self._again_at = clock()

    def try_acquire(self, ahead: int) -> float:
        wait = self._own.wait(ahead)
        if wait > 0:
            return wait
        if self._clock() < self._again_at:
            return self._own.try_acquire(ahead)
        try:
            wait = self._backend.try_acquire(ahead)
        except BackendUnavailableError as error:
            self._mark_down(str(error))
            return self._own.try_acquire(ahead)
        self._mark_up()
        if wait <= 0:
            self._own.note()
        return wait

    def fill(self, seconds: float) -> None:
        """In this process only; the service tells the others itself."""
        self._own.fill(seconds)

    def _mark_down(self, why: str) -> None:
        self._again_at = self._clock() + BACKEND_COOLDOWN
        if not self._down:
            self._down = True
            log.warning(
                "The rate limit shared at %s is unavailable (%s): "
                "this process keeps to %d in %g s alone until it is back.",
                self._rate.shared,
                why,
                self._rate.requests,
                self._rate.per,
            )

    def _mark_up(self) -> None:
        if self._down:
            self._down = False
            log.warning("The rate limit shared at %s is back.", self._rate.shared)
