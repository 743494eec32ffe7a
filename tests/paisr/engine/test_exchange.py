"""The engine without IO: a call is a generator. The test sends it results and checks the steps that it yields."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from msgspec.structs import replace

from paisr import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    CallEvent,
    PaisrError,
    RateLimitError,
    RateLimitTimeoutError,
    ServerError,
    UnexpectedResponseError,
)
from paisr._base.secrets import Secret
from paisr._engine.deadlines import Deadline
from paisr._engine.exchange import CallPolicy, exchange
from paisr._engine.retry import RetryBudget
from paisr._engine.steps import Pause, PreparedCall, RawResponse, RunBlocking, Send, TransportFailure
from paisr_generated.operations import Request
from paisr_generated.responses import ApiResponse

REQUEST = Request(operation="get_invoice", method="GET", target="/invoices/inv_1")
BROKEN = TransportFailure("connection", True, "it broke")
NOT_MADE = TransportFailure("connection", False, "refused")


class FakeLimiter:
    """A limiter with given results: each number is the result of one `try_acquire`."""

    def __init__(self, *responses: float, blocking: bool = False) -> None:
        self.blocking = blocking
        self.responses = list(responses)
        self.entered = self.granted = self.left = 0
        self.fills: list[float] = []

    def enter(self) -> Any:
        self.entered += 1
        return object()

    def try_acquire(self, ticket: Any) -> float:
        wait = self.responses.pop(0) if self.responses else 0.0
        self.granted += not wait
        return wait

    def leave(self, ticket: Any) -> None:
        self.left += 1

    def fill(self, seconds: float) -> None:
        self.fills.append(seconds)


class CallRun:
    """Runs a call against a list of results, and records every step."""

    def __init__(
        self, time: Any, *, read: bool = True, retries: int = 2, timeout: float = 30.0, limiter: Any = None
    ) -> None:
        self.time = time
        self.policy = CallPolicy(max_retries=retries, limiter=limiter, runtime=time.runtime, secret=Secret("tok"))
        self.budget = self.policy.budget
        self.deadline = Deadline(timeout, lambda: time.seconds)
        self.operation = PreparedCall[bytes](
            request=REQUEST, decode=lambda responded: responded.content, repeatable=read
        )
        self.steps: list[Any] = []
        self.takes = 0.0

    def run(self, *results: Any) -> ApiResponse[bytes]:
        call = exchange(self.operation, self.policy, self.deadline)
        left = list(results)
        done: Any = None
        try:
            while True:
                step = call.send(done)
                self.steps.append(step)
                done = None
                if isinstance(step, Pause):
                    self.time.sleep(step.seconds)
                elif isinstance(step, RunBlocking):
                    done = step.work()
                else:
                    self.time.seconds += self.takes
                    done = left.pop(0)
                    if isinstance(done, BaseException):
                        step = call.throw(done)
        except StopIteration as stop:
            assert not left, "the call ended before all results were used"
            result: ApiResponse[bytes] = stop.value
            return result

    def fails(self, *results: Any) -> Any:
        with pytest.raises(PaisrError) as caught:
            self.run(*results)
        return caught.value

    @property
    def sends(self) -> int:
        return sum(isinstance(step, Send) for step in self.steps)

    @property
    def pauses(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Pause)]


def response(status: int = 200, **headers: str) -> RawResponse:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return RawResponse(status, raw, b'{"success": false, "message": "no"}' if status >= 300 else b"ok")


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_ends_a_call_at_once(time: Any, status: int) -> None:
    play = CallRun(time)
    completed = play.run(response(status))
    assert (completed.attempts, completed.status_code, play.pauses) == (1, status, [])
    assert play.steps[0].request is REQUEST
    assert play.steps[0].deadline is play.deadline


REPEATABLE = [
    BROKEN,
    NOT_MADE,
    TransportFailure("timeout", False, "connect"),
    TransportFailure("timeout", True, "read"),
    *(response(status) for status in (408, 429, 500, 502, 503, 504, 520, 599, 999)),
]


@pytest.mark.parametrize("happened", REPEATABLE, ids=str)
def test_a_read_is_retried_up_to_max_retries(time: Any, happened: Any) -> None:
    play = CallRun(time)
    assert play.run(happened, happened, response()).attempts == 3
    assert play.pauses == [0.5, 1.0]
    again = CallRun(time)
    again.fails(happened, happened, happened)
    assert again.sends == 3
    never = CallRun(time, retries=0)
    never.fails(happened)
    assert (never.sends, never.pauses) == (1, [])


FINAL = [
    *(response(status) for status in (301, 302, 304, 400, 401, 403, 404, 405, 409, 410, 418, 422, 425, 499)),
    TransportFailure("connection", False, "the certificate", final=True),
    TransportFailure("response", True, "too large", status=200),
]


@pytest.mark.parametrize("happened", FINAL, ids=str)
@pytest.mark.parametrize("read", [True, False])
def test_a_permanent_failure_is_not_retried(time: Any, happened: Any, read: bool) -> None:
    play = CallRun(time, read=read)
    play.fails(happened)
    assert (play.sends, play.pauses) == (1, [])


@pytest.mark.parametrize("happened", [NOT_MADE, TransportFailure("timeout", False, "connect"), response(429)], ids=str)
def test_a_create_is_retried_when_it_was_certainly_not_processed(time: Any, happened: Any) -> None:
    play = CallRun(time, read=False)
    assert play.run(happened, happened, response()).attempts == 3


@pytest.mark.parametrize(
    "happened",
    [
        BROKEN,
        TransportFailure("timeout", True, "read"),
        TransportFailure("response", True, "cut off", status=200),
        *(response(status) for status in (302, 408, 500, 502, 503, 504, 520, 599)),
    ],
    ids=str,
)
def test_a_create_that_may_have_been_processed_is_never_retried(time: Any, happened: Any) -> None:
    play = CallRun(time, read=False, retries=100)
    assert play.fails(happened).outcome == "unknown"
    assert play.sends == 1
    after = CallRun(time, read=False, retries=100)
    assert after.fails(NOT_MADE, response(429), happened).outcome == "unknown"
    assert after.sends == 3


def test_the_delay_doubles_up_to_eight_seconds_and_is_jittered_from_zero(time: Any) -> None:
    play = CallRun(time, retries=8, timeout=1000)
    play.fails(*[response(500)] * 9)
    assert play.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    time.jitter = 0.0
    still = CallRun(time, retries=3)
    still.fails(*[response(500)] * 4)
    assert still.pauses == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("3", 3.0),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("Wed, 01 May 2024 12:00:09 GMT", 9.0),
        ("Wed, 01 May 2024 14:00:09 +0200", 9.0),
        ("Wed, 01 May 2024 12:00:09 -0000", 9.0),
        ("Wed, 01 May 2024 11:00:00 GMT", 0.0),
        *(
            (nonsense, 0.5)
            for nonsense in ("", "soon", "-1", "1.5", "1e3", "٣", "nan", "inf", "3, 5", "Wed", "99 May", "0x5")
        ),
        *(
            (nonsense, 0.5)
            for nonsense in ("Wed, 01 May 99999 12:00:09 GMT", "Wed, 41 May 2024 12:00:09 GMT", "x" * 10000)
        ),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_valid_retry_after_is_honoured_and_an_invalid_one_ignored(
    time: Any, status: int, text: str, pause: float
) -> None:
    play = CallRun(time)
    play.run(response(status, retry_after=text), response())
    assert play.pauses == [pause]


@pytest.mark.parametrize("asked", ["30", "31", "9" * 400, "Wed, 01 May 2024 13:00:00 GMT"])
@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (503, ServerError)])
def test_a_retry_after_beyond_the_deadline_fails_at_once_with_the_reason(
    time: Any, asked: str, status: int, kind: type[APIStatusError]
) -> None:
    play = CallRun(time)
    error = play.fails(response(status, retry_after=asked))
    assert type(error) is kind
    assert "longer than this call may take." in str(error)
    assert (play.sends, time.slept) == (1, [])
    assert isinstance(error, RateLimitError | ServerError)
    assert error.retry_after is not None
    assert error.retry_after >= 30


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_on_the_error(time: Any, status: int) -> None:
    error = CallRun(time, retries=0).fails(response(status, retry_after="7"))
    assert error.retry_after == 7.0
    assert "longer" not in str(error)
    assert CallRun(time, retries=0).fails(response(status, retry_after="soon")).retry_after is None


@pytest.mark.parametrize("read", [True, False])
def test_a_429_fills_the_limiter_and_does_not_count_as_a_retry(time: Any, read: bool) -> None:
    limiter = FakeLimiter()
    play = CallRun(time, read=read, retries=1, limiter=limiter)
    assert play.run(*[response(429)] * 4, NOT_MADE, response(429, retry_after="3"), response()).attempts == 7
    assert limiter.fills == [0.5, 1.0, 2.0, 4.0, 3.0]
    assert time.seconds == 1000 + sum(limiter.fills) + 0.5
    assert not play.budget.take(RetryBudget.CAPACITY + 1)
    assert play.budget.take(RetryBudget.CAPACITY), "the success did not restore the budget, or a 429 used it"


def test_a_429_with_a_retry_after_of_zero_is_retried_after_a_delay(time: Any) -> None:
    limiter = FakeLimiter()
    CallRun(time, limiter=limiter).run(*[response(429, retry_after="0")] * 3, response())
    assert limiter.fills == [0.5, 1.0, 2.0]


def test_a_429_without_retry_after_is_retried_until_the_deadline(time: Any) -> None:
    limiter = FakeLimiter()
    play = CallRun(time, timeout=60, limiter=limiter)
    error = play.fails(*[response(429)] * 17)
    assert type(error) is RateLimitError
    assert 0 < play.deadline.remaining() < 0.1
    assert limiter.fills[:7] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert max(limiter.fills) == 8.0


def test_a_429_beyond_the_deadline_fails_at_once_and_still_fills_the_limiter(time: Any) -> None:
    limiter = FakeLimiter()
    play = CallRun(time, limiter=limiter)
    assert play.fails(response(429, retry_after="30")).retry_after == 30
    assert (play.sends, limiter.fills, time.slept) == (1, [30.0], [])


@pytest.mark.parametrize("timeout", [0.3, 1.2, 5.0, 20.0])
@pytest.mark.parametrize("takes", [0.0, 0.7])
def test_no_wait_is_longer_than_the_remaining_time(time: Any, timeout: float, takes: float) -> None:
    play = CallRun(time, retries=50, timeout=timeout)
    play.takes = takes
    call = [response(500)] * 60
    with pytest.raises(ServerError):
        CallRun.run(play, *call)
    assert time.seconds <= play.deadline.at + takes
    assert play.deadline.remaining() > 0 or takes


def test_an_exhausted_retry_budget_ends_the_retries(time: Any) -> None:
    play = CallRun(time, retries=100, timeout=10_000)
    results = [response(500)] * 101
    play.fails(*results)
    assert play.sends == 101
    play.steps.clear()
    play.fails(response(500))
    assert play.sends == 1


def test_a_retry_after_a_timeout_costs_double_and_a_success_restores_the_budget(time: Any) -> None:
    play = CallRun(time, retries=100, timeout=10_000)
    play.fails(*[TransportFailure("timeout", True, "read")] * 51)
    assert not play.budget.take(1)
    play.run(response())
    assert play.budget.take(1)
    assert not play.budget.take(1)
    play.budget.give_back(10)
    play.run(TransportFailure("timeout", True, "read"), response())
    assert play.budget.take(10)
    play.budget.give_back(10**6)
    assert play.budget.take(500)
    assert not play.budget.take(1)


@pytest.mark.parametrize("blocking", [True, False])
def test_every_attempt_acquires_its_own_permit(time: Any, blocking: bool) -> None:
    limiter = FakeLimiter(0.25, 0.0, 0.0, 0.75, 1.0, 0.0, blocking=blocking)
    play = CallRun(time, limiter=limiter)
    assert play.run(response(500), response(500), response()).attempts == 3
    assert (limiter.entered, limiter.granted, limiter.left) == (3, 3, 3)
    assert play.pauses == [0.25, 0.5, 1.0, 0.75, 1.0]
    assert sum(isinstance(step, RunBlocking) for step in play.steps) == (6 if blocking else 0)


def test_a_long_wait_checks_the_limiter_again_before_its_end(time: Any) -> None:
    # The wait was computed with other callers ahead, and no signal comes when they leave the queue.
    play = CallRun(time, limiter=FakeLimiter(20.0))
    play.run(response())
    assert play.pauses == [1.0]


def test_a_permit_after_the_deadline_is_refused_at_once(time: Any) -> None:
    limiter = FakeLimiter(30.0)
    play = CallRun(time, limiter=limiter)
    error = play.fails()
    assert type(error) is RateLimitTimeoutError
    assert error.outcome == "not_sent"
    assert error.retry_after == 30.0
    assert "nothing was sent" in str(error)
    assert (play.sends, play.pauses, limiter.left) == (0, [], 1)


@pytest.mark.parametrize(
    ("happened", "kind"), [(response(503), ServerError), (response(429), RateLimitError), (BROKEN, APIConnectionError)]
)
def test_a_retry_without_a_permit_ends_with_the_error_of_the_last_attempt(
    time: Any, happened: Any, kind: type[PaisrError]
) -> None:
    limiter = FakeLimiter(0.0, 29.9)
    play = CallRun(time, limiter=limiter)
    error = play.fails(happened)
    assert type(error) is kind
    assert (play.sends, limiter.left) == (1, 2)


@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), GeneratorExit(), RuntimeError()])
def test_the_queue_is_left_however_the_call_ends(time: Any, blocking: bool, interruption: BaseException) -> None:
    limiter = FakeLimiter(5.0, 5.0, blocking=blocking)
    play = CallRun(time, limiter=limiter)
    call = exchange(play.operation, play.policy, play.deadline)
    next(call)
    with pytest.raises(type(interruption)):
        call.throw(copy.copy(interruption))
    assert (limiter.entered, limiter.left) == (1, 1)
    closed = FakeLimiter(5.0, blocking=blocking)
    call = exchange(play.operation, CallRun(time, limiter=closed).policy, play.deadline)
    next(call)
    call.close()
    assert (closed.entered, closed.left) == (1, 1)


def test_an_interruption_during_a_send_is_raised(time: Any) -> None:
    limiter = FakeLimiter()
    play = CallRun(time, limiter=limiter)
    with pytest.raises(KeyboardInterrupt):
        play.run(KeyboardInterrupt())
    assert (play.sends, limiter.left) == (1, 1)


@pytest.mark.parametrize(
    ("happened", "kind", "outcome"),
    [
        (BROKEN, APIConnectionError, "unknown"),
        (NOT_MADE, APIConnectionError, "not_sent"),
        (TransportFailure("timeout", True, "late"), APITimeoutError, "unknown"),
        (TransportFailure("timeout", False, "late"), APITimeoutError, "not_sent"),
        (TransportFailure("response", True, "odd", status=200), UnexpectedResponseError, "unknown"),
    ],
)
def test_a_failure_becomes_its_error_with_its_cause(
    time: Any, happened: TransportFailure, kind: type[PaisrError], outcome: str
) -> None:
    cause = OSError("the reason")
    failed = TransportFailure(happened.kind, happened.sent, happened.reason, cause, status=happened.status)
    error = CallRun(time, read=False, retries=0).fails(failed)
    assert type(error) is kind
    assert error.outcome == outcome
    assert error.__cause__ is cause
    assert happened.reason in str(error)
    assert str(error).endswith(".")


def test_one_line_is_logged_for_each_attempt(time: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="paisr"):
        play = CallRun(time)
        play.takes = 0.25
        play.run(response(503), BROKEN, response())
    assert [record.getMessage() for record in caplog.records if record.levelname == "DEBUG"] == [
        "get_invoice attempt 1: 503 in 0.250 s",
        "get_invoice attempt 2: it broke in 0.250 s",
        "get_invoice attempt 3: 200 in 0.250 s",
    ]


def test_a_growing_wait_sends_another_event(time: Any) -> None:
    """The wait grows where another process takes the free permit."""
    events: list[CallEvent] = []
    play = CallRun(time, timeout=100, limiter=FakeLimiter(0.9, 0.9, 0.9, 0.9, 5.0, 4.0))
    play.policy = replace(play.policy, on_event=events.append)
    play.run(response())
    assert [(event.name, round(event.seconds, 1)) for event in events] == [
        ("queued", 0.9),
        ("queued", 2.7),
        ("queued", 8.6),
        ("sent", 5.6),
        ("answered", 0.0),
        ("outcome", 5.6),
    ]


def test_a_collected_call_sends_no_event(time: Any) -> None:
    """The garbage collector can close a call while a hook is running."""
    events: list[CallEvent] = []
    play = CallRun(time)
    play.policy = replace(play.policy, on_event=events.append)
    call = exchange(play.operation, play.policy, play.deadline)
    next(call)
    call.close()
    assert [event.name for event in events] == ["sent"]


def test_the_reason_of_a_failure_has_no_token(time: Any) -> None:
    events: list[CallEvent] = []
    play = CallRun(time, retries=0)
    play.policy = replace(play.policy, on_event=events.append, secret=Secret("CANARY-c0ffee"))
    error = play.fails(TransportFailure("connection", True, "it broke at CANARY-c0ffee"))
    assert events[1].reason == "it broke at [secret]"
    assert str(error) == "No response to get_invoice: it broke at [secret]."


@pytest.mark.parametrize("retries", [0, 2])
def test_a_process_that_is_delayed_after_its_permit_sends_nothing(time: Any, retries: int) -> None:
    class SlowLimiter(FakeLimiter):
        def try_acquire(self, ticket: Any) -> float:
            time.seconds += 31.0  # such as a garbage collection or a stopped process
            return super().try_acquire(ticket)

    play = CallRun(time, read=False, retries=retries, limiter=SlowLimiter())
    error = play.fails()
    assert (type(error), error.outcome, play.sends) == (APITimeoutError, "not_sent", 0)
    assert "the deadline passed before the request was sent" in str(error)
