"""A rate limit shared through Redis: two clients, and a server that stops, hangs, loses its data, or sets its clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from own_limiter import limiter_for
from settable_clock import Clock

from paisr import AsyncPaisr, ConfigurationError, RateLimit
from paisr._ratelimit.limiters import Limiter
from paisr._ratelimit.redis import RedisBackend
from paisr._ratelimit.shared import BackendUnavailableError

redis = pytest.importorskip("redis", reason="needs the extra paisr[redis]")

CANARY = "canary-5d1c"
SERVICE = "https://api.example/v2"
KEY = f"paisr:rate:{SERVICE}"

# A process that acquires permits as fast as it can, and prints a reading of the clock before and after each permit.
HAMMER = """
import json, sys, time
from paisr._ratelimit.limiters import ProcessLimiters
from paisr._ratelimit.rate import RateLimit
rate = RateLimit(int(sys.argv[1]), per=float(sys.argv[2]), shared=sys.argv[3])
limiter = ProcessLimiters().get(rate, time.monotonic, "", "")
print("ready", flush=True)
start, until = json.loads(sys.stdin.readline())
readings = []
time.sleep(max(0, start - time.monotonic()))
ticket = limiter.enter()
while (before := time.monotonic()) < until:
    wait = limiter.try_acquire(ticket)
    if wait:
        time.sleep(min(wait, max(0, until - time.monotonic())))
    else:
        readings.append((before, time.monotonic()))
        ticket = limiter.enter()
