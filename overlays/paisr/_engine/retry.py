"""What is safe to send again, and when; and the budget of retries. `exchange.py` decides with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from paisr._base.forks import ForkSafe
from paisr._engine.steps import RawResponse, TransportFailure

if TYPE_CHECKING:
    from paisr._engine.steps import AttemptResult

BASE_DELAY = 0.5
MAX_DELAY = 8.0


class RetryBudget(ForkSafe):
    """The budget of retries that all calls of a client share, so that retries do not make an outage worse.

    The model is botocore's standard mode: 500 tokens; a retry takes 5, one after a time-out 10; a retry that succeeds
    gives its tokens back, and a call that succeeds at once gives 1.
    """

    CAPACITY = 500
    COST = 5
    TIMEOUT_COST = 10

    def __init__(self) -> None:
        self._tokens = self.CAPACITY
        super().__init__()

    def take(self, cost: int) -> bool:
        with self._lock:
            if cost > self._tokens:
                return False
            self._tokens -= cost
            return True

    def give_back(self, tokens: int) -> None:
        with self._lock:
            self._tokens = min(self.CAPACITY, self._tokens + tokens)


def cost(result: AttemptResult) -> int:
    """The tokens that a retry after this result takes."""
    timed_out = isinstance(result, TransportFailure) and result.kind == "timeout"
    return RetryBudget.TIMEOUT_COST if timed_out else RetryBudget.COST


def backoff(count: int, jitter: float) -> float:
    """Seconds of exponential backoff with full jitter; `count` is from 1, `jitter` from 0 to 1."""
    return jitter * min(MAX_DELAY, BASE_DELAY * 2.0 ** (count - 1))


def is_throttled(result: AttemptResult) -> bool:
    """Whether the service refused the request because its window is full."""
    return isinstance(result, RawResponse) and result.status == 429


def may_repeat(result: AttemptResult, *, repeatable: bool) -> bool:
    """Whether another attempt is safe and can help.

    A request that is `repeatable`, such as a read, may be repeated after a broken connection, 408, 429 and 5xx. Any
    other, such as a create, only if it certainly was not processed: the connection was never made, or 429.
    """
    if isinstance(result, TransportFailure):
        return not result.final and (repeatable or not result.sent) and result.kind != "response"
    if is_throttled(result):
        return True
    return repeatable and (result.status == 408 or result.status >= 500)


def requested_wait(result: AttemptResult, now: datetime) -> float | None:
    """The seconds that a response asks to wait in `Retry-After`; None if the header is missing or invalid."""
    if isinstance(result, TransportFailure) or (text := result.headers.get("retry-after")) is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    from email.utils import parsedate_to_datetime  # here, because it is slow to import, and few responses have a date

    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
