"""Valid and invalid values of `shared`, and the limit of a process while the shared backend is unavailable."""

from __future__ import annotations

import builtins
import logging
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from own_limiter import limiter_for
from settable_clock import Clock

from paisr import ConfigurationError, Paisr, RateLimit
from paisr._ratelimit.limiters import Limiter
from paisr._ratelimit.shared import BACKEND_COOLDOWN, Backend, BackendUnavailableError

CANARY = "canary-5d1c"


class FakeBackend(Backend):
    """A backend that gives a permit, returns a wait, or is unavailable, according to `response`."""

    def __init__(self, rate: RateLimit, clock: Clock) -> None:
        super().__init__(rate, clock)
        self.response: float | str = 0.0
        self.asked: list[int] = []

    def try_acquire(self, ahead: int) -> float:
        self.asked.append(ahead)
        if isinstance(self.response, str):
            raise BackendUnavailableError(self.response)
        return self.response


@pytest.fixture
def backend(clock: Clock) -> FakeBackend:
    return FakeBackend(RateLimit(2, per=60, shared="redis://127.0.0.1:1/0"), clock)


@pytest.fixture
def limiter(backend: FakeBackend, clock: Clock) -> Limiter:
    return limiter_for(RateLimit(2, per=60), clock, backend=backend)


def ask(limiter: Limiter) -> float:
    """The wait of a caller that leaves the queue afterwards."""
    ticket = limiter.enter()
    wait = limiter.try_acquire(ticket)
    limiter.leave(ticket)
    return wait


def test_the_backend_decides_about_a_permit(limiter: Limiter, backend: FakeBackend) -> None:
    backend.response = 7.5
    assert [ask(limiter), ask(limiter)] == [7.5, 7.5]
    backend.response = 0.0
    assert ask(limiter) == 0.0
    assert backend.asked == [0, 0, 0]


def test_the_process_s_own_window_holds_when_the_backend_lost_its_data(
    limiter: Limiter, backend: FakeBackend, clock: Clock
) -> None:
    assert [ask(limiter), ask(limiter)] == [0.0, 0.0]
    assert round(ask(limiter)) == 61
    assert len(backend.asked) == 2, "the backend was asked although the process's own window is full"
    clock.now += 61
    assert ask(limiter) == 0.0


