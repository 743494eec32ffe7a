"""The interface and the schema of the databases that keep attempts: SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from paisr._recovery.attempts import StoreError

# Seconds to wait for a database outside a call, which has no deadline.
LOCK_TIMEOUT = 5.0
# Seconds to record an outcome after the deadline has passed: its response must not be delayed for longer.
MIN_LOCK_TIMEOUT = 0.5
MAX_LOCK_TIMEOUT = 60.0

# The version of the tables, and "Pais" in ASCII: the application id of a SQLite file, the lock id in PostgreSQL.
VERSION = 2
APPLICATION_ID = 0x50616973
UNRESOLVED_STATES = "state IN ('open', 'unknown')"
SCHEMA = (
    """CREATE TABLE paisr_attempts (
        id TEXT PRIMARY KEY, service TEXT NOT NULL, key TEXT, state TEXT NOT NULL, invoice_id TEXT,
        request TEXT NOT NULL, likeness TEXT NOT NULL, response TEXT, error TEXT, started_at DOUBLE PRECISION NOT NULL,
        ended_at DOUBLE PRECISION, ends_at DOUBLE PRECISION NOT NULL, ends_mono DOUBLE PRECISION NOT NULL,
        process TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX paisr_attempts_key ON paisr_attempts (service, key) WHERE key IS NOT NULL",
    "CREATE UNIQUE INDEX paisr_attempts_invoice ON paisr_attempts (service, invoice_id) WHERE invoice_id IS NOT NULL",
    f"CREATE INDEX paisr_attempts_unresolved ON paisr_attempts (service, likeness) WHERE {UNRESOLVED_STATES}",
    "CREATE INDEX paisr_attempts_started ON paisr_attempts (started_at, id)",
)


class Cursor(Protocol):
    """The result of a statement: the number of rows it changed, or the rows it found."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> Sequence[Any]: ...


class Transaction(Protocol):
    """An atomic, exclusive transaction: nothing changes between a read and a write. `?` stands for a parameter."""

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Cursor: ...


class Database(Protocol):
    """A database for attempts. `name`: its name in error texts. `blocking`: whether it waits for a disk or a network.

    `clock`: the SQL expression for the seconds since 1970 by the database's own clock, the same for all clients; None
    if it has none.
    """

    name: str
    blocking: bool

    @property
    def clock(self) -> str | None: ...

    def transaction(self, timeout: float, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """Begin a transaction. Raises `StoreError` after waiting `timeout` seconds for other transactions.

        A `durable` transaction survives a power failure, and so do the transactions before it. Any other survives the
        end of the process, but not always a power failure.
        """
        ...

    def close(self) -> None:
        """Close the connection; a later transaction opens another."""
        ...


@contextmanager
def held(lock: threading.RLock, timeout: float) -> Generator[None]:
    """Hold the lock. Raises `StoreError` if other threads of this process hold it for `timeout` seconds."""
    timeout = max(0.0, timeout)  # before the `try`: in it, an interruption must not come before `acquire`
    try:
        if not lock.acquire(timeout=timeout):
            raise StoreError(f"was in use by other threads for {timeout:.3g} s")
        yield
    finally:
        # Release it whether it was acquired or not: an interruption can come just after `acquire`. It can come at the
        # beginning of a Python function as well, so that none is called before `release`.
        try:  # noqa: SIM105 - `suppress` is such a function
            lock.release()
        except RuntimeError:
            pass
