"""The store of attempts, the same for every database. Unique constraints decide between calls that race."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from paisr._base.forks import register_after_fork
from paisr._engine.steps import RunBlocking
from paisr._recovery.attempts import (
    UNRESOLVED,
    CreateOutcome,
    InvoiceTakenError,
    JournalEntry,
    StoreError,
    Work,
    at_work,
)
from paisr._recovery.database import LOCK_TIMEOUT, MIN_LOCK_TIMEOUT, UNRESOLVED_STATES
from paisr._recovery.statements import Rows
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._base.runtime import Runtime
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.database import Database

    Decide = Callable[[Attempt, JournalEntry, Rows], CreateOutcome | None]

T = TypeVar("T")
# Entries that are read in one transaction: a long history must not block other calls.
PAGE = 1000


class AttemptStore:
    """The attempts of the clients of one database. Every method is one transaction, and may raise `StoreError`."""

    def __init__(self, database: Database, runtime: Runtime) -> None:
        self.database = database
        self._runtime = runtime
        # Outcomes that could not be written yet, by attempt id. The next transaction writes them first.
        self._unwritten: dict[str, tuple[Attempt, CreateOutcome]] = {}
        self._lock = threading.Lock()
        register_after_fork(self)

    @property
    def name(self) -> str:
        return self.database.name

    def run(self, work: Callable[[], T], deadline: Deadline) -> Steps[T]:
        """Run one of the methods below, in a `RunBlocking` step if the database waits for a disk or a network."""
        if not self.database.blocking:
            return work()
        try:
            result: T = yield RunBlocking(work, max(deadline.remaining(), MIN_LOCK_TIMEOUT))
        except TimeoutError as error:
            raise StoreError("did not respond in time") from error
        return result

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        at_work.clear()

    def begin(self, attempt: Attempt, key: str | None, work: Work, deadline: Deadline) -> JournalEntry | None:
        """Record a create before it is sent, or return the entry that already has its key.

        The create is on disk when this returns. Raises `StoreError` if the call is over.
        """
        with self._rows(deadline.remaining(), durable=True) as rows:
            if key is not None and (entry := rows.first("service = ? AND key = ?", [attempt.service or "", key])):
                return entry
            _refuse_finished(work)
            at_work[attempt.id] = work
            rows.insert(attempt, key, CreateOutcome(state="open"), deadline.remaining())
        return None

    def begin_again(self, entry: JournalEntry, attempt: Attempt, work: Work, deadline: Deadline) -> bool:
        """Record that a create with a key is sent again, under its entry's id; False if another call was faster."""
        with self._rows(deadline.remaining(), durable=True) as rows:
            _refuse_finished(work)
            begun = rows.begin_again(entry, attempt, deadline.remaining())
            if begun:
                at_work[attempt.id] = work
        return begun

    def end(self, attempt: Attempt, outcome: CreateOutcome, timeout: float) -> None:
        """Record the outcome of a create. Raises `InvoiceTakenError` if another create received the same invoice.

        An outcome that cannot be written is kept in memory, and written later. A power failure can lose the last
        outcomes; such a create is open again, and is reconciled like any other.
        """
        with self._lock:
            self._unwritten[attempt.id] = (attempt, outcome)
        taken = self._write_unwritten(max(timeout, MIN_LOCK_TIMEOUT))
        if attempt.id in taken:
            raise InvoiceTakenError(taken[attempt.id])

    def settle_by_hand(self, attempt: Attempt, outcome: CreateOutcome, timeout: float) -> None:
        """Record an outcome that the user gives."""
        with self._rows(timeout, durable=True) as rows:
            entry = rows.first("id = ?", [attempt.id])
            if entry is not None and entry.in_flight:
                raise StoreError("was not changed: this create is still in flight")
            if entry is not None and entry.state == "created" and entry.invoice_id != outcome.invoice_id:
                raise StoreError(f"was not changed: the service said that this create made {entry.invoice_id}")
            recorded = rows.record(attempt, outcome)
            if recorded.invoice_id != outcome.invoice_id:
                raise InvoiceTakenError(f"{recorded.error}")

    def entry(self, attempt: Attempt, timeout: float) -> JournalEntry | None:
        with self._rows(timeout) as rows:
            return rows.first("id = ?", [attempt.id])

    def by_keys(self, service: str, keys: Sequence[str], timeout: float) -> dict[str, JournalEntry]:
        """The entries that have these keys, by key."""
        with self._rows(timeout) as rows:
            entries = map(rows.entry, rows.among("key", keys, "service = ?", [service]))
            return {entry.key: entry for entry in entries if entry.key is not None}

    def entries(
        self, where: str = "1 = 1", parameters: Sequence[Any] = (), timeout: float = LOCK_TIMEOUT
    ) -> list[JournalEntry]:
        """Return entries, oldest first."""
        found: list[JournalEntry] = []
        order = "ORDER BY started_at, id"
        last: Sequence[Any] = (float("-inf"), "")
        while True:
            with self._rows(timeout) as rows:
                page = rows.raw(f"({where}) AND (started_at, id) > (?, ?) {order} LIMIT {PAGE}", [*parameters, *last])
            found += map(rows.entry, page)
            if len(page) < PAGE:
                return found
            last = (page[-1][8], page[-1][0])

    def find(self, text: str, timeout: float = LOCK_TIMEOUT) -> list[JournalEntry]:
        """Return the entries with this key, attempt id or invoice id, or with this text in the request."""
        pattern = "".join(f"\\{one}" if one in "%_\\" else one for one in encode(text).decode()[1:-1].lower())
        where = "key = ? OR id = ? OR invoice_id = ? OR lower(request) LIKE ? ESCAPE '\\'"
        return self.entries(where, [text, text, text, f"%{pattern}%"], timeout)

    def unresolved(self, timeout: float) -> list[JournalEntry]:
        """Return the entries to reconcile, oldest first."""
        return [one for one in self.entries(UNRESOLVED_STATES, timeout=timeout) if one.state in UNRESOLVED]

    def settle(self, entries: Sequence[JournalEntry], decide: Decide, timeout: float) -> None:
        """Let `decide` choose the outcome of each create, and record it, all in one transaction.

        `decide` receives each attempt with its entry as it is now, and returns None for one that stays unchanged.
        """
        with self._rows(timeout) as rows:
            found = map(rows.entry, rows.among("id", [entry.attempt.id for entry in entries]))
            current = {entry.attempt.id: entry for entry in found}
            for entry in entries:
                outcome = decide(entry.attempt, current.get(entry.attempt.id, entry), rows)
                if outcome is not None:
                    rows.record(entry.attempt, outcome)

    def keep(self, found: Sequence[tuple[Attempt, str]]) -> None:
        """Keep the found invoices of creates in memory, until they can be written."""
        with self._lock:
            for attempt, invoice_id in found:
                self._unwritten.setdefault(attempt.id, (attempt, CreateOutcome(state="found", invoice_id=invoice_id)))

    def prune(self, before: float, timeout: float = LOCK_TIMEOUT) -> int:
        """Delete the resolved creates that ended before `before` (seconds since 1970); return their number."""
        with self._rows(timeout) as rows:
            statement = f"DELETE FROM paisr_attempts WHERE ended_at < ? AND NOT {UNRESOLVED_STATES}"
            return rows.transaction.execute(statement, [before]).rowcount

    @contextmanager
    def _rows(self, timeout: float, *, durable: bool = False) -> Generator[Rows]:
        """Begin a transaction, after writing the unwritten outcomes if that is possible."""
        begun = self._runtime.clock()
        if self._unwritten:
            with suppress(StoreError):
                self._write_unwritten(timeout)
        with self._transaction(max(0.0, timeout - self._runtime.clock() + begun), durable=durable) as rows:
            yield rows

    @contextmanager
    def _transaction(self, timeout: float, *, durable: bool = False) -> Generator[Rows]:
        clock = self.database.clock
        with self.database.transaction(timeout, durable=durable) as transaction:
            now = transaction.execute(f"SELECT {clock}").fetchall()[0][0] if clock else self._runtime.now().timestamp()
            yield Rows(transaction=transaction, now=now, clock=self._runtime.clock(), unwritten=self._unwritten)

    def _write_unwritten(self, timeout: float) -> dict[str, str]:
        """Write the unwritten outcomes. Return by attempt id why an invoice was refused: another create has it."""
        with self._lock:
            unwritten = list(self._unwritten.values())
        taken: dict[str, str] = {}
        with self._transaction(timeout) as rows:
            for attempt, outcome in unwritten:
                recorded = rows.end(attempt, outcome)
                if recorded.invoice_id != outcome.invoice_id:
                    taken[attempt.id] = f"{recorded.error}"
        with self._lock:
            for attempt, outcome in unwritten:
                if self._unwritten.get(attempt.id, (None, None))[1] is outcome:
                    del self._unwritten[attempt.id]
        return taken


def _refuse_finished(work: Work) -> None:
    """Raise `StoreError` if the call is over: its caller has been told that nothing was sent."""
    if work.is_over:
        raise StoreError("could not be written in time")
