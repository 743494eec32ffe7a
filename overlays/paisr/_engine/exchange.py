"""The course of a call, without IO: acquire a permit, send, judge the result, and retry, up to the deadline.

A call is a generator: it yields the next step (`steps.Step`) and receives its result. `drivers.drive` carries the steps
out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from paisr._base.errors import RateLimitTimeoutError
from paisr._engine.events import Watch
from paisr._engine.outcomes import error_for, read
from paisr._engine.retry import RetryBudget, backoff, cost, is_throttled, may_repeat, requested_wait
from paisr._engine.steps import Pause, PreparedCall, RawResponse, RunBlocking, Send, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._base.runtime import Runtime
    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drift import DriftWatch
    from paisr._engine.events import OnEvent
    from paisr._engine.steps import AttemptResult, Steps
    from paisr._ratelimit.limiters import Limiter
    from paisr_generated.responses import ApiResponse

T = TypeVar("T")
TOO_LATE = TransportFailure("timeout", sent=False, reason="the deadline passed before the request was sent")
# Seconds.
MAX_QUEUE_PAUSE = 1.0
MIN_PROBE = 0.1


class CallPolicy(Struct, frozen=True, kw_only=True):
    """The settings that all calls of a client share."""

    max_retries: int
    limiter: Limiter | None
    runtime: Runtime
    secret: Secret
    drift: DriftWatch | None = None
    on_event: OnEvent | None = None
    service: str = ""
    budget: RetryBudget = field(default_factory=RetryBudget)


def exchange(call: PreparedCall[T], policy: CallPolicy, deadline: Deadline) -> Steps[ApiResponse[T]]:
    """Send the request within the limit and the deadline, with safe retries; the response or a `PaisrError`."""
    with Watch(call.request, policy.on_event, policy.service, policy.secret, policy.runtime.clock) as watch:
        response = yield from _attempts(call, policy, deadline, watch)
        watch.succeeded(response.data)
        return response


def _attempts(call: PreparedCall[T], policy: CallPolicy, deadline: Deadline, watch: Watch) -> Steps[ApiResponse[T]]:
    attempt, throttled, spent = 0, 0, 0
    last: AttemptResult | None = None
    while True:
        try:
            yield from _acquire_permit(policy.limiter, deadline, watch.queued)
        except RateLimitTimeoutError:
            if last is None:
                raise
            break  # no time for another attempt: the result of the last one is the call's
        if not deadline.remaining():
            # The program was delayed after the permit: a late request is not sent.
            last = last or TOO_LATE
            break
        attempt += 1
        request = watch.sent(call.request)
        call.before_sending()
        result: AttemptResult = yield Send(request, deadline)
        last = result
        watch.ended(result)
        if isinstance(result, RawResponse) and 200 <= result.status < 300:
            policy.budget.give_back(spent or 1)
            return read(result, call, policy.secret, attempt)
        if policy.limiter is not None and is_throttled(result):
            throttled += 1
            wait = _wait_for_window(policy.limiter, policy.runtime, deadline, throttled, result)
        else:
            wait = _wait_before_retry(call, policy, deadline, attempt - throttled, result)
            spent = cost(result)
        if wait is None:
            break
        watch.report("retried", wait)
        yield Pause(wait)
    error = error_for(last, call, deadline, policy.secret, now=policy.runtime.now(), attempts=attempt)
    raise error from None if isinstance(last, RawResponse) else last.cause


def _wait_for_window(
    limiter: Limiter, runtime: Runtime, deadline: Deadline, count: int, result: AttemptResult
) -> float | None:
    """Fill the limiter's window after a 429; the seconds to wait, or None if this call has no time for that.

    This is not counted as a retry. If the service does not say how long, the wait is a guess, and at most half of the
    time left.
    """
    asked, left = requested_wait(result, runtime.now()), deadline.remaining()
    wait = asked or min(backoff(count, runtime.jitter()), left / 2)
    limiter.fill(wait)
    return None if (asked or MIN_PROBE) >= left else wait


def _wait_before_retry(
    call: PreparedCall[Any], policy: CallPolicy, deadline: Deadline, retry: int, result: AttemptResult
) -> float | None:
    """Seconds until the retry with this number (from 1), or None when there is none."""
    if retry > policy.max_retries or not may_repeat(result, repeatable=call.repeatable):
        return None
    asked = requested_wait(result, policy.runtime.now())
    wait = backoff(retry, policy.runtime.jitter()) if asked is None else asked
    is_allowed = wait < deadline.remaining() and policy.budget.take(cost(result))
    return wait if is_allowed else None


def _acquire_permit(
    limiter: Limiter | None, deadline: Deadline, queued: Callable[[float], object] = lambda _wait: None
) -> Steps[None]:
    """Wait for a permit; leave the queue however the wait ends: with a permit, without time, or interrupted."""
    if limiter is None:
        return
    ticket = limiter.enter()
    ask = partial(limiter.try_acquire, ticket)
    try:
        while wait := (yield RunBlocking(ask)) if limiter.blocking else ask():
            if wait >= deadline.remaining():
                error = RateLimitTimeoutError(
                    f"The rate limit allows the next request in {wait:.1f} s, after the deadline of this call "
                    f"({deadline.timeout:g} s in all); nothing was sent: give a longer timeout= or call later."
                )
                error.retry_after = wait
                raise error
            queued(wait)
            # Ask again before the wait is over: a caller ahead may have left the queue.
            yield Pause(min(wait, MAX_QUEUE_PAUSE))
    finally:
        limiter.leave(ticket)
