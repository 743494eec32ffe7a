"""The backend for the processes of one machine: the times of the last permits, in a ring in a file, under a lock.

The file is opened for each permit: a deleted file is created again, a forked child shares nothing, and nothing is left
to close. Nobody waits for the lock: a process that is stopped while it holds the lock blocks no other, and the kernel
releases the lock of a killed process. Deleting or emptying the file forgets its permits.
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
from paisr._ratelimit.rate import wait_time
from paisr._ratelimit.shared import Backend, BackendUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._ratelimit.rate import RateLimit

T = TypeVar("T")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_MAGIC = b"paisr-1\n"
# The header: the magic bytes, and the limit. They never change.
_HEADER = struct.Struct("=8sQd")
# Then: the number of permits so far, the time of the last one, and how far the wall clock was ahead of the clock then.
_STATE = struct.Struct("=Qdd")
_SLOT = struct.Struct("=d")
_RING_OFFSET = _HEADER.size + _STATE.size

# Seconds. A lock is held for microseconds: a holder that keeps it for longer than this has been stopped.
_LOCK_TIMEOUT = 1.0
# Seconds between two tries for the lock. After a longer gap, the caller has given up.
_LOCK_INTERVAL = 0.001
_MAX_GAP = 0.25


class FileBackend(Backend):
    """A ring of times on the machine's monotonic clock, which is the same for all its processes."""

    def __init__(self, rate: RateLimit, clock: Callable[[], float], wall: Callable[[], float] = time.time) -> None:
        super().__init__(rate, clock)
        self._window = rate.window
        self._path = (rate.shared or "").removeprefix("file:")
        self._wall = wall
        self._header = _HEADER.pack(_MAGIC, rate.requests, rate.per)
        self._busy_since = self._busy_until = -math.inf
        self._check()

    def try_acquire(self, ahead: int) -> float:
        return self._on_file(lambda fd, is_locked: self._count(fd, ahead) if is_locked else _LOCK_INTERVAL)

    def _check(self) -> None:
        """Create the file if there is none, for this limit. Raises `ConfigurationError` for a file that cannot work."""

        def read_all(fd: int, is_locked: bool) -> None:
            if self._head(fd, is_locked):
                self._slot(fd, self._limit - 1)

        try:
            self._on_file(read_all)
        except BackendUnavailableError as error:
            refusal = ConfigurationError(
                f"The file {self._path!r} of the shared rate limit cannot be used: {error}; name another file, or a "
                "new one in a folder that this process may write to."
            )
            refusal.kept_rate = error.kept_rate
            raise refusal from None

    def _on_file(self, work: Callable[[int, bool], T]) -> T:
        """Return the result of `work`, which gets the open file, and whether this process has locked it."""
        try:
            fd = os.open(self._path, _FLAGS, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(fd).st_mode):
                    raise BackendUnavailableError("it is not a regular file")
                try:
                    return work(fd, self._is_locked(fd))
                finally:
                    # Closing the file is not enough: a child forked meanwhile has it open too, and would keep the lock.
                    fcntl.flock(fd, fcntl.LOCK_UN)
            finally:
                os.close(fd)
        except OSError as error:
            raise BackendUnavailableError(error.strerror or type(error).__name__) from None
        except struct.error:
            raise BackendUnavailableError("it was cut short") from None

    def _is_locked(self, fd: int) -> bool:
        """Lock the file, unless another process holds the lock. Raises an error if that has held it for too long."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = self._clock()
            if now - self._busy_until > _MAX_GAP:
                self._busy_since = now
            self._busy_until = now
            if now - self._busy_since >= _LOCK_TIMEOUT:
                raise BackendUnavailableError("another process holds its lock and does not release it") from None
            return False
        self._busy_until = -math.inf
        return True

    def _head(self, fd: int, is_locked: bool = True) -> bytes:
        """Read the header and the state; write them first if the file is empty. Empty while another process writes."""
        head = os.pread(fd, _RING_OFFSET, 0)
        if not head and is_locked:
            os.pwrite(fd, self._header + bytes(_STATE.size + self._limit * _SLOT.size), 0)
            head = os.pread(fd, _RING_OFFSET, 0)
        if head and (len(head) < _RING_OFFSET or not head.startswith(_MAGIC)):
            raise BackendUnavailableError("it is not one that keeps a rate limit")
        if head and not head.startswith(self._header):
            _magic, requests, per = _HEADER.unpack_from(head)
            error = BackendUnavailableError(f"it keeps another limit, {requests} in {per:g} s")
            error.kept_rate = requests, per
            raise error
        return head

    def _slot(self, fd: int, number: int) -> float:
        used_at: float = _SLOT.unpack(os.pread(fd, _SLOT.size, self._offset(number)))[0]
        return used_at

    def _count(self, fd: int, ahead: int) -> float:
        head = self._head(fd)
        now = self._clock()
        count, last, wall_ahead = _STATE.unpack_from(head, _HEADER.size)
        if last > now:
            self._rebase(fd, count, now, wall_ahead)
        rounds, rest = divmod(ahead, self._limit)
        used_at = self._slot(fd, count + rest)
        if used_at > now:
            raise BackendUnavailableError("it holds a permit time in the future")
        wait = wait_time(used_at or -math.inf, rounds, now, self._window)
        if wait <= 0:
            # The count first: a process killed between the two writes loses its own permit, and nothing else.
            os.pwrite(fd, _STATE.pack(count + 1, now, self._wall() - now), _HEADER.size)
            os.pwrite(fd, _SLOT.pack(now), self._offset(count))
        return wait

    def _rebase(self, fd: int, count: int, now: float, wall_ahead: float) -> None:
        """Convert the times to this boot's clock: the last permit is in the future, so the machine has rebooted.

        The wall clock tells the age of each permit. A permit that is still in the future counts as now.
        """
        times = array("d", os.pread(fd, self._limit * _SLOT.size, _RING_OFFSET))
        ahead = self._wall() - now
        for index, value in enumerate(times):
            times[index] = min(now, value + wall_ahead - ahead) if value else 0.0
        last = min(now, times[(count - 1) % self._limit])
        os.pwrite(fd, _STATE.pack(count, last, ahead) + times.tobytes(), _HEADER.size)

    def _offset(self, number: int) -> int:
        return _RING_OFFSET + (number % self._limit) * _SLOT.size