json.dump(readings, sys.stdout)
"""


class Server:
    """A redis-server on a free loopback port, with a password and without persistence."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self.program = program
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.options = ["--bind", "127.0.0.1", "--port", str(self.port), "--requirepass", CANARY]
        self.options += ["--save", "", "--appendonly", "no", "--dir", str(folder), *options]
        self.process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=self.port, password=CANARY)

    @property
    def url(self) -> str:
        return f"redis://:{CANARY}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, *self.options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(redis.exceptions.ConnectionError):
                self.client.ping()
                return
            assert self.process.poll() is None, "redis-server ended"
            assert time.monotonic() < until, "redis-server does not respond"
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def one_server(need: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = need(shutil.which("redis-server"), "the program redis-server (Debian: redis-server)")
    server = Server(program, tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()
    server.client.close()


@pytest.fixture
def server(one_server: Server) -> Server:
    if one_server.process is None:
        one_server.start()
    one_server.client.flushall()
    return one_server


def hammer(many: int, requests: int, per: float, shared: str) -> list[tuple[float, float]]:
    """The readings of MANY concurrent processes over four windows."""
    command = [sys.executable, "-c", HAMMER, str(requests), str(per), shared]
    crowd = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(many)]
    for process in crowd:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    start = time.monotonic() + 0.05
    for process in crowd:
        assert process.stdin is not None
        process.stdin.write(json.dumps([start, start + 3.9 * per]) + "\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in crowd]
    return [tuple(entry) for text in outputs for entry in json.loads(text)]


def backend(server: Server, requests: int = 3, per: float = 60) -> RedisBackend:
    rate = RateLimit(requests, per=per, shared=server.url)
    url = rate.url()
    assert url is not None
    return RedisBackend(rate, time.monotonic, url, SERVICE)


def granted(limiter: Limiter) -> bool:
    ticket = limiter.enter()
    try:
        return limiter.try_acquire(ticket) == 0.0
    finally:
        limiter.leave(ticket)


def times(server: Server, key: str = KEY) -> list[int]:
    return [int(value) for value in server.client.lrange(key, 0, -1)]


def test_two_backends_on_one_server_count_together(server: Server) -> None:
    one, two = backend(server), backend(server)
    assert [one.try_acquire(0), two.try_acquire(0), one.try_acquire(0)] == [0.0, 0.0, 0.0]
    assert 60 < two.try_acquire(0) <= 61
    assert 60 < two.try_acquire(1) <= 61
    assert 121 < two.try_acquire(3) <= 122


def test_a_caller_leaves_permits_for_the_callers_ahead(server: Server) -> None:
    one = backend(server)
    assert one.try_acquire(2) == 0.0, "three permits are free"
    assert one.try_acquire(2) > 0
    assert one.try_acquire(1) == 0.0
    assert one.try_acquire(3) > 60


def test_every_request_counts_for_all_limits_and_each_backend_keeps_its_own(server: Server) -> None:
    low, high = backend(server, 2), backend(server, 4)
    assert [low.try_acquire(0), high.try_acquire(0)] == [0.0, 0.0]
    assert low.try_acquire(0) > 60
    assert [high.try_acquire(0), high.try_acquire(0)] == [0.0, 0.0]
    assert high.try_acquire(0) > 60
    assert low.try_acquire(0) > 60
    assert len(times(server)) == 4, "the backend with the lower limit removed entries"


def test_a_shorter_window_keeps_the_entries_of_a_longer_one(server: Server) -> None:
    assert backend(server, 1, 60).try_acquire(0) == 0.0
    assert backend(server, 2, 0.001).try_acquire(0) == 0.0
    assert 60_000 < server.client.pttl(KEY) <= 61_001
    assert backend(server, 1, 60).try_acquire(0) > 60


def test_each_service_has_its_own_key_and_the_keys_expire(side: Any, script: Any, server: Server) -> None:
    response = script((200, {"success": True, "data": {"invoices": []}}))
    for environment in ("live", "staging"):
        side.call(side.client(response, environment=environment, rate_limit=RateLimit(3, shared=server.url)), "list")
    keys = {f"paisr:rate:https://api.{name}.paisr.tech/v2".encode() for name in ("live", "staging")}
    assert set(server.client.keys()) == keys
    assert all(60_000 < server.client.pttl(key) <= 61_001 for key in keys)


def test_no_more_entries_are_kept_than_the_limit(server: Server) -> None:
    one = backend(server, 3, 0.001)
    for _ in range(20):
        one.try_acquire(0)
        time.sleep(0.001)
    assert len(times(server)) <= 3


def test_two_processes_stay_within_the_limit_and_use_it(server: Server) -> None:
    requests, per = 25, 0.5
    readings = sorted(hammer(2, requests, per, server.url))
    for first, (before, _) in enumerate(readings):
        window = [entry for entry in readings[first:] if entry[0] < before + per and entry[1] < before + per]
        assert len(window) <= requests, "certainly too many permits in one window"
    assert len(readings) >= 0.95 * requests * 4


def test_a_server_clock_that_is_set_back_costs_at_most_one_window(server: Server) -> None:
    one = backend(server)
    assert [one.try_acquire(0), one.try_acquire(0)] == [0.0, 0.0]
    ahead = 3_600_000_000
    for index, moment in enumerate(times(server)):
        server.client.lset(KEY, index, moment + ahead)
    assert one.try_acquire(0) == 0.0
    assert 60 < one.try_acquire(0) <= 61
    now = int(time.time() * 1_000_000)
    assert all(moment <= now for moment in times(server))


def test_while_the_server_is_down_the_process_limits_its_own_requests(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    one, two = (limiter_for(RateLimit(3, per=60, shared=server.url), clock) for _ in range(2))
    assert granted(one)
    server.stop()
    assert [granted(one) for _ in range(4)] == [True, True, False, False], "the process must allow two more requests"
    assert [granted(two) for _ in range(4)] == [True, True, True, False]
    server.start()
    clock.now += 4
    assert not granted(one), "the permits of the process were forgotten"
    clock.now += 61
    assert [granted(one), granted(two)] == [True, True]
    assert len(times(server, "paisr:rate:")) == 2
    assert [record.message.startswith("The rate limit shared at redis://127.0.0.1") for record in caplog.records]
    assert len([record for record in caplog.records if "is unavailable (ConnectionError)" in record.message]) == 2
    assert len([record for record in caplog.records if record.message.endswith("/0 is back.")]) == 2
    assert CANARY not in caplog.text


def test_a_server_that_hangs_delays_one_call_by_at_most_half_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://:{CANARY}@127.0.0.1:{silent.getsockname()[1]}/0"
        limiter = limiter_for(RateLimit(100, shared=url))
        start = time.monotonic()
        assert granted(limiter)
        first = time.monotonic() - start
        assert all(granted(limiter) for _ in range(50))
        then = time.monotonic() - start - first
    assert 0.1 < first < 0.6
    assert then < 0.1


def test_a_connected_server_that_hangs_delays_a_call_by_at_most_half_a_second(server: Server) -> None:
    limiter = limiter_for(RateLimit(100, shared=server.url))
    assert granted(limiter)
    server.client.execute_command("CLIENT", "PAUSE", 1500, "ALL")
    start = time.monotonic()
    assert granted(limiter)
    assert 0.1 < time.monotonic() - start < 0.6
    server.stop()


WRONG = {
    "password": "it refuses the user name or password",
    "scripts": "this user may not run scripts there",
    "replica": "it is a replica that cannot be written to",
    "kind of key": "it refuses the script (ResponseError)",
    "cluster": "it is a cluster, and a single server is needed",
}


def cluster_options() -> list[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return ["--cluster-enabled", "yes", "--cluster-port", str(probe.getsockname()[1])]


def arranged(server: Server, wrong: str) -> str:
    """The URL of a server with a permanent problem."""
    if wrong == "password":
        return server.url.replace(CANARY, CANARY + "-other")
    if wrong == "scripts":
        server.client.execute_command("ACL", "SETUSER", "clerk", "on", f">{CANARY}", "~*", "+@all", "-@scripting")
        return server.url.replace(f":{CANARY}", f"clerk:{CANARY}")
    if wrong == "replica":
        server.client.execute_command("REPLICAOF", "127.0.0.1", "1")
    if wrong == "kind of key":
        server.client.set("paisr:rate:https://api.live.paisr.tech/v2", "text")
    return server.url


@pytest.mark.parametrize("wrong", WRONG)
def test_a_permanent_problem_of_the_server_is_a_configuration_error_of_the_first_call(
    side: Any, script: Any, server: Server, wrong: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    response = script((200, {"success": True, "data": {"invoices": []}}))
    here = server if wrong != "cluster" else Server(server.program, tmp_path, *cluster_options())
    with contextlib.ExitStack() as stack:
        if here is not server:
            here.start()
            stack.callback(here.stop)
        url = arranged(here, wrong)
        stack.callback(lambda: here.client.execute_command("REPLICAOF", "NO", "ONE") if wrong == "replica" else None)
        client = side.client(response, rate_limit=RateLimit(3, shared=url))
        for _ in range(2):
            with pytest.raises(ConfigurationError) as caught:
                side.call(client, "list")
            assert str(caught.value) == (
                f"The rate limit cannot be shared at redis://127.0.0.1:{here.port}/0: {WRONG[wrong]}; "
                "name a Redis server on which this user may write and run scripts."
            )
    assert response.requests == []
    assert caplog.records == []


@pytest.mark.parametrize(
    "error", [redis.exceptions.MovedError("1 127.0.0.1:1"), redis.exceptions.AskError("1 127.0.0.1:1")]
)
def test_a_redirect_to_another_server_is_a_configuration_error(
    server: Server, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: Any) -> None:
        raise error

    monkeypatch.setattr(redis.Redis, "eval", refuse)
    with pytest.raises(ConfigurationError, match="cannot be shared at"):
        backend(server).try_acquire(0)


@pytest.mark.parametrize(
    "kind", ["OutOfMemoryError", "MasterDownError", "TryAgainError", "BusyLoadingError", "TimeoutError"]
)
def test_a_temporary_problem_makes_the_backend_unavailable(
    server: Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def fail(*_: Any) -> None:
        raise getattr(redis.exceptions, kind)("for now")

    monkeypatch.setattr(redis.Redis, "eval", fail)
    with pytest.raises(BackendUnavailableError, match=kind):
        backend(server).try_acquire(0)


def test_a_permanent_problem_after_a_success_makes_the_backend_unavailable(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = limiter_for(RateLimit(3, per=60, shared=server.url))
    assert granted(limiter)
    server.client.set("paisr:rate:", "text")
    assert [granted(limiter) for _ in range(3)] == [True, True, False]
    assert len(caplog.records) == 1
    assert CANARY not in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # threads of other tests may still run
def test_a_forked_child_has_its_own_connection_and_the_same_count(server: Server) -> None:
    limiter = limiter_for(RateLimit(3, per=60, shared=server.url))
    assert granted(limiter)
    child = os.fork()
    if child == 0:
        code = 9
        with contextlib.suppress(BaseException):
            code = sum(granted(limiter) for _ in range(5))
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert not granted(limiter)
    assert len(times(server, "paisr:rate:")) == 3


def test_threads_share_one_client(server: Server) -> None:
    limiter = limiter_for(RateLimit(30, per=60, shared=server.url))
    got: list[bool] = []

    def take() -> None:
        for _ in range(5):
            ticket = limiter.enter()
            while 0 < (wait := limiter.try_acquire(ticket)) < 1:  # another thread uses the window
                time.sleep(wait)
            limiter.leave(ticket)
            got.append(not wait)

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == len(times(server, "paisr:rate:")) == 30


def test_the_async_client_uses_redis_outside_its_event_loop(server: Server) -> None:
    rate = RateLimit(30, per=60, shared=server.url)
    response = {"success": True, "data": {"id": "inv_123456", "status": "unpaid"}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=response))

    async def calls() -> None:
        async with AsyncPaisr("token", rate_limit=rate, transport=transport) as client:
            await asyncio.gather(*(client.invoices.get("inv_123456") for _ in range(20)))

    asyncio.run(calls())
    assert len(times(server, "paisr:rate:https://api.live.paisr.tech/v2")) == 20


def test_an_interrupted_connection_shows_no_password(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    one = backend(server)
    monkeypatch.setattr(socket.socket, "sendall", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        one.try_acquire(0)
    shown = traceback.TracebackException(KeyboardInterrupt, caught.value, caught.tb, capture_locals=True).format()
    assert CANARY not in "".join(shown)
    assert caught.value.__context__ is None


def test_a_failure_shows_no_password(server: Server) -> None:
    one = backend(server)
    server.stop()
    with pytest.raises(BackendUnavailableError) as caught:
        one.try_acquire(0)
    shown = traceback.TracebackException(BackendUnavailableError, caught.value, caught.tb, capture_locals=True).format()
    assert CANARY not in "".join(shown)
