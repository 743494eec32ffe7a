"""The limiter that a rate asks for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._ratelimit.memory import MemoryWindow
from paisr._ratelimit.queue import QueueLimiter
from paisr._ratelimit.shared import SharedWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.queue import Limiter
    from paisr._ratelimit.rate import RateLimit
    from paisr._ratelimit.shared import Backend


def limiter_for(rate: RateLimit, clock: Callable[[], float] = time.monotonic) -> Limiter:
    """The limiter that a rate asks for. Raises `ConfigurationError` when its backend cannot be used."""
    if rate.shared is None:
        return QueueLimiter(MemoryWindow(rate, clock))
    return QueueLimiter(SharedWindow(_backend(rate, clock), rate, clock))


def _backend(rate: RateLimit, clock: Callable[[], float]) -> Backend:
    if (url := rate.url()) is not None:
        from paisr._ratelimit.redis import RedisBackend

        return RedisBackend(rate, url)
    try:
        from paisr._ratelimit.file import FileBackend
    except ImportError:
        raise ConfigurationError(
            "This system has no file locks of the kind that a rate shared by a file needs (POSIX); share it by redis://."
        ) from None
    return FileBackend(rate, Path((rate.shared or "").removeprefix("file:")), clock)
