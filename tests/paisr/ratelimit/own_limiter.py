"""A limiter that only its test uses."""

from __future__ import annotations

import time
from collections.abc import Callable

from paisr import RateLimit
from paisr._ratelimit.limiters import Limiter, PermitLog, ProcessLimiters
from paisr._ratelimit.shared import Backend


def limiter_for(
    rate: RateLimit, clock: Callable[[], float] = time.monotonic, *, backend: Backend | None = None
) -> Limiter:
    """The limiter for a rate; with a backend of the test's, in front of that."""
    if backend is not None:
        return Limiter(rate, clock, PermitLog(), backend)
    return ProcessLimiters().get(rate, clock, "", "")
