"""A call, decided without IO: limit, send, judge, try again, until there is a response, an error or no time left.

A call is a generator: it yields what to do next (`_exchange.Step`) and is sent what came of it. `_drivers` has the two
that do it, one with threads in mind and one with tasks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen

from paisr._base.errors import RateLimitTimeoutError
from paisr._engine.outcomes import error_for, read
from paisr._engine.retry import may_repeat
from paisr._engine.steps import AcquirePermit, Pause, PreparedCall, RawResponse, Send, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drift import DriftWatch
    from paisr._engine.retry import RetryPolicy
    from paisr._engine.steps import AttemptResult, Steps
    from paisr._ratelimit.queue import Limiter
    from paisr_generated.operations import ApiResponse

T = TypeVar("T")
log = logging.getLogger("paisr")
TOO_LATE = TransportFailure("timeout", sent=False, reason="it passed before the request was sent")
# Seconds.
MAX_QUEUE_PAUSE = 1.0


@frozen(kw_only=True)
class Policy:
    """What holds for all calls of a client."""

    retry: RetryPolicy
    limiter: Limiter | None
    clock: Callable[[], float]
    secret: Secret = field(repr=False)
    drift: DriftWatch | None = None


def exchange(call: PreparedCall[T], policy: Policy, deadline: Deadline) -> Steps[ApiResponse[T]]:
    """Send the request, within the limit and the deadline, as often as is safe; its response, or a `PaisrError`."""
    attempt, spent = 0, 0
    last: AttemptResult | None = None
    while True:
        attempt += 1
        try:
            yield from _admitted(policy.limiter, deadline)
        except RateLimitTimeoutError:
            if last is None:
                raise
            break  # no time for another attempt: how the last one ended is how the call ended
        if not deadline.remaining():
            # The program was held up since it was allowed: what is late is not sent.
            last = last or TOO_LATE
            break
        call.before_sending()
        started = policy.clock()
        result: AttemptResult = yield Send(call.request, deadline)
        last = result
        _log_attempt(call.request.operation, attempt, result, policy.clock() - started)
        if isinstance(result, RawResponse) and 200 <= result.status < 300:
            policy.retry.budget.give_back(spent or 1)
            return read(result, call, policy.secret, attempt)
        wait = _wait_before_retry(call, policy, deadline, attempt, result)
        if wait is None:
            break
        spent = policy.retry.cost(result)
        yield Pause(wait)
    error = error_for(last, call, deadline, policy.secret, now=policy.retry.now(), attempts=attempt)
    raise error from _cause(last)


def _wait_before_retry(
    call: PreparedCall[Any], policy: Policy, deadline: Deadline, attempt: int, result: AttemptResult
) -> float | None:
    """Seconds until the next attempt, or None when this one was the last."""
    if attempt > policy.retry.max_retries or not may_repeat(result, repeatable=call.repeatable):
        return None
    wait = policy.retry.delay(attempt, result)
    if wait >= deadline.remaining():
        return None
    return wait if policy.retry.budget.take(policy.retry.cost(result)) else None


def _admitted(limiter: Limiter | None, deadline: Deadline) -> Steps[None]:
    """Wait for a grant; leave the queue when the wait is given up, cancelled or interrupted."""
    if limiter is None:
        return
    ticket = limiter.enter()
    try:
        while wait := (yield AcquirePermit(limiter, ticket)) if limiter.blocking else limiter.try_acquire(ticket):
            if wait >= deadline.remaining():
                raise RateLimitTimeoutError(
                    f"The rate limit allows the next request in {wait:.1f} s, after the deadline of this call "
                    f"({deadline.timeout:g} s in all); nothing was sent: give a longer timeout= or call later."
                )
            # Asked again before it is due: who was ahead may have left the queue.
            yield Pause(min(wait, MAX_QUEUE_PAUSE))
    finally:
        limiter.leave(ticket)


def _cause(result: AttemptResult) -> BaseException | None:
    return None if isinstance(result, RawResponse) else result.cause


def _log_attempt(operation: str, attempt: int, result: AttemptResult, seconds: float) -> None:
    if log.isEnabledFor(logging.DEBUG):
        outcome = str(result.status) if isinstance(result, RawResponse) else result.reason
        log.debug("%s attempt %d: %s in %.3f s", operation, attempt, outcome, seconds)
