"""Creates on disk, in SQLite: written before the first byte is sent, so that a killed process can still find them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from paisr._base.errors import ConfigurationError, InvalidArgumentError
from paisr._base.processes import current_process_token, is_process_dead
from paisr._inputs.invoice_ids import checked_invoice_id
from paisr._recovery.attempts import Attempt
from paisr._recovery.journal_file import (
    APPLICATION_ID,
    LOCK_TIMEOUT,
    MIN_LOCK_TIMEOUT,
    VERSION,
    check_file,
    checked_path,
    connection,
    make_file,
    make_tables,
)
from paisr._recovery.memory import GRACE, UNRESOLVED, CompetingAttempt, JournalError, Known, State, in_flight_ids


@frozen(kw_only=True)
class JournalEntry:
    """One create in a journal.

    `state`: ``open`` (begun, and nothing heard since), ``created``, ``found`` or ``absent`` (reconciled, with an
    invoice or with none), or the outcome of the create's error: ``rejected``, ``not_sent``, ``unknown``.
    `invoice_id`: of a create that is ``created`` or ``found``.
    """

    attempt: Attempt
    state: State
    invoice_id: str | None


class Journal:
    """The creates that clients with this `journal` began, and what became of them.

    A client makes the file when there is none (readable by its owner only) and adds to it; this class reads a file that
    is there. Several processes and threads may use it at once, on one machine: not on a network drive. It holds what
    was sent (customer, summary, items) and no token. Keep one journal for each business and token: an attempt of
    another one would be looked for where it cannot be found.

    Raises `ConfigurationError` for a file that is not a journal, and leaves that as it is.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = checked_path(path)
        with _as_configuration_error(self._path):
            if not self._path.exists():
                raise JournalError("does not exist")
            check_file(self._path)
            with self.transaction(LOCK_TIMEOUT):
                pass

    @classmethod
    def made_at(cls, path: str | os.PathLike[str]) -> Journal:
        """The journal in this file, which is made when there is none."""
        checked = checked_path(path)
        with _as_configuration_error(checked):
            make_file(checked)
            if check_file(checked):
                make_tables(checked)
        return cls(checked)

    @property
    def path(self) -> Path:
        return self._path

    def entries(self) -> list[JournalEntry]:
        """Every create, in the order in which they were begun."""
        with _as_configuration_error(self._path), self.transaction(LOCK_TIMEOUT) as transaction:
            return transaction.entries()

    def unresolved(self) -> list[Attempt]:
        """The creates of which nobody knows whether they happened, oldest first: what is to be reconciled.

        A create that is in flight at this moment is among them.
        """
        return [entry.attempt for entry in self.entries() if entry.state in UNRESOLVED]

    def settle(self, attempt: Attempt, invoice_id: str | None) -> None:
        """Note by hand what became of a create, where `reconcile()` could not decide: this invoice, or none."""
        if invoice_id is not None:
            checked_invoice_id(invoice_id)
        with _as_configuration_error(self._path):
            self.end(attempt, "absent" if invoice_id is None else "found", invoice_id, LOCK_TIMEOUT)

    def __repr__(self) -> str:
        return f"Journal({str(self._path)!r})"

    # What a client does with it. All of it raises `JournalError`, and waits for others `timeout` seconds at most.

    def begin(self, attempt: Attempt, ends_at: float, timeout: float) -> None:
        """Note a create that is about to be sent by a call that is over at `ends_at` (seconds since 1970).

        It is on disk when this returns.
        """
        with self.transaction(timeout) as transaction:
            transaction.put(attempt, "open", None, ends_at)

    def end(self, attempt: Attempt, state: State, invoice_id: str | None, timeout: float) -> None:
        """Note what became of a create."""
        with self.transaction(max(timeout, MIN_LOCK_TIMEOUT)) as transaction:
            transaction.record(attempt, state, invoice_id)

    @contextmanager
    def transaction(self, timeout: float) -> Generator[Transaction]:
        """All or nothing, and alone: what is looked up and what is noted is one step."""
        with connection(self._path, timeout) as db:
            if db.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                raise JournalError("is no longer the file that it was")
            if db.execute("PRAGMA user_version").fetchone()[0] > VERSION:
                raise JournalError("was made by a newer version of this package")
            db.execute("BEGIN IMMEDIATE")
            yield Transaction(db)
            db.execute("COMMIT")


