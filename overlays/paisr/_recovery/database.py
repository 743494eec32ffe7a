"""Where attempts are kept: SQLite, in memory or in a file, or PostgreSQL, behind one interface and one schema."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

from paisr._recovery.attempts import StoreError

# Seconds that a database is waited for where no call's deadline says it.
LOCK_TIMEOUT = 5.0
# Seconds that are left for noting an outcome when the deadline has passed: a response is not to be held up for longer.
MIN_LOCK_TIMEOUT = 0.5
MAX_LOCK_TIMEOUT = 60.0

# Of the tables; "Pais" in ASCII names them where a database keeps who made something.
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
    """What a statement did: how many rows it changed, or which it found."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> Sequence[Any]: ...


class Transaction(Protocol):
    """All or nothing, and alone: what is looked up and what is noted is one step. `?` stands for a parameter."""

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Cursor: ...


class Database(Protocol):
    """Somewhere to keep attempts. `name` is for sentences; `blocking` says that it waits for a disk or a network.

    `clock`: the expression for the seconds since 1970 by the database's own clock, which is one for all its machines;
    None where it has none.
    """

    name: str
    blocking: bool

    @property
    def clock(self) -> str | None: ...

    def transaction(self, timeout: float, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """Raises `StoreError`, after at most `timeout` seconds of waiting for others.

        What is `durable` survives a power failure, and so does what was committed before it. The rest survives the end
        of the process, and may be lost with the power.
        """
        ...

    def close(self) -> None:
        """Close the connection; a later transaction makes another."""
        ...


@contextmanager
def held(lock: threading.RLock, timeout: float) -> Generator[None]:
    """Hold the lock that serves the threads of this process one after the other."""
    try:
        if not lock.acquire(timeout=max(0.0, timeout)):
            raise StoreError(f"was in use by other threads for {timeout:.3g} s")
        yield
    finally:
        # In here, and whether it was acquired or not: an interrupt can come between the two.
        with suppress(RuntimeError):
            lock.release()


def in_parts(values: Iterable[Any], size: int = 500) -> Iterable[list[Any]]:
    """Lists of at most so many: a statement takes only so many parameters."""
    rest = list(values)
    return (rest[start : start + size] for start in range(0, len(rest), size))
