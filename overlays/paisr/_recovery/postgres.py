"""The database of attempts in PostgreSQL, for the processes of several machines."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from paisr._base.errors import ConfigurationError
from paisr._base.forks import register_after_fork
from paisr._recovery.attempts import StoreError
from paisr._recovery.database import APPLICATION_ID, MAX_LOCK_TIMEOUT, SCHEMA, VERSION, held

if TYPE_CHECKING:
    from paisr._base.secrets import Secret

# Seconds after a transaction's timeout before its connection is shut down.
GRACE = 0.5


class PostgresTransaction:
    """The statements of one transaction."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Any:
        if not parameters:
            return self._cursor.execute(statement)
        return self._cursor.execute(statement.replace("%", "%%").replace("?", "%s"), parameters)


class PostgresDatabase:
    """One connection for each process, used by one thread at a time."""

    blocking = True
    clock = "extract(epoch FROM clock_timestamp())::double precision"

    def __init__(self, url: Secret) -> None:
        self._url = url
        self._library = _library()
        self.name = public_name(url)
        self._connection: Any = None
        # True from the beginning of a transaction until its orderly end.
        self._is_in_use = False
        # The number of the transaction that was begun last.
        self._count = 0
        # Connections that a forked child inherited. It must neither use nor close them.
        self._inherited: list[Any] = []
        self._lock = threading.RLock()
        register_after_fork(self)
        with self.transaction(MAX_LOCK_TIMEOUT / 6, durable=True) as transaction:
            _make_tables(transaction)

    def after_fork(self) -> None:
        self._lock = threading.RLock()
        self._inherited.append(self._connection)
        self._connection = None

    @contextmanager
    def transaction(self, timeout: float, *, durable: bool = False) -> Generator[PostgresTransaction]:
        timeout = min(max(0.001, timeout), MAX_LOCK_TIMEOUT)
        end = time.monotonic() + timeout
        with (
            held(self._current_lock(), timeout),
            self._as_store_error(),
            self._guarded(end),
            self._connected(end) as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            left = max(1, round((end - time.monotonic()) * 1000))
            later = "" if durable else "; SET LOCAL synchronous_commit = off"
            cursor.execute(f"SET LOCAL statement_timeout = {left}; SET LOCAL lock_timeout = {left}{later}")
            # One transaction at a time: nothing changes between a read and a write.
            cursor.execute(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
            yield PostgresTransaction(cursor)

    def close(self) -> None:
        with self._current_lock():
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        connection: Any = self.__dict__.pop("_connection", None)
        if connection is not None:
            connection.close()

    def _current_lock(self) -> threading.RLock:
        """The lock, made anew if gevent has patched `threading` since: a native one is re-entrant for all greenlets."""
        made = threading.RLock()
        if type(made) is not type(self._lock):
            self._lock = made
        return self._lock

    @contextmanager
    def _guarded(self, end: float) -> Generator[None]:
        """Shut the connection down if the server is silent after `end`: a server that hangs sends no error."""
        self._count += 1
        guard = threading.Timer(end - time.monotonic() + GRACE, self._break, (self._count,))
        guard.daemon = True
        try:
            guard.start()
            yield
        finally:
            guard.cancel()

    def _break(self, number: int) -> None:
        if number != self._count:
            return  # the timer of an earlier transaction, which was interrupted before it could cancel it
        with suppress(Exception), socket.socket(fileno=os.dup(self._connection.fileno())) as sock:
            sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _connected(self, end: float) -> Generator[Any]:
        """Yield a working connection; reconnect if the server closed the last one.

        Reconnect also if an interruption broke the last transaction off: it can leave the connection in any state.
        """
        if self._connection is not None and self._is_in_use:
            self._connection.close()
        self._is_in_use = True
        if self._connection is not None and not self._connection.closed:
            with suppress(self._library.OperationalError):
                self._connection.execute("SELECT 1")
        if time.monotonic() >= end:
            raise StoreError("did not respond in time")
        if self._connection is None or self._connection.closed:
            timeout = max(2, round(end - time.monotonic()))  # libpq accepts no less
            self._connection = self._library.connect(
                self._url.reveal(), autocommit=True, connect_timeout=timeout, application_name="paisr"
            )
        yield self._connection
        self._is_in_use = False

    @contextmanager
    def _as_store_error(self) -> Generator[None]:
        try:
            yield
        except self._library.Error as error:
            # Its text may contain the URL with the password.
            raise StoreError(f"cannot be used ({type(error).__name__})") from None


def public_name(url: Secret) -> str:
    """Return the URL without user name and password."""
    with suppress(ValueError):
        parts = urlsplit(url.reveal())
        return f"postgresql://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    return "postgresql://…"


def _make_tables(transaction: PostgresTransaction) -> None:
    """Create the tables if there are none. Raises `StoreError` for tables of another version."""
    if transaction.execute("SELECT to_regclass('paisr_attempts')").fetchall() == [(None,)]:
        for statement in SCHEMA:
            transaction.execute(statement)
        transaction.execute(f"COMMENT ON TABLE paisr_attempts IS 'version {VERSION}'")
    comments = transaction.execute("SELECT obj_description('paisr_attempts'::regclass)").fetchall()
    if comments != [(f"version {VERSION}",)]:
        raise StoreError("was made by another version of this package")


def _library() -> Any:
    try:
        return cast("Any", import_module("psycopg"))
    except ImportError:
        raise ConfigurationError("A journal in PostgreSQL needs psycopg; install paisr[postgres].") from None