class Transaction:
    """The journal, open for one step."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def entries(self) -> list[JournalEntry]:
        rows = self._db.execute("SELECT attempt, state, invoice_id FROM attempts ORDER BY rowid")
        return [JournalEntry(attempt=Attempt.from_json(row[0]), state=row[1], invoice_id=row[2]) for row in rows]

    def put(self, attempt: Attempt, state: State, invoice_id: str | None, ends_at: float) -> None:
        values = (
            attempt.id,
            attempt.service or "",
            state,
            invoice_id,
            ends_at,
            current_process_token(),
            attempt.to_json(),
        )
        self._db.execute("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def record(self, attempt: Attempt, state: State, invoice_id: str | None) -> None:
        """Note what became of a create. A reconciliation that had taken its invoice for another's is open again."""
        if state == "created":
            self._db.execute(
                "UPDATE attempts SET state = 'unknown', invoice_id = NULL "
                "WHERE service = ? AND invoice_id = ? AND state = 'found' AND id <> ?",
                (attempt.service or "", invoice_id, attempt.id),
            )
        changed = self._db.execute(
            "UPDATE attempts SET state = ?, invoice_id = ? WHERE id = ?", (state, invoice_id, attempt.id)
        )
        if not changed.rowcount:
            self.put(attempt, state, invoice_id, 0.0)

    def known(self, attempt: Attempt, invoice_ids: Collection[str], now: float) -> Known:
        """What the journal knows of an attempt, of these invoices, and of other creates at the same service."""
        owners = self._owners(attempt, invoice_ids)
        competing = self._rivals(attempt, now)
        own = self._db.execute(
            "SELECT state, invoice_id, ends_at, runner FROM attempts WHERE id = ?", (attempt.id,)
        ).fetchone()
        if own is None:
            return Known(owners=owners, competing=competing)
        state, invoice_id, ends_at, process = own
        in_flight = state == "open" and _is_in_flight(attempt.id, ends_at, process, now)
        return Known(state=state, in_flight=in_flight, invoice_id=invoice_id, owners=owners, competing=competing)

    def _owners(self, attempt: Attempt, invoice_ids: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for invoice_id in invoice_ids:
            row = self._db.execute(
                "SELECT id FROM attempts WHERE service = ? AND invoice_id = ?", (attempt.service or "", invoice_id)
            ).fetchone()
            if row is not None:
                found[invoice_id] = row[0]
        return found

    def _rivals(self, attempt: Attempt, now: float) -> tuple[CompetingAttempt, ...]:
        rows = self._db.execute(
            "SELECT id, attempt, state, ends_at, runner FROM attempts "
            "WHERE state IN ('open', 'unknown') AND service = ? AND id <> ?",
            (attempt.service or "", attempt.id),
        )
        return tuple(
            CompetingAttempt(
                attempt=Attempt.from_json(text), in_flight=state == "open" and _is_in_flight(own, ends_at, process, now)
            )
            for own, text, state, ends_at, process in rows
        )


def _is_in_flight(attempt_id: str, ends_at: float, process: str, now: float) -> bool:
    """Whether the call that sends the create may still be at work: not past its deadline, nor its process gone."""
    if process == current_process_token():
        return attempt_id in in_flight_ids
    return now <= ends_at + GRACE and not is_process_dead(process)


@contextmanager
def _as_configuration_error(path: Path) -> Generator[None]:
    try:
        yield
    except JournalError as error:
        raise ConfigurationError(f"The journal {str(path)!r} {error}.") from error.__cause__
    except OSError as error:
        raise ConfigurationError(f"The journal {str(path)!r} cannot be used ({error.strerror}).") from error
    except InvalidArgumentError as error:
        raise ConfigurationError(f"The journal {str(path)!r} has an attempt that cannot be read: {error}") from None
