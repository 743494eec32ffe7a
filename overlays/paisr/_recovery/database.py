"""Where attempts are kept: SQLite, in memory or in a file, or PostgreSQL, behind one interface."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

# Seconds that a database is waited for where no call's deadline says it.
LOCK_TIMEOUT = 5.0
# Seconds that are left for noting an outcome when the deadline has passed: a response is not to be held up for longer.
MIN_LOCK_TIMEOUT = 0.5
MAX_LOCK_TIMEOUT = 60.0

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
    "CREATE INDEX paisr_attempts_ended ON paisr_attempts (ended_at) WHERE ended_at IS NOT NULL",
)


class Transaction(Protocol):
    """All or nothing, and alone: what is looked up and what is noted is one step. `?` stands for a parameter."""

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it changed."""
        ...

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Sequence[Sequence[Any]]: ...

    def now(self) -> float | None:
        """Seconds since 1970 by the database's own clock, which is one for all its machines; None where it has none."""
        ...


class Database(Protocol):
    """Somewhere to keep attempts. `name` is for sentences; `blocking` says that it waits for a disk or a network."""

    name: str
    blocking: bool

    def transaction(self, timeout: float) -> AbstractContextManager[Transaction]:
        """Raises `StoreError`, after at most `timeout` seconds of waiting for others."""
        ...

    def close(self) -> None:
        """Let go of the connection; a later transaction makes another."""
        ...


def in_parts(values: Iterable[Any], size: int = 500) -> Iterable[list[Any]]:
    """Lists of at most so many: a statement takes only so many parameters."""
    rest = list(values)
    return (rest[start : start + size] for start in range(0, len(rest), size))
