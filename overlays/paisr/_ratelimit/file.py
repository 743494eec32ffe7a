"""A rate shared by the processes of one machine: the times of the last permits, in a ring in a file, under a lock.

The file is opened for each permit: so a deleted one is made anew, nothing is shared with a forked child, and nothing is
left to close. The lock is asked for and never waited for: a process that was stopped while it held it holds up nobody,
and when a process is killed, the kernel gives its lock back. Deleting or emptying the file forgets the permits in it.
"""

from __future__ import annotations

import fcntl
import math
import os
import stat
import struct
import time
from array import array
from typing import TYPE_CHECKING, TypeVar

from paisr._base.errors import ConfigurationError
from paisr._ratelimit.memory import wait_time
from paisr._ratelimit.queue import MIN_WAIT
from paisr._ratelimit.shared import BackendUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from paisr._ratelimit.rate import RateLimit

T = TypeVar("T")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_MARK = b"paisr-1\n"
# At the beginning of the file: the mark, and the limit that it is for. Both never change.
_LIMIT = struct.Struct("=8sQd")
# After it: how many permits there were, when the last one was, and by how much the wall clock was ahead of the clock.
_STATE = struct.Struct("=Qdd")
_SLOT = struct.Struct("=d")
_RING = _LIMIT.size + _STATE.size

# A lock is held for some microseconds. If it cannot be had for so many seconds, its holder has been stopped.
_LOCK_TIMEOUT = 1.0
# A caller that waits for it asks again after a millisecond. After so many seconds, that call was abandoned.
_MAX_GAP = 0.25


def kept_limit(path: Path) -> tuple[int, float] | None:
    """The limit that a file keeps: so many requests, in so many seconds. None for a file of something else."""
    with path.open("rb") as file:
        head = file.read(_LIMIT.size)
    if len(head) < _LIMIT.size or not head.startswith(_MARK):
        return None
    _mark, requests, per = _LIMIT.unpack(head)
    return requests, per


class FileBackend:
    """A ring of times on the machine's monotonic clock, which all its processes read alike."""

    def __init__(
        self, rate: RateLimit, path: Path, clock: Callable[[], float], wall: Callable[[], float] = time.time
    ) -> None:
        self._limit = rate.requests
        self._window = rate.window
        self._path = path
        self._clock = clock
        self._wall = wall
        self._mine = _LIMIT.pack(_MARK, rate.requests, rate.per)
        self._busy_since = self._busy_until = -math.inf
        self._check()

    def try_acquire(self, ahead: int) -> float:
        try:
            fd = self._open()
            try:
                wait = self._under_lock(fd, lambda: self._count(fd, ahead))
                return MIN_WAIT if wait is None else wait
            finally:
                os.close(fd)
        except OSError as error:
            raise BackendUnavailableError(error.strerror or type(error).__name__) from None
        except struct.error:
            raise BackendUnavailableError("the file was cut short") from None

    def _check(self) -> None:
        """Say at once what will not get better by itself; the first process makes the file, for its limit."""
        problem = None
        try:
            fd = self._open()
            try:
                head = self._under_lock(fd, lambda: self._head(fd)) or os.pread(fd, _RING, 0)
                short = os.fstat(fd).st_size < _RING + self._limit * _SLOT.size
                problem = self._problem(head) or ("was cut short" if head and short else None)
            finally:
                os.close(fd)
        except (OSError, BackendUnavailableError) as error:
            problem = f"cannot be used ({getattr(error, 'strerror', None) or error})"
        if problem:
            raise ConfigurationError(
                f"The file {str(self._path)!r} of the shared rate limit {problem}; name another file, or one that is "
                "not there yet in a folder that this process may write to."
            )

    def _open(self) -> int:
        fd = os.open(self._path, _FLAGS, 0o600)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise BackendUnavailableError("it is not a regular file")
        return fd

    def _under_lock(self, fd: int, work: Callable[[], T]) -> T | None:
        """What the work gives, or None while another has the lock."""
        if not self._locked(fd):
            return None
        try:
            return work()
        finally:
            # Closing alone would not do: a child forked meanwhile has the file open too, and would keep the lock.
            fcntl.flock(fd, fcntl.LOCK_UN)

    def _locked(self, fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = self._clock()
            if now - self._busy_until > _MAX_GAP:
                self._busy_since = now
            self._busy_until = now
            if now - self._busy_since >= _LOCK_TIMEOUT:
                raise BackendUnavailableError("another process holds its lock and does not let go") from None
            return False
        self._busy_until = -math.inf
        return True

    def _head(self, fd: int) -> bytes:
        """The beginning of the file, which is made when it is empty."""
        if not (head := os.pread(fd, _RING, 0)):
            os.pwrite(fd, self._mine + bytes(_STATE.size + self._limit * _SLOT.size), 0)
            head = os.pread(fd, _RING, 0)
        return head

    def _count(self, fd: int, ahead: int) -> float:
        head = self._head(fd)
        if problem := self._problem(head):
            raise BackendUnavailableError(f"the file {problem}")
        now = self._clock()
        count, last, wall_ahead = _STATE.unpack_from(head, _LIMIT.size)
        if last > now:
            self._rebase(fd, count, now, wall_ahead)
        rounds, rest = divmod(ahead, self._limit)
        before = self._slot(fd, count + rest)
        if before > now:
            raise BackendUnavailableError("the file holds a time that no permit can have had")
        wait = wait_time(before, rounds, now, self._window) if before else rounds * self._window
        if wait <= 0:
            # The count first: a process killed between the two writes loses its permit, and nothing else is lost.
            os.pwrite(fd, _STATE.pack(count + 1, now, self._wall() - now), _LIMIT.size)
            os.pwrite(fd, _SLOT.pack(now), self._at(count))
        return wait

    def _rebase(self, fd: int, count: int, now: float, wall_ahead: float) -> None:
        """The last permit is in the future, so the machine has started anew: the wall clock says how long ago it was.

        Where that says nothing possible either, a permit counts as made now.
        """
        times = array("d", os.pread(fd, self._limit * _SLOT.size, _RING))
        ahead = self._wall() - now
        for index, value in enumerate(times):
            times[index] = min(now, value + wall_ahead - ahead) if value else 0.0
        last = min(now, times[(count - 1) % self._limit])
        os.pwrite(fd, _STATE.pack(count, last, ahead) + times.tobytes(), _LIMIT.size)

    def _slot(self, fd: int, number: int) -> float:
        value: float = _SLOT.unpack(os.pread(fd, _SLOT.size, self._at(number)))[0]
        return value

    def _at(self, number: int) -> int:
        return _RING + (number % self._limit) * _SLOT.size

    def _problem(self, head: bytes) -> str | None:
        """What is wrong with a file that begins so; nothing with an empty one."""
        if not head or (len(head) == _RING and head.startswith(self._mine)):
            return None
        if len(head) < _RING or not head.startswith(_MARK):
            return "is not one that keeps a rate limit"
        _mark, requests, per = _LIMIT.unpack_from(head)
        return f"keeps another limit, {requests} in {per:g} s"
