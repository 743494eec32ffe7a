"""Attempts in SQLite: in the memory of a process, or in a file that processes share."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paisr._recovery.database import MAX_LOCK_TIMEOUT, SCHEMA
from paisr._recovery.entries import StoreError
from paisr._recovery.sqlite_file import VERSION, check_file, make_file, migrate

if TYPE_CHECKING:
    import sqlite3

# Creates that are remembered in memory; the oldest are forgotten. A file forgets none.
MAX_REMEMBERED = 10_000
# Seconds between two looks at a file that another process has locked.
MIN_POLL, MAX_POLL = 0.001, 0.02

# A fork in the middle of a transaction would give the child half of it, and SQLite's own locks with nobody to release
# them. So a fork waits for the transaction that is at work, which never waits for another process.
_transactions = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_transactions.acquire, after_in_parent=_transactions.release, after_in_child=_transactions.release
    )


class SqliteTransaction:
    """The statements of one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        return self._connection.execute(statement, parameters).rowcount

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
        return self._connection.execute(statement, parameters).fetchall()

    def now(self) -> None:
        """One machine, one clock."""


class MemoryDatabase:
    """What one client remembers. SQLite is loaded with the first create: a client that only reads needs none."""

    name = ":memory:"
    blocking = False

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self, timeout: float) -> Generator[SqliteTransaction]:  # noqa: ARG002 - nobody else has it
        with _transactions:
            connection = self._connection or self._opened()
            connection.execute("BEGIN")
            with _finished(connection):
                yield SqliteTransaction(connection)

    def close(self) -> None:
        """What it remembers is asked for after a client is closed, too."""

    def _opened(self) -> sqlite3.Connection:
        import sqlite3

        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute(
            f"""CREATE TRIGGER forget AFTER INSERT ON paisr_attempts BEGIN DELETE FROM paisr_attempts
                WHERE rowid <= new.rowid - {MAX_REMEMBERED}; END"""
        )
        self._connection = connection
        return connection


class FileDatabase:
    """A file for the processes of one machine. One connection for each process, used by one thread at a time."""

    blocking = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self._connection: sqlite3.Connection | None = None
        self._opened_by = 0
        self._identity: tuple[int, int] | None = None
        # What a forked child inherited, and must neither use nor close.
        self._inherited: list[sqlite3.Connection] = []

    @classmethod
    def made_at(cls, path: Path) -> FileDatabase:
        """The database in this file, which is made when there is none."""
        with _transactions:
            make_file(path)
        return cls.at(path)

    @classmethod
    def at(cls, path: Path) -> FileDatabase:
        """The database in a file that is there; an older one is migrated, a newer one refused."""
        if not path.exists():
            raise StoreError("does not exist")
        # Alone, because whoever closes a file lets go of all locks that the process has on it.
        with _transactions:
            check_file(path)
        database = cls(path)
        with database._exclusively(MAX_LOCK_TIMEOUT / 10) as connection:
            migrate(connection)
        return database

    @contextmanager
    def transaction(self, timeout: float) -> Generator[SqliteTransaction]:
        with self._exclusively(timeout) as connection:
            if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                raise StoreError("was made by another version of this package")
            yield SqliteTransaction(connection)

    def close(self) -> None:
        with _transactions:
            if self._connection is not None and self._opened_by == os.getpid():
                self._connection.close()
                self._connection = None

    @contextmanager
    def _exclusively(self, timeout: float) -> Generator[sqlite3.Connection]:
        end = time.monotonic() + min(max(0.0, timeout), MAX_LOCK_TIMEOUT)
        poll = MIN_POLL
        while True:
            if not _transactions.acquire(timeout=max(0.0, end - time.monotonic())):
                raise StoreError(f"was in use by other threads for {timeout:.3g} s")
            try:
                with _as_store_error():
                    connection = self._begun()
                    if connection is not None:
                        with _finished(connection):
                            yield connection
                        return
            finally:
                _transactions.release()
            # Not while the lock of this process is held: a fork would wait for another process.
            if time.monotonic() >= end:
                raise StoreError(f"was locked by another process for {timeout:.3g} s")
            time.sleep(min(poll, max(0.0, end - time.monotonic())))
            poll = min(MAX_POLL, poll * 2)

    def _begun(self) -> sqlite3.Connection | None:
        """A connection in a transaction; None while another process has the file."""
        import sqlite3

        try:
            connection = self._current()
            # Exclusive, so that a commit never waits for somebody who reads.
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                return None
            raise
        return connection

    def _current(self) -> sqlite3.Connection:
        """This process's connection to the file that is there now."""
        found = self.path.stat()
        identity = (found.st_dev, found.st_ino)
        if self._connection is not None and self._opened_by != os.getpid():
            self._inherited.append(self._connection)
            self._connection = None
        if self._connection is not None and identity != self._identity:
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._connection = self._opened()
            self._opened_by, self._identity = os.getpid(), identity
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        import sqlite3

        try:
            check_file(self.path)
        except StoreError as error:
            if self._identity is None:
                raise
            raise StoreError(f"is no longer the file that it was: it {error}") from error
        # mode=rw: a file that was removed is not made anew, readable by everybody and without tables.
        uri = f"{self.path.as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def _finished(connection: sqlite3.Connection) -> Generator[None]:
    """Commit what was begun, or take all of it back."""
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _as_store_error() -> Generator[None]:
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"cannot be used ({error})") from error
    except OSError as error:
        raise StoreError(f"cannot be used ({error.strerror})") from error
