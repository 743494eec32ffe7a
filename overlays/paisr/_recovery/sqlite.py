"""Attempts in SQLite: in the memory of a process, or in a file that processes share."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from paisr._recovery.attempts import StoreError
from paisr._recovery.database import MAX_LOCK_TIMEOUT, SCHEMA, VERSION, held
from paisr._recovery.sqlite_file import check_file, kept_lock, make_file, prepare

if TYPE_CHECKING:
    import sqlite3

# Creates that are remembered in memory; the oldest are forgotten. A file forgets none.
MAX_REMEMBERED = 10_000
# Seconds between two looks at a file that another process has locked.
POLL = 0.002

# SQLite does not outlive a fork: the child would have half a transaction, and believe in locks that only the parent
# has. So a fork waits for the transaction that is at work, which never waits for another process, and finds every file
# closed; parent and child open it again. What opens and closes connections holds this lock, too.
_transactions = threading.RLock()
# Every connection to a file, with which file that is, and with its `kept_lock`.
_open: dict[sqlite3.Connection, tuple[os.stat_result, int | None]] = {}
# Connections whose database was forgotten.
_unused: list[sqlite3.Connection] = []


def _close(connection: sqlite3.Connection) -> None:
    _, lock = _open.pop(connection, (None, None))
    if lock is not None:
        os.close(lock)
    connection.close()


def _close_unused() -> None:
    while _unused:
        _close(_unused.pop())


def _forget(connection: sqlite3.Connection) -> None:
    """Close it now, or with the next transaction: what is forgotten may be so in a thread that must not wait."""
    _unused.append(connection)
    if _transactions.acquire(blocking=False):
        try:
            _close_unused()
        finally:
            _transactions.release()


def _before_fork() -> None:
    _transactions.acquire()
    _close_unused()
    for one in list(_open):
        _close(one)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_transactions.release, after_in_child=_transactions.release
    )


class MemoryDatabase:
    """What one client remembers."""

    name = ":memory:"
    blocking = False
    clock = None

    def __init__(self) -> None:
        import sqlite3  # here, because a client of PostgreSQL needs none

        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for statement in SCHEMA:
            self._connection.execute(statement)
        self._connection.execute(
            f"""CREATE TRIGGER forget AFTER INSERT ON paisr_attempts BEGIN DELETE FROM paisr_attempts
                WHERE rowid <= new.rowid - {MAX_REMEMBERED}; END"""
        )

    @contextmanager
    def transaction(self, timeout: float, *, durable: bool = False) -> Generator[sqlite3.Connection]:  # noqa: ARG002 - nobody else has it, and nothing lasts
        with _transactions, self._connection:  # first, so that no interruption leaves a transaction open
            self._connection.execute("BEGIN")
            yield self._connection

    def close(self) -> None:
        """What it remembers is asked for after a client is closed, too."""

    def __del__(self) -> None:
        _forget(self._connection)


class FileDatabase:
    """A file for the processes of one machine. One connection for each process, used by one thread at a time.

    It is in WAL mode: a commit that must survive a power failure waits for the disk once, any other not at all, and
    a reader holds up nobody.
    """

    blocking = True
    clock = None

    def __init__(self, path: Path, *, make: bool) -> None:
        """The database in this file; where there is none it is made, or refused."""
        self.name = str(path)
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._was_open = False
        self._durable = True
        with _transactions:
            if make:
                make_file(path)
            elif not path.exists():
                raise StoreError("does not exist")
        with self.transaction(MAX_LOCK_TIMEOUT / 10):
            pass
        # A program that makes clients and then forks need not close it.
        self.close()

    @contextmanager
    def transaction(self, timeout: float, *, durable: bool = False) -> Generator[sqlite3.Connection]:
        timeout = min(max(0.0, timeout), MAX_LOCK_TIMEOUT)
        end = time.monotonic() + timeout
        while True:
            with held(_transactions, end - time.monotonic()), _as_store_error():
                connection = self._begun(durable=durable)
                if connection is not None:
                    with connection:
                        if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                            raise StoreError("was made by another version of this package")
                        yield connection
                    return
            # Not while the lock of this process is held: a fork would wait for another process.
            if time.monotonic() >= end:
                raise StoreError(f"was locked by another process for {timeout:.3g} s")
            time.sleep(min(POLL, max(0.0, end - time.monotonic())))

    def close(self) -> None:
        with _transactions:
            if self._connection is not None and self._connection in _open:
                _close(self._connection)

    def __del__(self) -> None:
        if self._connection is not None:
            _forget(self._connection)

    def _begun(self, *, durable: bool) -> sqlite3.Connection | None:
        """A connection in a transaction; None while another process has the file."""
        import sqlite3

        _close_unused()
        connection, found = self._connection, self._path.stat()
        try:
            if connection is None or not _is_of(connection, found):
                self.close()
                connection = self._connected(found)
            if durable != self._durable:
                connection.execute(f"PRAGMA synchronous = {'EXTRA' if durable else 'NORMAL'}")
                self._durable = durable
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                return None
            raise
        except BaseException:  # an interruption, which must not leave a transaction open
            if self._connection is not None and self._connection in _open:
                self._connection.rollback()
            raise
        return connection

    def _connected(self, found: os.stat_result) -> sqlite3.Connection:
        import sqlite3

        try:
            check_file(self._path, found, is_open=any(_is_of(one, found) for one in _open))
        except StoreError as error:
            if not self._was_open:
                raise
            raise StoreError(f"is no longer the file that it was: it {error}") from error
        # mode=rw: a file that was removed is not made anew, readable by everybody and without tables.
        uri = f"{self._path.as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            prepare(connection)
            _open[connection] = found, kept_lock(self._path)
            if not _is_of(connection, self._path.stat()):
                raise StoreError("was replaced while it was opened")
        except BaseException:
            _close(connection)
            raise
        self._connection, self._durable, self._was_open = connection, True, True
        return connection


def _is_of(connection: sqlite3.Connection, found: os.stat_result) -> bool:
    return connection in _open and os.path.samestat(_open[connection][0], found)


@contextmanager
def _as_store_error() -> Generator[None]:
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"cannot be used ({error})") from error
    except OSError as error:
        raise StoreError(f"cannot be used ({error.strerror})") from error
