"""A rate limit shared through a file: several processes, killed, stopped and forked ones, and damaged files."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from own_limiter import limiter_for
from settable_clock import Clock

from paisr import ConfigurationError, Paisr, RateLimit
from paisr._ratelimit.limiters import Limiter
from paisr._ratelimit.shared import BackendUnavailableError

fcntl = pytest.importorskip("fcntl", reason="a rate shared by a file needs POSIX")
shared_file = pytest.importorskip("paisr._ratelimit.file")

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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rate"


@pytest.fixture
def make(path: Path) -> Callable[..., Any]:
    """A backend on the file, with a clock of its own."""

    def make(clock: Clock, requests: int = 3, per: float = 60, **changes: Any) -> Any:
        rate = RateLimit(requests, per=per, shared=f"file:{path}")
        return shared_file.FileBackend(rate, clock, **changes)

    return make


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def certain_violations(readings: list[tuple[float, float]], requests: int, per: float) -> int:
    """The number of windows with certainly too many permits, wherever between its readings each permit was acquired."""
    starts = sorted(readings)
    found = 0
    for first, (before, _) in enumerate(starts):
        inside = sum(1 for entry in starts[first:] if entry[0] < before + per and entry[1] < before + per)
        found += inside > requests
    return found


def granted(limiter: Limiter) -> bool:
    ticket = limiter.enter()
    try:
        return limiter.try_acquire(ticket) == 0.0
    finally:
        limiter.leave(ticket)


def test_two_backends_on_one_file_count_together(make: Any) -> None:
    clock = Clock()
    one, two = make(clock), make(clock)
    assert [one.try_acquire(0), two.try_acquire(0), one.try_acquire(0)] == [0.0, 0.0, 0.0]
    assert round(two.try_acquire(0)) == round(one.try_acquire(0)) == 61
    clock.now += 30
    assert round(two.try_acquire(1)) == 31
    assert round(two.try_acquire(3)) == 31 + 61
    clock.now += 31
    assert [one.try_acquire(2), one.try_acquire(2)] == [0.0, 61.0], (
        "a caller with two ahead of it must leave them the older permits"
    )


def test_the_limit_holds_when_the_ring_of_slots_wraps(make: Any) -> None:
    clock = Clock()
    backends, permits = [make(clock, 4, 1.0) for _ in range(3)], list[float]()
    for step in range(3000):
        if backends[step % 3].try_acquire(0) == 0.0:
            permits.append(clock.now)
        clock.now += 0.01
    assert all(later - earlier >= 1.0 for earlier, later in zip(permits, permits[4:], strict=False))
    assert len(permits) >= 0.95 * 4 * 30


def test_four_processes_stay_within_the_limit_and_use_it(path: Path) -> None:
    requests, per = 25, 0.5
    readings = hammer(4, requests, per, f"file:{path}")
    assert certain_violations(readings, requests, per) == 0
    assert len(readings) >= 0.95 * requests * 4


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_killed_or_stopped_process_delays_no_other(path: Path, child: Any, sent: signal.Signals) -> None:
    waiting = child(
        "import sys, time\n"
        "from paisr import RateLimit\n"
        "from paisr._ratelimit.limiters import ProcessLimiters\n"
        "limiter = ProcessLimiters().get(RateLimit(1, per=0.1, shared=sys.argv[1]), time.monotonic, '', '')\n"
        "ticket = limiter.enter()\n"
        "while limiter.try_acquire(ticket) == 0.0: ticket = limiter.enter()\n"
        "print('waiting', flush=True)\n"
        "time.sleep(60)\n",
        f"file:{path}",
    )
    assert waiting.stdout.readline() == "waiting\n"
    waiting.send_signal(sent)
    limiter = limiter_for(RateLimit(1, per=0.1, shared=f"file:{path}"))
    time.sleep(0.11)
    assert granted(limiter)


HOLDER = """
import fcntl, os, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(fd, fcntl.LOCK_EX)
print("holding", flush=True)
time.sleep(60)
"""


def test_a_busy_lock_is_retried_and_free_after_its_holder_is_killed(path: Path, make: Any, child: Any) -> None:
    clock = Clock()
    backend = make(clock)
    holder = child(HOLDER, path)
    assert holder.stdout.readline() == "holding\n"
    assert [backend.try_acquire(0), backend.try_acquire(0)] == [0.001, 0.001]
    holder.kill()
    holder.wait()
    assert backend.try_acquire(0) == 0.0


def test_a_lock_that_is_never_released_makes_the_backend_unavailable(path: Path, make: Any, child: Any) -> None:
    clock = Clock()
    backend = make(clock)
    holder = child(HOLDER, path)
    assert holder.stdout.readline() == "holding\n"
    holder.send_signal(signal.SIGSTOP)
    for _ in range(5):
        assert backend.try_acquire(0) == 0.001
        clock.now += 0.21
    with pytest.raises(BackendUnavailableError, match="holds its lock"):
        backend.try_acquire(0)
    with pytest.raises(BackendUnavailableError):
        backend.try_acquire(0)
    holder.kill()
    holder.wait()
    assert backend.try_acquire(0) == 0.0


def test_a_busy_lock_of_an_abandoned_call_does_not_count_for_the_lock_timeout(
    make: Any, path: Path, child: Any
) -> None:
    clock = Clock()
    backend = make(clock)
    for _ in range(3):
        holder = child(HOLDER, path)
        assert holder.stdout.readline() == "holding\n"
        assert backend.try_acquire(0) == 0.001, "the lock was not busy"
        holder.kill()
        holder.wait()
        clock.now += 20
    assert backend.try_acquire(0) == 0.0


def test_a_kill_between_the_two_writes_neither_breaks_nor_exceeds_the_limit(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    backend = make(clock, 3)
    for _ in range(2):
        assert backend.try_acquire(0) == 0.0
        clock.now += 1
    write, writes = os.pwrite, list[int]()

    def killed_at_the_second(fd: int, data: bytes, offset: int) -> int:
        writes.append(offset)
        if len(writes) == 2:
            raise KeyboardInterrupt
        return write(fd, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            backend.try_acquire(0)
    permits = [1000.0, 1001.0]
    for _ in range(300):
        if backend.try_acquire(0) == 0.0:
            permits.append(clock.now)
        clock.now += 1
    assert all(later - earlier >= 60 for earlier, later in zip(permits, permits[3:], strict=False))
    assert len(permits) >= 2 + 3 * 4


def test_an_interruption_while_the_lock_is_held_loses_no_permit(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = make(Clock())
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            backend.try_acquire(0)
    assert backend.try_acquire(0) == 0.0, "the interrupted call kept the lock"


def test_after_a_reboot_the_wall_clock_dates_the_permits(make: Any) -> None:
    clock, wall = Clock(500_000.0), Clock(1_750_000_000.0)
    backend = make(clock, 2, wall=wall)
    assert [backend.try_acquire(0), backend.try_acquire(0)] == [0.0, 0.0]
    clock.now, wall.now = 12.0, wall.now + 40
    assert [round(backend.try_acquire(0)) for _ in range(3)] == [21, 21, 21]
    clock.now += 22
    assert [backend.try_acquire(0), backend.try_acquire(0)] == [0.0, 0.0]
    clock.now, wall.now = 5.0, wall.now + 3600
    assert backend.try_acquire(0) == 0.0


@pytest.mark.parametrize("wall_moves", [-86_400 * 365, 0, float("nan")])
def test_after_a_reboot_with_a_wrong_clock_the_wait_is_one_window(make: Any, wall_moves: float) -> None:
    clock, wall = Clock(500_000.0), Clock(1_750_000_000.0)
    backend = make(clock, 2, wall=wall)
    assert [backend.try_acquire(0), backend.try_acquire(0)] == [0.0, 0.0]
    clock.now, wall.now = 12.0, wall.now + wall_moves
    assert round(backend.try_acquire(0)) == 61
    clock.now += 62
    assert [backend.try_acquire(0), backend.try_acquire(0)] == [0.0, 0.0]
    assert backend.try_acquire(0) > 0


def test_a_forked_child_shares_the_limit(path: Path) -> None:
    limiter = limiter_for(RateLimit(3, per=60, shared=f"file:{path}"))
    assert granted(limiter)
    child = os.fork()
    if child == 0:
        code = 9
        with contextlib.suppress(BaseException):
            code = sum(granted(limiter) for _ in range(5))
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert not granted(limiter)


def test_a_child_forked_while_the_lock_is_held_does_not_keep_it(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = make(Clock())
    read, children = os.pread, list[int]()

    def forking(*arguments: Any) -> bytes:
        if not children:
            children.append(os.fork())
            if children[0] == 0:
                time.sleep(60)
                os._exit(0)
        return read(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", forking)
        assert backend.try_acquire(0) == 0.0
    try:
        assert backend.try_acquire(0) == 0.0
    finally:
        os.kill(children[0], signal.SIGKILL)
        os.waitpid(children[0], 0)


def test_the_file_is_readable_only_by_its_owner_and_not_kept_open(path: Path, make: Any) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    backend = make(Clock())
    backend.try_acquire(0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(list(Path("/dev/fd").iterdir())) == before


def refusal(path: Path, requests: int = 3) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Paisr("token", rate_limit=RateLimit(requests, shared=f"file:{path}"))
    text = str(caught.value)
    assert str(path) in text
    assert text.endswith("in a folder that this process may write to.")
    return text


def test_a_file_with_another_limit_is_refused(path: Path, make: Any) -> None:
    make(Clock(), 3, 60).try_acquire(0)
    assert "keeps another limit, 3 in 60 s" in refusal(path, 4)
    Paisr("token", rate_limit=RateLimit(3, per=60.0, shared=f"file:{path}")).close()


@pytest.mark.parametrize(
    "content", [b"x", b"precious" * 100, b"paisr-1\n", bytes(500)], ids=lambda c: f"{len(c)} bytes"
)
def test_a_file_of_another_kind_is_refused_and_unchanged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "is not one that keeps a rate limit" in refusal(path)
    assert path.read_bytes() == content


def test_a_truncated_file_is_refused(path: Path, make: Any) -> None:
    make(Clock()).try_acquire(0)
    os.truncate(path, path.stat().st_size - 1)
    assert "was cut short" in refusal(path)


def test_a_path_that_is_no_writable_file_is_refused(path: Path, tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing" / "rate")
    assert "cannot be used" in refusal(tmp_path)
    path.symlink_to(tmp_path / "elsewhere")
    assert "cannot be used" in refusal(path)
    assert "not a regular file" in refusal(Path("/dev/null"))
    if os.geteuid() != 0:  # root may write to any folder
        locked = tmp_path / "locked"
        locked.touch(0o400)
        assert "Permission denied" in refusal(locked)


def spoil(path: Path, how: str) -> None:
    content = path.read_bytes()
    spoilt = {
        "another kind": b"x" * 500,
        "cut short": content[:-16],
        "another limit": content[:8] + b"\x07" + content[9:],
        "a time to come": content[:48] + shared_file._SLOT.pack(1e300) * 3,
    }
    path.write_bytes(spoilt[how])


@pytest.mark.parametrize("how", ["another kind", "cut short", "another limit", "a time to come", "a folder"])
def test_while_a_file_is_damaged_the_process_limits_its_own_requests(
    path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    limiter = limiter_for(RateLimit(3, per=60, shared=f"file:{path}"), clock)
    assert granted(limiter)
    good = path.read_bytes()
    if how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        spoil(path, how)
    assert granted(limiter)
    assert "is unavailable" in caplog.text
    if how == "a folder":
        path.rmdir()
    path.write_bytes(good)
    clock.now += 4
    assert granted(limiter)
    assert "is back" in caplog.text
    assert len(caplog.records) == 2
    assert round(limiter.try_acquire(limiter.enter())) == 57, "a permit was forgotten"


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_deleted_or_emptied_file_is_created_again(path: Path, how: str, make: Any) -> None:
    one, two = make(Clock(), 1), make(Clock(), 1)
    assert one.try_acquire(0) == 0.0
    if how == "deleted":
        path.unlink()
    else:
        os.truncate(path, 0)
    assert two.try_acquire(0) == 0.0
    assert one.try_acquire(0) > 0