def test_the_process_keeps_the_limit_while_the_backend_is_unavailable(
    limiter: Limiter, backend: FakeBackend, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(limiter) == 0.0
    backend.response = "the reason"
    assert ask(limiter) == 0.0
    assert round(ask(limiter)) == 61, "permits from before the failure must count"
    assert [record.name for record in caplog.records] == ["paisr"]
    assert "unavailable (the reason)" in caplog.text
    assert "redis://127.0.0.1:1/0" in caplog.text


def test_a_failed_backend_has_a_cooldown_and_two_log_lines(
    backend: FakeBackend, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = limiter_for(RateLimit(100), clock, backend=backend)
    backend.response = "gone"
    for _ in range(5):
        assert ask(limiter) == 0.0
    assert len(backend.asked) == 1
    clock.now += BACKEND_COOLDOWN
    assert [ask(limiter), ask(limiter)] == [0.0, 0.0]
    assert len(backend.asked) == 2
    clock.now += BACKEND_COOLDOWN
    backend.response = 5.0
    assert ask(limiter) == 5.0
    backend.response = 0.0
    assert ask(limiter) == 0.0
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert [("gone" in record.message, "back" in record.message) for record in caplog.records] == [
        (True, True),  # the text ends in "until it is back"
        (False, True),
    ]
    backend.response = "gone"
    ask(limiter)
    assert len(caplog.records) == 3


def test_a_backend_is_asked_with_the_number_of_callers_ahead(backend: FakeBackend, limiter: Limiter) -> None:
    assert limiter.blocking
    backend.response = 3.0
    tickets = [limiter.enter() for _ in range(2)]
    assert [limiter.try_acquire(ticket) for ticket in tickets] == [3.0, 3.0]
    assert backend.asked == [0, 1]


def test_a_slot_that_becomes_free_meanwhile_gives_no_permit_without_the_backend(backend: FakeBackend) -> None:
    readings = iter([0.0, 0.0, 60.9, 61.1])
    limiter = limiter_for(RateLimit(1, per=60), lambda: next(readings), backend=backend)
    assert ask(limiter) == 0.0
    assert ask(limiter) == pytest.approx(0.1)
    assert len(backend.asked) == 1


@pytest.mark.parametrize("response", [0.0, "gone"])
def test_a_429_during_a_request_to_the_backend_holds_the_permit_back(
    limiter: Limiter, backend: FakeBackend, response: float | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.response, count = response, backend.try_acquire

    def filling(ahead: int) -> float:
        limiter.fill(20)
        return count(ahead)

    monkeypatch.setattr(backend, "try_acquire", filling)
    assert ask(limiter) == pytest.approx(20)


BAD_URLS = [
    "", "redis", "memcached://127.0.0.1", "/var/lib/rate", "http://127.0.0.1", " file:x", "file", "file:", "file:/x/",
    "file://host/x", "file:///x", "file:a\0b", "file:a\ud800", "file:~nobody-of-that-name/x", "redis:", "redis://",
    "redis:///0", "redis://:6379", f"redis://:{CANARY}@h:{CANARY}/0", f"redis://u:{CANARY}@h:99999", "redis://[::1",
    f"redis://:{CANARY}@h/0?socket_timeout=99", f"redis://:{CANARY}@h/#0", f"redis://:{CANARY}@h/x",
    f"redis://:{CANARY}@/0", f"rediss://:{CANARY}@h/0/1", f"unix://:{CANARY}@/x", 7, b"file:x", Path("x"), True,
]  # fmt: skip


@pytest.mark.parametrize("shared", BAD_URLS, ids=ascii)
def test_an_invalid_value_of_shared_is_refused_without_being_shown(shared: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RateLimit(5, shared=shared)
    text = str(caught.value)
    assert "shared" in text
    assert "redis://HOST:PORT/DB" in text
    assert CANARY not in in_the_package(caught)


def in_the_package(caught: pytest.ExceptionInfo[BaseException]) -> str:
    """The traceback with locals, without the frames of this test."""
    error, frame = caught.value, caught.tb.tb_next
    assert frame is not None
    shown = traceback.TracebackException(type(error), error, frame, capture_locals=True).format()
    return "".join(shown) + repr(error) + repr(pickle.dumps(error)) + repr(vars(error))


@pytest.mark.parametrize(
    ("shared", "shown"),
    [
        (f"redis://user:{CANARY}@cache.example:6380/3", "redis://cache.example:6380/3"),
        (f"rediss://:{CANARY}@cache.example", "rediss://cache.example:6379/0"),
        (f"redis://:{CANARY}@[::1]:7/", "redis://[::1]:7/0"),
        ("file:/var/lib/rate", "file:/var/lib/rate"),
        ("file:rate", f"file:{Path.cwd() / 'rate'}"),
        ("file:~/rate", f"file:{Path.home() / 'rate'}"),
    ],
)
def test_the_repr_of_a_shared_limit_has_no_password(shared: str, shown: str) -> None:
    rate = RateLimit(5, shared=shared)
    assert rate.shared == shown
    assert CANARY not in repr(rate)
    assert rate == RateLimit(5, shared=shared) != RateLimit(5)
    assert hash(rate) == hash(RateLimit(5, shared=shared))
    if shared.startswith("file:"):
        assert pickle.loads(pickle.dumps(rate)) == rate
    else:
        assert rate != RateLimit(5, shared=shared.replace(CANARY, "other"))
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(rate)


@pytest.mark.parametrize("wrong", [{"requests": 0}, {"requests": 5, "per": "x"}])
def test_the_refusal_of_another_argument_does_not_show_the_password(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RateLimit(shared=f"redis://:{CANARY}@127.0.0.1/0", **wrong)
    assert CANARY not in in_the_package(caught)


def test_redis_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"install paisr\[redis\]"):
        Paisr("token", rate_limit=RateLimit(5, shared="redis://127.0.0.1:1/0"))


def test_a_shared_file_without_file_locks_names_the_alternative(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.delitem(sys.modules, "paisr._ratelimit.file", raising=False)
    with pytest.raises(ConfigurationError, match="redis://"):
        limiter_for(RateLimit(5, shared=f"file:{tmp_path / 'rate'}"))


def test_an_unshared_limit_loads_no_module_for_sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = builtins.__import__

    def watching(name: str, *arguments: Any, **keywords: Any) -> Any:
        loaded.append(name)
        return load(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", watching)
    limiter_for(RateLimit(5))
    assert not [name for name in loaded if "shared" in name or "redis" in name]
