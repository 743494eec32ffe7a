"""The databases of attempts in SQLite: in memory, or in a file that several processes share."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from paisr._recovery.attempts import StoreError
from paisr._recovery.database import MAX_LOCK_TIMEOUT, SCHEMA, VERSION, held
from paisr._recovery.sqlite_file import check_file, kept_lock, make_file, prepare

# Creates that are kept in memory; older ones are deleted. A file keeps all.
MAX_REMEMBERED = 10_000
# Seconds between two tries for a file that another process has locked.
POLL = 0.002

# A SQLite connection must not cross a fork: the child would inherit half a transaction, and locks that only the parent
# holds. So a fork waits for the current transaction, which never waits for another process, and closes every file;
# parent and child open it again. Opening and closing a connection holds this lock, too.
_transactions = threading.RLock()
# The connections to files, each with the status of its file and its `kept_lock`.
_open: dict[sqlite3.Connection, tuple[os.stat_result, int | None]] = {}
# Connections of databases that were garbage-collected.
_unused: list[sqlite3.Connection] = []


def _close(connection: sqlite3.Connection) -> None:
    _, lock = _open.pop(connection, (None, None))
    if lock is not None:
        os.close(lock)
    connection.close()


def _close_unused() -> None:
    while _unused:
        _close(_unused.pop())


def _close_soon(connection: sqlite3.Connection) -> None:
    """Close the connection now, or with the next transaction: a garbage collection must not wait for the lock."""
    _unused.append(connection)
    with suppress(StoreError), held(_transactions, 0.0):
        _close_unused()


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
    """The attempts of one client, in memory."""

    name = ":memory:"
    blocking = False
    clock = None

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for statement in SCHEMA:
            self._connection.execute(statement)
        self._connection.execute(
            f"""CREATE TRIGGER forget AFTER INSERT ON paisr_attempts BEGIN DELETE FROM paisr_attempts
                WHERE rowid <= new.rowid - {MAX_REMEMBERED}; END"""
        )

    @contextmanager
    def transaction(self, timeout: float, *, durable: bool = False) -> Generator[sqlite3.Connection]:  # noqa: ARG002 - nobody else has it, and nothing lasts
        with _transactions, self._connection:  # entered before BEGIN: no interruption leaves a transaction open
            self._connection.execute("BEGIN")
            yield self._connection

    def close(self) -> None:
        """Do nothing: the attempts of a closed client can still be read."""

    def __del__(self) -> None:
        _close_soon(self._connection)


class FileDatabase:
    """A file for the processes of one machine. Each process has one connection, used by one thread at a time.

    The file is in WAL mode: a durable commit waits for the disk once, any other commit does not, and a reader blocks
    no writer.
    """

    blocking = True
    clock = None

    def __init__(self, path: Path, *, make: bool) -> None:
        """Open the file. If there is none, create it (`make`) or raise `StoreError`."""
        self.name = str(path)
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._was_open = False
        with _transactions, _as_store_error():
            if make:
                make_file(path)
            elif not path.exists():
                raise StoreError("does not exist")
        with self.transaction(MAX_LOCK_TIMEOUT / 10):
            pass
        # So a program that makes clients and then forks need not close it.
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
            # Sleep without the lock, since a fork waits for the lock and must not wait for another process.
            if time.monotonic() >= end:
                raise StoreError(f"was locked by another process for {timeout:.3g} s")
            time.sleep(min(POLL, max(0.0, end - time.monotonic())))

    def close(self) -> None:
        with _transactions:
            if self._connection is not None and self._connection in _open:
                _close(self._connection)

    def __del__(self) -> None:
        if self._connection is not None:
            _close_soon(self._connection)

    def _begun(self, *, durable: bool) -> sqlite3.Connection | None:
        """Begin a transaction and return its connection; None while another process has locked the file."""
        _close_unused()
        connection, status = self._connection, self._path.stat()
        try:
            if connection is None or not _is_open_on(connection, status):
                self.close()
                connection = self._connected(status)
            connection.execute(f"PRAGMA synchronous = {'EXTRA' if durable else 'NORMAL'}")
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

    def _connected(self, status: os.stat_result) -> sqlite3.Connection:
        try:
            check_file(self._path, status, is_open=any(_is_open_on(one, status) for one in _open))
        except StoreError as error:
            if not self._was_open:
                raise
            raise StoreError(f"is no longer the same file: it {error}") from error
        # mode=rw: SQLite must not create a removed file again, readable by everybody and without tables.
        uri = f"{self._path.as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            prepare(connection)
            _open[connection] = status, kept_lock(self._path)
            if not _is_open_on(connection, self._path.stat()):
                raise StoreError("was replaced while it was opened")
        except BaseException:
            _close(connection)
            raise
        self._connection, self._was_open = connection, True
        return connection


def _is_open_on(connection: sqlite3.Connection, status: os.stat_result) -> bool:
    return connection in _open and os.path.samestat(_open[connection][0], status)


@contextmanager
def _as_store_error() -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"cannot be used ({error})") from error
    except OSError as error:
        raise StoreError(f"cannot be used ({error.strerror})") from error
