"""The statements of one transaction: how attempts become rows, and rows become entries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, frozen

from paisr._base.errors import InvalidArgumentError
from paisr._base.processes import current_process_token, is_process_dead, is_same_machine
from paisr._recovery.attempts import NEVER_HAPPENED, UNRESOLVED, Attempt, CreateOutcome, JournalEntry, State, at_work
from paisr._recovery.database import UNRESOLVED_STATES
from paisr._recovery.matching import likeness, likenesses

if TYPE_CHECKING:
    from paisr._recovery.database import Transaction
    from paisr_generated import Invoice

COLUMNS = (
    "id, service, key, state, invoice_id, request, response, error, started_at, ended_at, ends_at, ends_mono, process"
)
# The number of parameters in a statement is limited.
MAX_PARAMETERS = 500
# The operation of an attempt with an unreadable row; its `request` is the text of the row.
UNREADABLE = "unreadable"
# Seconds by which a call can outlive its deadline.
GRACE = 1.0
# The states that an outcome may replace if no response reported it.
REPLACEABLE: dict[State, frozenset[State]] = {"unknown": frozenset({"open"}), "found": UNRESOLVED}


@frozen(kw_only=True)
class Rows:
    """The rows in one transaction. `now`: seconds since 1970; `clock`: this machine's monotonic seconds.

    `unwritten`: the outcomes that this process could not write yet, by attempt id.
    """

    transaction: Transaction
    now: float
    clock: float
    unwritten: Mapping[str, tuple[Attempt, CreateOutcome]]

    def insert(self, attempt: Attempt, key: str | None, outcome: CreateOutcome, left: float = 0.0) -> None:
        """Insert a row. `left`: the seconds that the call has left."""
        values = {
            "id": attempt.id, "service": attempt.service or "", "key": key,
            **self._request_columns(attempt, left), **self._outcome_columns(outcome),
        }  # fmt: skip
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        self.transaction.execute(f"INSERT INTO paisr_attempts ({columns}) VALUES ({marks})", [*values.values()])

    def begin_again(self, entry: JournalEntry, attempt: Attempt, left: float) -> bool:
        """Open the entry again; False when it has changed since it was read."""
        values = {**self._outcome_columns(CreateOutcome(state="open")), **self._request_columns(attempt, left)}
        as_given = [attempt.id, entry.state, entry.attempt.started_at.timestamp()]
        return bool(self._update(values, "id = ? AND state = ? AND started_at = ?", as_given))

    def end(self, attempt: Attempt, outcome: CreateOutcome) -> CreateOutcome:
        """Record how a call ended, and return what was recorded: ``unknown`` if the invoice belongs to another create.

        A response replaces what was found out meanwhile. An outcome without a response does not.
        """
        statement = "SELECT started_at, state FROM paisr_attempts WHERE id = ?"
        for started_at, state in self.transaction.execute(statement, [attempt.id]).fetchall():
            if started_at != attempt.started_at.timestamp():
                # The key was begun again meanwhile. This call's outcome gets an entry of its own, so it is not lost.
                if outcome.state in NEVER_HAPPENED:
                    return outcome  # there is no invoice to lose
                attempt = evolve(attempt, id=uuid.uuid4().hex)
            elif state not in REPLACEABLE.get(outcome.state, {state}):
                return outcome
        return self.record(attempt, outcome, self._lease(0.0))

    def record(self, attempt: Attempt, outcome: CreateOutcome, lease: Mapping[str, Any] | None = None) -> CreateOutcome:
        """Write an outcome, with the lease when the call itself reports it."""
        if outcome.invoice_id is not None:
            outcome = self._without_another_owner(attempt, outcome)
        if not self._update({**self._outcome_columns(outcome), **(lease or {})}, "id = ?", [attempt.id]):
            self.insert(attempt, None, outcome)
        return outcome

    def owners(self, service: str, invoice_ids: Iterable[str]) -> dict[str, str]:
        """The id of the create that owns an invoice, by the invoice's id."""
        rows = self.among("invoice_id", invoice_ids, "service = ?", [service], columns="invoice_id, id")
        owners = {row[0]: row[1] for row in rows}
        return owners | {one.invoice_id: attempt.id for attempt, one in list(self.unwritten.values()) if one.invoice_id}

    def competing(self, service: str, invoice: Invoice) -> list[JournalEntry]:
        """The unresolved creates that may have created the invoice."""
        rows = self.among("likeness", likenesses(invoice), f"service = ? AND {UNRESOLVED_STATES}", [service])
        return [one for one in map(self.entry, rows) if one.attempt.operation != UNREADABLE]

    def first(self, where: str, parameters: Sequence[Any]) -> JournalEntry | None:
        return next(map(self.entry, self.raw(where, parameters)), None)

    def raw(self, where: str, parameters: Sequence[Any], columns: str = COLUMNS) -> Sequence[Sequence[Any]]:
        """Rows, by default for `entry`, which needs no transaction."""
        return self.transaction.execute(f"SELECT {columns} FROM paisr_attempts WHERE {where}", parameters).fetchall()

    def among(
        self,
        column: str,
        values: Iterable[str],
        where: str = "1 = 1",
        parameters: Sequence[Any] = (),
        columns: str = COLUMNS,
    ) -> Iterator[Sequence[Any]]:
        """The rows that have one of these values in a column."""
        every = list(values)
        for start in range(0, len(every), MAX_PARAMETERS):
            part = every[start : start + MAX_PARAMETERS]
            condition = f"{where} AND {column} IN ({', '.join('?' * len(part))})"
            yield from self.raw(condition, [*parameters, *part], columns)

    def entry(self, row: Sequence[Any]) -> JournalEntry:
        """The entry of a row, with its outcome, even if that is unwritten."""
        attempt_id, service, key, state, invoice_id, request, response, error, started_at, ended_at, *lease = row
        ends_at, ends_mono, process = lease
        # The monotonic clock never exaggerates. For another machine or another boot, there is only the wall clock.
        idle = self.clock - ends_mono if is_same_machine(process) else self.now - ends_at
        entry = JournalEntry(
            attempt=_attempt(request, attempt_id, service, started_at),
            state=state,
            invoice_id=invoice_id,
            key=key,
            response=None if response is None else response.encode(),
            error=error,
            ended_at=ended_at,
            in_flight=state == "open" and self._is_in_flight(attempt_id, min(self.now - ends_at, idle), process),
            idle=max(0.0, idle),
            ends_in=max(0.0, -idle),
        )
        attempt, outcome = self.unwritten.get(attempt_id, (None, None))
        if attempt is None or outcome is None or attempt.started_at != entry.attempt.started_at:
            return entry
        return evolve(entry, in_flight=False, **asdict(outcome))

    def _is_in_flight(self, attempt_id: str, idle: float, process: str) -> bool:
        """Whether a call may still be working on it: its process may be alive, and its deadline may not have passed."""
        if process == current_process_token():
            work = at_work.get(attempt_id)
            return work is not None and not work.is_over
        return idle <= GRACE and not is_process_dead(process)

    def _update(self, values: Mapping[str, Any], where: str, parameters: Sequence[Any]) -> int:
        assigned = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE paisr_attempts SET {assigned} WHERE {where}"
        return self.transaction.execute(statement, [*values.values(), *parameters]).rowcount

    def _request_columns(self, attempt: Attempt, left: float) -> dict[str, Any]:
        return {
            "request": attempt.to_json(), "likeness": likeness(attempt.request),
            "started_at": attempt.started_at.timestamp(), **self._lease(left),
        }  # fmt: skip

    def _outcome_columns(self, outcome: CreateOutcome) -> dict[str, Any]:
        return {
            "state": outcome.state, "invoice_id": outcome.invoice_id, "response": _text(outcome.response),
            "error": _text(outcome.error), "ended_at": None if outcome.state == "open" else self.now,
        }  # fmt: skip

    def _lease(self, left: float) -> dict[str, Any]:
        """The process at work on a create, and its deadline by two clocks; `process` also identifies the boot."""
        return {"ends_at": self.now + left, "ends_mono": self.clock + left, "process": current_process_token()}

    def _without_another_owner(self, attempt: Attempt, outcome: CreateOutcome) -> CreateOutcome:
        """Return the outcome, or ``unknown`` if its invoice belongs to another create.

        The first create that got the id in a response owns the invoice. A create that was only reconciled with it loses
        it, and is unresolved again.
        """
        where = "service = ? AND invoice_id = ? AND id <> ?"
        parameters = [attempt.service or "", outcome.invoice_id, attempt.id]
        statement = f"SELECT id, state FROM paisr_attempts WHERE {where}"
        for other, state in self.transaction.execute(statement, parameters).fetchall():
            if state == "created" or outcome.state != "created":
                error = f"{outcome.invoice_id} belongs to attempt {other}"
                return evolve(outcome, state="unknown", invoice_id=None, error=error)
            self._update({"state": "unknown", "invoice_id": None}, where, parameters)
        return outcome


def _text(content: bytes | str | None) -> str | None:
    """Text that every database can store: without NUL and lone surrogates."""
    if content is None:
        return None
    content = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    return content.decode("utf-8", "replace").replace("\0", "\ufffd")


def _attempt(text: str, attempt_id: str, service: str, started_at: float) -> Attempt:
    try:
        attempt = Attempt.from_json(text)
    except InvalidArgumentError:
        request: Any = text
        moment = datetime.fromtimestamp(started_at, UTC)
        return Attempt(id=attempt_id, started_at=moment, request=request, service=service, operation=UNREADABLE)
    # The columns of the row decide the id and the service.
    return evolve(attempt, id=attempt_id, service=service or None)
