"""The window that several processes or machines share, with a fallback while its backend is unavailable."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from paisr._ratelimit.memory import MemoryWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.memory import PermitLog
    from paisr._ratelimit.rate import RateLimit

log = logging.getLogger("paisr")

# Seconds before a failed backend is asked again: a backend that hangs must not delay every call.
BACKEND_COOLDOWN = 3.0


class BackendUnavailableError(Exception):
    """The backend cannot count now. The text says why, and holds no secret."""


class Backend(Protocol):
    """Counts permits for several processes, and can be unavailable."""

    def try_acquire(self, ahead: int) -> float:
        """See `Window.try_acquire`. Raises `BackendUnavailableError`."""
        ...


class SharedWindow:
    """A window in a backend, and one in memory that counts the same permits and replaces a failed backend.

    A permit needs both. So one process never exceeds the limit, even if the backend loses its data. While the backend
    is unavailable, each process keeps the limit on its own, and several processes together can exceed it.
    """

    blocking = True

    def __init__(
        self, backend: Backend, rate: RateLimit, clock: Callable[[], float], log: PermitLog | None = None
    ) -> None:
        self._backend = backend
        self._rate = rate
        self._clock = clock
        self._memory = MemoryWindow(rate, clock, log)
        self._down = False
        self._retry_at = clock()

    def try_acquire(self, ahead: int) -> float:
        wait = self._memory.wait(ahead)
        if wait > 0:
            return wait
        if self._clock() < self._retry_at:
            return self._memory.try_acquire(ahead)
        try:
            wait = self._backend.try_acquire(ahead)
        except BackendUnavailableError as error:
            self._mark_down(str(error))
            return self._memory.try_acquire(ahead)
        self._mark_up()
        if wait <= 0:
            self._memory.record()
        return wait

    def fill(self, seconds: float) -> None:
        """Fill the window of this process only: the service tells the others itself."""
        self._memory.fill(seconds)

    def _mark_down(self, why: str) -> None:
        self._retry_at = self._clock() + BACKEND_COOLDOWN
        if not self._down:
            self._down = True
            log.warning(
                "The rate limit shared at %s is unavailable (%s): "
                "until it is back, this process keeps to %d requests in %g s on its own.",
                self._rate.shared,
                why,
                self._rate.requests,
                self._rate.per,
            )

    def _mark_up(self) -> None:
        if self._down:
            self._down = False
            log.warning("The rate limit shared at %s is back.", self._rate.shared)
