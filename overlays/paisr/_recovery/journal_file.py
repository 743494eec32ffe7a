"""The file of a journal: made when there is none, refused when it is something else, opened for one operation."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from paisr._base.errors import ConfigurationError
from paisr._recovery.memory import JournalError

# "Pais" in ASCII, where SQLite keeps who made a file; the schema's version beside it.
APPLICATION_ID = 0x50616973
VERSION = 1
# Seconds that a journal is waited for where no call's deadline says it.
LOCK_TIMEOUT = 5.0
# A fork waits as long as an operation does.
MAX_LOCK_TIMEOUT = 60.0
# Seconds that are left for noting an outcome when the deadline has passed: an answer is not to be held up for longer.
MIN_LOCK_TIMEOUT = 0.5

_SCHEMA = (
    """CREATE TABLE attempts (
        id TEXT PRIMARY KEY, service TEXT NOT NULL, state TEXT NOT NULL, invoice_id TEXT,
        ends_at REAL NOT NULL, runner TEXT NOT NULL, attempt TEXT NOT NULL)""",
    "CREATE INDEX owners ON attempts (service, invoice_id) WHERE invoice_id IS NOT NULL",
    "CREATE INDEX unresolved ON attempts (state) WHERE state IN ('open', 'unknown')",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)

# SQLite's locks belong to the process and do not survive a fork in the middle of an operation. So a fork waits for the
# operation that is going on, and no connection outlives an operation.
_busy = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_busy.acquire, after_in_parent=_busy.release, after_in_child=_busy.release)


def checked_path(path: object) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigurationError(f"journal is a {type(path).__name__}; give the path of a file.")
    text: object = os.fspath(path)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any PathLike
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"journal={text!r} is not the path of a file; give one such as 'paisr-journal.db'.")
    return Path(text).absolute()


def make_file(path: Path) -> None:
    """An empty file that only its owner can read, when there is none; on disk, its name too."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    if os.name == "posix":  # elsewhere a directory cannot be opened
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def check_file(path: Path) -> bool:
    """Refuse what is not a journal by its first bytes, before SQLite, which would write beside it, opens it.

    True for a file that is empty: a journal that has no tables yet.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise JournalError("is not a file")
    with path.open("rb") as file:
        head = file.read(100)
    if head and (not head.startswith(b"SQLite format 3\0") or int.from_bytes(head[68:72], "big") != APPLICATION_ID):
        raise JournalError("is a file of something else; name another, it will be made")
    return not head


def make_tables(path: Path) -> None:
    """Make the tables, once, whoever else is about to."""
    with connection(path, LOCK_TIMEOUT) as db:
        db.execute("BEGIN EXCLUSIVE")
        made = db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        for statement in () if made else _SCHEMA:
            db.execute(statement)
        db.execute("COMMIT")
        if not made:
            # Writers do not hold readers up then. Not to be had at the same moment as another's lock, and not needed.
            _try_write_ahead_log(db)


def _try_write_ahead_log(db: sqlite3.Connection) -> None:
    try:
        db.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        return


@contextmanager
def connection(path: Path, timeout: float) -> Generator[sqlite3.Connection]:
    """A connection for one operation, which waits for others no longer than `timeout` seconds in all."""
    timeout = min(max(0.0, timeout), MAX_LOCK_TIMEOUT)
    end = time.monotonic() + timeout
    if not _busy.acquire(timeout=timeout):
        raise JournalError(f"was in use by other threads for {timeout:.3g} s")
    try:
        left = max(0.0, end - time.monotonic())
        # mode=rw: a file that was removed is not made anew, readable by everybody and without tables.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=left)) as db:
            db.execute("PRAGMA synchronous = EXTRA")
            yield db
    except sqlite3.Error as error:
        raise JournalError(f"cannot be used ({error})") from error
    finally:
        _busy.release()
