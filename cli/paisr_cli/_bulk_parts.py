"""A file that is written beside its place, and moved there when it is complete."""

from __future__ import annotations

import csv
import os
import re
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# Between the name of the file and the random end of its part's name.
MARK = ".paisr-part-"
_RANDOM = re.compile(r"[0-9a-f]{12}")


class Part:
    """A file on its way; it is made with its first line, and removed by the next run where its own was killed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path
        self._file: Any = None

    def file(self, header: tuple[str, ...] = ()) -> Any:
        if self._file is None:
            self._file = self._made()
            if header:
                csv.writer(self._file, lineterminator="\n").writerow(header)
        return self._file

    def put(self) -> None:
        if self._file is not None:
            with as_sentence(self.path):
                self._file.close()
                self._part.replace(self.path)

    def _made(self) -> Any:
        """A new part that no other run takes for an abandoned one."""
        while True:
            self._part = self.path.with_name(f"{self.path.name}{MARK}{secrets.token_hex(6)}")
            descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            if _is_locked(descriptor, where_there_are_no_locks=True) and self._part.exists():
                return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
            os.close(descriptor)  # another run was faster, and removes it

    def remove_abandoned(self) -> None:
        """Remove the parts of this file that nobody writes any more."""
        for found in self.path.parent.glob(f"{_literal(self.path.name)}{MARK}*"):
            if _RANDOM.fullmatch(found.name.rpartition("-")[2]):
                with suppress(OSError):  # it is gone, or is somebody else's
                    _remove_if_abandoned(found)


def _remove_if_abandoned(part: Path) -> None:
    descriptor = os.open(part, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and _is_locked(descriptor, where_there_are_no_locks=False):
            part.unlink()
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int, *, where_there_are_no_locks: bool) -> bool:
    """Lock the file; whether it is this process's now. The lock goes with the process, however that ends."""
    try:
        import fcntl
    except ImportError:
        return where_there_are_no_locks
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without them
        return where_there_are_no_locks
    return True


def _literal(name: str) -> str:
    return re.sub(r"([\[*?])", r"[\1]", name)


@contextmanager
def as_sentence(path: Path) -> Generator[None]:
    from paisr import ConfigurationError

    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{str(path)!r} cannot be written ({error.strerror}); correct that, and run the same command again."
        ) from None
