"""One limiter for all clients of a service and token, also with different limits; after a 429 all of them wait."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time as real_time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from own_limiter import limiter_for
from settable_clock import Clock

from paisr import ConfigurationError, RateLimit, RateLimitError, RateLimitTimeoutError
from paisr._ratelimit.limiters import Limiter, ProcessLimiters
from paisr._ratelimit.shared import Backend

LIVE, STAGING = "https://api.live.paisr.tech/v2", "https://api.staging.paisr.tech/v2"


def granted(limiter: Limiter) -> bool:
    ticket = limiter.enter()
    wait = limiter.try_acquire(ticket)
    limiter.leave(ticket)
    return not wait


# One limiter for several clients


def test_clients_of_one_service_and_token_have_one_limiter(side: Any, time: Any) -> None:
    rate = RateLimit(250, per=60)
    client = side.client(time=time)
    same = [
        side.client(time=time, rate_limit=rate),
        side.client(time=time, base_url=LIVE),
        client.with_options(timeout=1),
    ]
    others = [
        side.client(time=time, token="another"),
        side.client(time=time, environment="staging"),
        side.client(time=time, token=lambda: "tok_of_these_tests"),
    ]
    limiter = client._session.policy.limiter
    assert all(one._session.policy.limiter is limiter for one in same)
    assert len({id(one._session.policy.limiter) for one in [client, *others]}) == 4


def test_clients_with_the_same_token_callable_have_one_limiter(side: Any, time: Any) -> None:
    tokens = iter(["tok_1", "tok_2"])

    def give() -> str:
        return next(tokens)

    one, two = (side.client(time=time, token=give) for _ in range(2))
    assert one._session.policy.limiter is two._session.policy.limiter


def test_two_clients_share_one_limit(side: Any, script: Any, invoice: Any, time: Any) -> None:
    responses, rate = script((200, invoice)), RateLimit(4, per=60)
    clients = [side.client(responses, time=time, rate_limit=rate, timeout=5) for _ in range(2)]
    for turn in range(4):
        side.call(clients[turn % 2], "get", "inv_123456")
    for client in clients:
        with pytest.raises(RateLimitTimeoutError) as caught:
            side.call(client, "get", "inv_123456")
        assert caught.value.retry_after == pytest.approx(61)
    assert len(responses.requests) == 4


def test_a_limiter_lives_as_long_as_its_clients(limiters: ProcessLimiters, side: Any) -> None:
    client = side.type("tok_a")
    limiter = client._session.policy.limiter
    assert [key for key in limiters._limiters if "tok_a" in repr(key)] == []
    assert side.type("tok_a")._session.policy.limiter is limiter
    del client, limiter
    gc.collect()
    assert not limiters._limiters
    assert not limiters._logs


def test_each_client_keeps_its_own_limit_and_all_requests_count(clock: Clock) -> None:
    limiters = ProcessLimiters()
    low, high = (limiters.get(RateLimit(number), clock, LIVE, "one") for number in (2, 4))
    assert [granted(low), granted(high), granted(low)] == [True, True, False]
    assert [granted(high), granted(high), granted(high), granted(low)] == [True, True, False, False]
    clock.now += 61
    assert [granted(low), granted(low), granted(low), granted(high)] == [True, True, False, True]


def test_a_lower_limit_that_is_added_later_holds(clock: Clock) -> None:
    limiters = ProcessLimiters()
    high = limiters.get(RateLimit(4), clock, LIVE, "one")
    assert [granted(high) for _ in range(3)] == [True] * 3
    low = limiters.get(RateLimit(2, per=30), clock, LIVE, "one")
    assert not granted(low)
    clock.now += 31
    assert granted(low)
    assert not granted(high)


@pytest.mark.parametrize(("one", "two", "is_same"), [("a", "a", True), ("a", "b", False)])
def test_a_shared_limit_belongs_to_its_backend_and_not_to_a_token(
    clock: Clock, tmp_path: Path, one: str, two: str, is_same: bool
) -> None:
    limiters = ProcessLimiters()
    rates = [RateLimit(2, shared=f"file:{tmp_path / name}") for name in (one, two)]
    first, second = (limiters.get(rate, clock, LIVE, token) for rate, token in zip(rates, ("x", "y"), strict=True))
    assert (first is second) is is_same
    assert [granted(first), granted(first), granted(first), granted(second)] == [True, True, False, not is_same]


def test_a_file_with_another_limit_is_refused(side: Any, tmp_path: Path) -> None:
    side.client(rate_limit=RateLimit(250, shared=f"file:{tmp_path / 'rate'}"))
    with pytest.raises(ConfigurationError, match=r"keeps another limit, 250 in 60 s; name another file") as caught:
        side.client(rate_limit=RateLimit(100, shared=f"file:{tmp_path / 'rate'}"))
    assert caught.value.kept_rate == (250, 60)


def test_threads_that_make_clients_concurrently_get_one_limiter(clock: Clock) -> None:
    limiters, found, start = ProcessLimiters(), list[Limiter](), threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(limiters.get(RateLimit(5), clock, LIVE, "one"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # threads of other tests may still run
def test_a_forked_child_has_new_locks(clock: Clock) -> None:
    limiters = ProcessLimiters()
    limiter = limiters.get(RateLimit(5), clock, LIVE, "one")
    [log] = limiters._logs.values()
    with limiters._lock, log.lock:
        child = os.fork()
        if child == 0:
            code = 9
            with contextlib.suppress(BaseException):
                code = 0 if limiters.get(RateLimit(5), clock, LIVE, "one") is limiter and granted(limiter) else 2
            os._exit(code)
    until = real_time.monotonic() + 10
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and real_time.monotonic() < until:
        real_time.sleep(0.01)
    if ended == (0, 0):
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert ended != (0, 0), "the child hangs"
    assert os.waitstatus_to_exitcode(ended[1]) == 0


# A window that is full according to a 429


@pytest.mark.parametrize("shared", [None, "file:{}"])
def test_a_full_window_gives_no_permit_until_its_end_and_no_burst_after_it(
    clock: Clock, tmp_path: Path, shared: str | None
) -> None:
    rate = RateLimit(60, per=60, shared=None if shared is None else shared.format(tmp_path / "rate"))
    limiter = limiter_for(rate, clock)
    limiter.fill(7)
    ticket = limiter.enter()
    assert limiter.try_acquire(ticket) == pytest.approx(7)
    clock.now += 7.001
    assert [not limiter.try_acquire(ticket), granted(limiter)] == [True, False]
    for _ in range(20):
        clock.now += 61 / 60
        assert [granted(limiter), granted(limiter)] == [True, False]
    clock.now += 61
    assert sum(granted(limiter) for _ in range(70)) == 60


def test_a_full_window_keeps_the_permits_that_were_acquired_before(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(4, per=60), clock)
    assert [granted(limiter) for _ in range(3)] == [True] * 3
    limiter.fill(1)
    clock.now += 1.001
    assert [granted(limiter), granted(limiter)] == [True, False]
    clock.now += 50
    assert not granted(limiter), "the permits before the 429 were forgotten"
    clock.now += 10.1
    assert [granted(limiter) for _ in range(4)] == [True, True, True, False]


def test_a_full_window_keeps_the_order_of_the_queue(clock: Clock) -> None:
    limiter = limiter_for(RateLimit(2, per=60), clock)
    limiter.fill(5)
    first, second = limiter.enter(), limiter.enter()
    assert limiter.try_acquire(first) == pytest.approx(5)
    assert limiter.try_acquire(second) == pytest.approx(5 + 30.5)
    clock.now += 5.001
    assert limiter.try_acquire(second) > 0
    assert limiter.try_acquire(first) == 0.0


class Limited:
    """A service that allows `requests` in 60 s; another process has `taken` some. Its 429 has no Retry-After."""

    def __init__(self, time: Any, requests: int, taken: int, invoice: Any) -> None:
        self.time, self.requests, self.invoice = time, requests, invoice
        self.times = [time.seconds] * taken
        self.refused = 0

    def __call__(self, _request: Any) -> Any:
        import httpx

        if sum(moment > self.time.seconds - 60 for moment in self.times) >= self.requests:
            self.refused += 1
            return httpx.Response(429, json={"success": False, "message": "too many"})
        self.times.append(self.time.seconds)
        return httpx.Response(200, json=self.invoice)


def test_a_restarted_process_loses_no_call_to_a_full_window(side: Any, script: Any, invoice: Any, time: Any) -> None:
    service = Limited(time, 250, 250, invoice)
    client = side.client(script(service), time=time, timeout=90, max_retries=0)
    for _ in range(600):
        side.call(client, "get", "inv_123456")
    assert len(service.times) == 250 + 600
    assert service.refused < 60
    assert time.seconds - 1000 < 4 * 62


def test_after_a_429_the_other_clients_of_the_token_wait_too(side: Any, script: Any, invoice: Any, time: Any) -> None:
    responses = script((429, b"", [("Retry-After", "20")]), (200, invoice))
    one, two = (side.client(responses, time=time, timeout=5) for _ in range(2))
    with pytest.raises(RateLimitError) as caught:
        side.call(one, "get", "inv_123456")
    assert caught.value.retry_after == 20
    with pytest.raises(RateLimitTimeoutError) as late:
        side.call(two, "get", "inv_123456")
    assert late.value.retry_after == pytest.approx(20)
    assert len(responses.requests) == 1
    assert side.call(two, "get", "inv_123456", timeout=30).id == "inv_123456"
    assert time.seconds >= 1020


def test_a_create_with_429_responses_is_retried_and_created_once(
    side: Any, service: Any, time: Any, create: Any
) -> None:
    service.plan = [429, 429, 429, 429]
    assert side.call(side.client(service, time=time, max_retries=0), "create", **create).id == "inv_1"
    assert service.posts == 5


def test_without_a_limiter_a_429_counts_as_a_retry(side: Any, script: Any, time: Any) -> None:
    responses = script((429, b""))
    with pytest.raises(RateLimitError):
        side.call(side.client(responses, time=time, rate_limit=None), "get", "inv_1")
    assert len(responses.requests) == 3


# A slow backend

RATE = RateLimit(5, per=60, shared="redis://127.0.0.1:1/0")


class BlockedBackend(Backend):
    """A backend that blocks until it is released."""

    def __init__(self) -> None:
        super().__init__(RATE, real_time.monotonic)
        self.asked, self.released = threading.Event(), threading.Event()

    def try_acquire(self, ahead: int) -> float:
        self.asked.set()
        assert self.released.wait(10)
        return 0.0


def in_a_thread(work: Callable[[], float]) -> tuple[threading.Thread, list[float]]:
    done: list[float] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    return thread, done


def test_a_slow_backend_delays_no_other_caller() -> None:
    backend = BlockedBackend()
    limiter = limiter_for(RATE, backend=backend)
    first, second = limiter.enter(), limiter.enter()
    asking, got = in_a_thread(lambda: limiter.try_acquire(first))
    assert backend.asked.wait(10)
    other, waits = in_a_thread(lambda: limiter.try_acquire(second))
    other.join(10)
    assert waits == [0.02], "the second caller does not poll while the backend is busy"
    backend.released.set()
    asking.join(10)
    assert got == [0.0]
    assert limiter.try_acquire(second) == 0.0


def test_a_caller_that_leaves_during_its_request_to_the_backend_leaves_the_queue() -> None:
    class Late(BlockedBackend):
        def try_acquire(self, ahead: int) -> float:
            super().try_acquire(ahead)
            return float(ahead + 1)

    backend = Late()
    limiter = limiter_for(RATE, backend=backend)
    gone = limiter.enter()
    asking, got = in_a_thread(lambda: limiter.try_acquire(gone))
    assert backend.asked.wait(10)
    limiter.leave(gone)
    limiter.try_acquire(limiter.enter())
    backend.released.set()
    asking.join(10)
    assert got == [1.0]
    assert limiter.try_acquire(limiter.enter()) == 2.0, "only the other caller is ahead"


def test_an_interrupted_request_to_the_backend_leaves_the_limiter_usable() -> None:
    class Interrupted(BlockedBackend):
        def try_acquire(self, ahead: int) -> float:
            if not self.asked.is_set():
                self.asked.set()
                raise KeyboardInterrupt
            return 0.0

    limiter = limiter_for(RATE, backend=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        limiter.try_acquire(limiter.enter())
    assert limiter.try_acquire(limiter.enter()) == 0.0
