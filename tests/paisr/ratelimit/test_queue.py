"""The rate limit in one process: never too many requests, first come, first served, and no permit wasted."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import random
import threading
import time
from typing import Any

import pytest
from own_limiter import limiter_for
from settable_clock import Clock

from paisr import ConfigurationError, Paisr, RateLimit
from paisr._base.errors import RateLimitTimeoutError
from paisr._engine.deadlines import Deadline
from paisr._engine.exchange import _acquire_permit
from paisr._engine.steps import Pause, RunBlocking
from paisr._ratelimit.limiters import Limiter, Ticket
from paisr._ratelimit.shared import Backend


def most_in_a_window(times: list[float], per: float) -> int:
    """The maximum number of permits in any half-open window of `per` seconds."""
    times = sorted(times)
    most, first = 0, 0
    for last, moment in enumerate(times):
        while moment - times[first] >= per:
            first += 1
        most = max(most, last - first + 1)
    return most


class SimulatedCallers:
    """Callers that sleep exactly as long as the limiter says. `granted`: time and caller of each permit, in order."""

    def __init__(self, limiter: Limiter, clock: Clock) -> None:
        self.limiter = limiter
        self.clock = clock
        self.due: list[tuple[float, int, Ticket]] = []
        self.granted: list[tuple[float, int]] = []
        self.arrived = 0

    def arrive(self, many: int) -> list[Ticket]:
        tickets = [self.limiter.enter() for _ in range(many)]
        for ticket in tickets:
            self.try_acquire(self.arrived, ticket)
            self.arrived += 1
        return tickets

    def try_acquire(self, number: int, ticket: Ticket) -> None:
        wait = self.limiter.try_acquire(ticket)
        if wait:
            self.due.append((self.clock.now + wait, number, ticket))
        else:
            self.granted.append((self.clock.now, number))
            self.limiter.leave(ticket)

    def advance(self, until: float) -> None:
        while self.due and min(self.due)[0] <= until:
            entry = min(self.due)
            self.due.remove(entry)
            self.clock.now = max(self.clock.now, entry[0])
            if not entry[2].has_left:
                self.try_acquire(entry[1], entry[2])
        self.clock.now = max(self.clock.now, until)


def test_each_window_gives_exactly_the_allowed_number_of_permits(clock: Clock) -> None:
    callers = SimulatedCallers(limiter_for(RateLimit(10, per=60), clock), clock)
    callers.arrive(35)
    callers.advance(clock.now + 61 * 4)
    assert [number for _, number in callers.granted] == list(range(35))
    assert [round(moment - 1000) for moment, _ in callers.granted] == [0] * 10 + [61] * 10 + [122] * 10 + [183] * 5


def test_late_arrival_wait_is_bounded(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(4, per=60), clock)
    callers = SimulatedCallers(limiter, clock)
    callers.arrive(1)
    clock.now += 50
    callers.arrive(3)
    sleepers = [limiter.enter() for _ in range(4)]
    assert [round(limiter.try_acquire(ticket)) for ticket in sleepers] == [11, 61, 61, 61]
    clock.now += 61
    assert limiter.try_acquire(sleepers[3]) == 0.0, "four permits are free"
    assert round(limiter.try_acquire(limiter.enter())) == 61, "it must wait for the permit that was just acquired"


def test_late_callers_keep_their_order(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(2, per=1), clock)
    SimulatedCallers(limiter, clock).arrive(2)
    first, second, third = (limiter.enter() for _ in range(3))
    assert all(limiter.try_acquire(ticket) for ticket in (first, second, third))
    clock.now += 5
    assert limiter.try_acquire(third), "two permits are free, and two callers are ahead"
    assert limiter.try_acquire(limiter.enter())
    assert [limiter.try_acquire(ticket) for ticket in (second, first)] == [0.0, 0.0]


@pytest.mark.parametrize("leaving", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_limit_and_the_order_hold_for_random_callers(seed: int, leaving: bool, clock: Clock) -> None:
    chance = random.Random(seed)
    limit, per = chance.randint(1, 8), chance.choice([0.5, 1.0, 60.0])
    callers = SimulatedCallers(limiter_for(RateLimit(limit, per=per), clock), clock)
    staying: list[tuple[int, Ticket]] = []
    for _ in range(150):
        before = callers.arrived
        staying += enumerate(callers.arrive(chance.randint(0, 4)), before)
        if leaving and staying and chance.random() < 0.2:
            callers.limiter.leave(staying.pop(chance.randrange(len(staying)))[1])
        callers.advance(clock.now + chance.random() * per / 4)
    callers.advance(clock.now + 2000 * per)
    assert most_in_a_window([moment for moment, _ in callers.granted], per) <= limit
    numbers = [number for _, number in callers.granted]
    assert {number for number, _ in staying} <= set(numbers), "a caller that stayed got no permit"
    # After others have left, a caller that sleeps too long can be overtaken by a later one.
    assert leaving or numbers == list(range(callers.arrived))


def test_a_cancelled_caller_shortens_the_wait_of_the_next(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1, per=10), clock)
    callers = SimulatedCallers(limiter, clock)
    callers.arrive(1)
    gone, next_one = limiter.enter(), limiter.enter()
    assert limiter.try_acquire(gone) < 11
    assert limiter.try_acquire(next_one) > 11
    limiter.leave(gone)
    assert limiter.try_acquire(next_one) < 11
    clock.now += 11
    assert limiter.try_acquire(next_one) == 0.0


def test_a_caller_that_has_left_acquires_no_permit(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1, per=10), clock)
    SimulatedCallers(limiter, clock).arrive(1)
    gone = limiter.enter()
    limiter.leave(gone)
    assert limiter.try_acquire(gone) > 0
    clock.now += 11
    assert limiter.try_acquire(gone) > 0
    assert limiter.try_acquire(limiter.enter()) == 0.0


def test_leaving_does_not_wait_for_another_caller() -> None:
    def collecting() -> float:
        limiter.leave(abandoned)  # as the garbage collector does when it closes an abandoned call
        return 1000.0

    limiter = limiter_for(RateLimit(2), collecting)
    abandoned = limiter.enter()
    thread = threading.Thread(target=lambda: limiter.try_acquire(limiter.enter()), daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_a_closed_collected_or_interrupted_call_leaves_the_queue(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1, per=10), clock)
    SimulatedCallers(limiter, clock).arrive(1)
    waiting = _acquire_permit(limiter, Deadline(30, clock))
    assert isinstance(next(waiting), Pause)
    waiting.close()
    abandoned: Any = _acquire_permit(limiter, Deadline(30, clock))
    next(abandoned)
    del abandoned
    gc.collect()
    interrupted = _acquire_permit(limiter, Deadline(30, clock))
    next(interrupted)
    with pytest.raises(KeyboardInterrupt):
        interrupted.throw(KeyboardInterrupt())
    assert limiter.try_acquire(limiter.enter()) < 11, "an ended call is still in the queue"


def test_a_wait_beyond_the_deadline_fails_at_once_and_takes_no_permit(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1, per=60), clock)
    SimulatedCallers(limiter, clock).arrive(1)
    with pytest.raises(RateLimitTimeoutError) as caught:
        next(_acquire_permit(limiter, Deadline(30, clock)))
    assert caught.value.outcome == "not_sent"
    clock.now += 61
    assert limiter.try_acquire(limiter.enter()) == 0.0


def test_a_blocking_limiter_yields_a_blocking_step(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1), clock)
    limiter.blocking = True
    assert isinstance(next(_acquire_permit(limiter, Deadline(30, clock))), RunBlocking)


class ThreadClock:
    """A simulated clock for threads: when all sleep, it advances to the next wake-up, so that no thread is late."""

    def __init__(self, threads: int) -> None:
        self.now = 0.0
        self._awake = threads
        self._wakings: list[float] = []
        self._changed = threading.Condition()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            until = self.now + seconds
            self._wakings.append(until)
            self._falls_asleep()
            while self.now < until:
                assert self._changed.wait(30), "all threads are blocked"

    def leave(self) -> None:
        """End the participation of a thread."""
        with self._changed:
            self._falls_asleep()

    def _falls_asleep(self) -> None:
        self._awake -= 1
        if not self._awake and self._wakings:
            self.now = min(self._wakings)
            self._awake = self._wakings.count(self.now)
            self._wakings = [one for one in self._wakings if one > self.now]
            self._changed.notify_all()


def test_sixteen_threads_stay_within_the_limit_and_use_it() -> None:
    rate, until, threads_at_once = RateLimit(40, per=0.2), 0.98, 16
    clock = ThreadClock(threads_at_once)
    limiter = limiter_for(rate, clock)
    readings: list[tuple[float, float]] = []

    def hammer() -> None:
        while clock() < until:
            ticket = limiter.enter()
            while wait := limiter.try_acquire(ticket):
                clock.sleep(wait)
            readings.append((clock(), clock()))
        clock.leave()

    threads = [threading.Thread(target=hammer) for _ in range(threads_at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert certain_violations(readings, rate) == 0
    # Five windows of 0.2 s with their margins begin within 0.98 s.
    assert sum(moment < until for moment, _ in readings) == 5 * rate.requests


@pytest.mark.parametrize("shared", [False, True])
def test_only_one_thread_at_a_time_counts(shared: bool) -> None:
    class Slow(Backend):
        inside, most = 0, 0

        def try_acquire(self, ahead: int) -> float:
            self.inside += 1
            self.most = max(self.most, self.inside)
            time.sleep(0.002)
            self.inside -= 1
            return 0.0

    slow = Slow(RateLimit(100), Clock())
    limiter = limiter_for(RateLimit(100), backend=slow) if shared else limiter_for(RateLimit(100), lambda: slow.wait(0))
    threads = [threading.Thread(target=lambda: limiter.try_acquire(limiter.enter())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert slow.most == 1


def certain_violations(readings: list[tuple[float, float]], rate: RateLimit) -> int:
    """The number of windows with certainly too many permits, wherever between its readings each permit was acquired."""
    starts = sorted(readings)
    found = 0
    for first, (before, _) in enumerate(starts):
        inside = sum(1 for entry in starts[first:] if entry[0] < before + rate.per and entry[1] < before + rate.per)
        found += inside > rate.requests
    return found


def test_certain_violations_finds_a_violation() -> None:
    rate = RateLimit(2, per=1)
    assert certain_violations([(0, 0.1), (0.5, 0.6), (0.8, 0.9)], rate) == 1
    assert certain_violations([(0, 0.1), (0.5, 0.6), (0.8, 1.01)], rate) == 0
    assert most_in_a_window([0.0, 0.5, 1.0], 1) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # the test forks with threads
def test_a_forked_child_has_locks_of_its_own_and_an_empty_queue(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(2, per=10), clock)
    callers = SimulatedCallers(limiter, clock)
    callers.arrive(4)
    with limiter._log.lock:
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                waits = limiter.try_acquire(limiter.enter()), limiter.try_acquire(limiter.enter())
                code = 0 if all(10 < wait < 11 for wait in waits) else 2
            os._exit(code)
    deadline = time.monotonic() + 10
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    if ended == (0, 0):
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(ended[1]) == 0
    assert ended != (0, 0), "the child hangs"


def test_a_forked_child_does_not_wait_for_a_thread_of_the_parent(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(2, per=10), clock)
    limiter._asking = limiter.enter()
    assert limiter.try_acquire(limiter.enter()) > 0, "a thread of the parent uses the window"
    limiter.after_fork()
    assert limiter.try_acquire(limiter.enter()) == 0.0


def test_the_window_is_longer_than_the_service_s_by_a_margin(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1, per=60), clock)
    limiter.try_acquire(limiter.enter())
    assert 60.5 < limiter.try_acquire(limiter.enter()) < 60 / 0.95


def test_a_wait_has_a_minimum(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(1, per=1e-9), clock)
    limiter.try_acquire(limiter.enter())
    assert limiter.try_acquire(limiter.enter()) == 0.001


@pytest.mark.parametrize("requests", [0, -1, True, False, 1.0, 250.0, "250", None, float("nan"), 1_000_001, [250]])
def test_an_invalid_number_of_requests_is_refused(requests: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^RateLimit requests=.*; the published rate is RateLimit\(250, per=60\)\.$"
    ):
        RateLimit(requests)


@pytest.mark.parametrize(
    "per", [0, -1, 0.0, float("nan"), float("inf"), True, "60", None, 86_401, 1e300, 10**400, [60]]
)
def test_an_invalid_window_is_refused(per: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^RateLimit per=.* seconds"):
        RateLimit(250, per=per)


@pytest.mark.parametrize("rate_limit", [250, "250", object(), (250, 60), True])
def test_a_rate_limit_of_another_type_is_refused(rate_limit: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"RateLimit\(250, per=60\)"):
        Paisr("token", rate_limit=rate_limit)


def test_a_rate_limit_is_immutable_and_compared_by_value() -> None:
    rate = RateLimit(250, per=60)
    assert rate == RateLimit(250) == pickle.loads(pickle.dumps(rate))
    assert hash(rate) == hash(RateLimit(250))
    assert rate != RateLimit(249)
    assert repr(rate) == "RateLimit(requests=250, per=60, shared=None)"
    with pytest.raises(AttributeError):
        rate.requests = 1  # type: ignore[misc]  # the test is that it cannot be changed
