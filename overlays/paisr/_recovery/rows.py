"""The statements of one transaction: how attempts become rows, and rows become entries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from paisr._base.errors import InvalidArgumentError
from paisr._recovery.attempts import Attempt
from paisr._recovery.database import UNRESOLVED_STATES, in_parts
from paisr._recovery.entries import UNRESOLVED, JournalEntry, Lease, Outcome, State
from paisr._recovery.matching import likeness, likenesses

if TYPE_CHECKING:
    from paisr._recovery.database import Transaction
    from paisr_generated import Invoice

COLUMNS = (
    "id, service, key, state, invoice_id, request, response, error, started_at, ended_at, ends_at, ends_mono, process"
)
# The operation of an attempt whose row says nothing that can be read; its `request` is what the row says.
UNREADABLE = "unreadable"
# The states that an outcome which the service did not say takes the place of.
UNTOLD: dict[State, frozenset[State]] = {"unknown": frozenset({"open"}), "found": UNRESOLVED}


@frozen(kw_only=True)
class Rows:
    """The rows in one transaction. `now`: seconds since 1970; `clock`: this machine's monotonic seconds."""

    transaction: Transaction
    now: float
    clock: float

    def lease(self, left: float) -> Lease:
        return Lease(ends_at=self.now + left, ends_mono=self.clock + left)

    def insert(self, attempt: Attempt, key: str | None, outcome: Outcome, lease: Lease) -> None:
        values = [
            attempt.id, attempt.service or "", key, outcome.state, outcome.invoice_id, attempt.to_json(),
            likeness(attempt.request), _text(outcome.response), _text(outcome.error), attempt.started_at.timestamp(),
            None if outcome.state == "open" else self.now, lease.ends_at, lease.ends_mono, lease.process,
        ]  # fmt: skip
        columns = COLUMNS.replace("request,", "request, likeness,")
        marks = ", ".join("?" * len(values))
        self.transaction.execute(f"INSERT INTO paisr_attempts ({columns}) VALUES ({marks})", values)

    def begin_again(self, entry: JournalEntry, attempt: Attempt, lease: Lease) -> bool:
        """Whether the entry was as it is given, and is open now."""
        changed = self.transaction.execute(
            "UPDATE paisr_attempts SET state = 'open', invoice_id = NULL, response = NULL, error = NULL, "
            "ended_at = NULL, request = ?, started_at = ?, ends_at = ?, ends_mono = ?, process = ? "
            "WHERE id = ? AND state = ? AND started_at = ?",
            [attempt.to_json(), attempt.started_at.timestamp(), lease.ends_at, lease.ends_mono, lease.process,
             attempt.id, entry.state, entry.attempt.started_at.timestamp()],
        )  # fmt: skip
        return bool(changed)

    def end(self, attempt: Attempt, outcome: Outcome) -> Outcome:
        """Note how a call ended; what was noted, which is ``unknown`` for an invoice that is another's.

        What a call heard of the service is true whatever was found out meanwhile. That it heard nothing is not news.
        """
        entry = self.first("id = ?", [attempt.id])
        if entry is not None and entry.attempt.started_at != attempt.started_at:
            # Begun again since, by its key. What this call made is not lost: it has an entry of its own.
            attempt, entry = evolve(attempt, id=uuid.uuid4().hex), None
        if entry is not None and entry.state not in UNTOLD.get(outcome.state, {entry.state}):
            return outcome
        return self.note(attempt, outcome, self.lease(0.0), is_new=entry is None)

    def note(self, attempt: Attempt, outcome: Outcome, lease: Lease | None = None, *, is_new: bool) -> Outcome:
        """Write an outcome; the lease where the call itself says it."""
        if outcome.invoice_id is not None:
            outcome = self._without_another_owner(attempt, outcome)
        if is_new:
            self.insert(attempt, None, outcome, lease or self.lease(0.0))
            return outcome
        self.transaction.execute(
            "UPDATE paisr_attempts SET state = ?, invoice_id = ?, response = ?, error = ?, ended_at = ? WHERE id = ?",
            [outcome.state, outcome.invoice_id, _text(outcome.response), _text(outcome.error), self.now, attempt.id],
        )
        if lease is not None:
            self.transaction.execute(
                "UPDATE paisr_attempts SET ends_at = ?, ends_mono = ?, process = ? WHERE id = ?",
                [lease.ends_at, lease.ends_mono, lease.process, attempt.id],
            )
        return outcome

    def _without_another_owner(self, attempt: Attempt, outcome: Outcome) -> Outcome:
        """An invoice has one owner: the create that was told its id first.

        One that was reconciled with it gives it up, and is open again.
        """
        rows = self.transaction.rows(
            "SELECT id, state FROM paisr_attempts WHERE service = ? AND invoice_id = ? AND id <> ?",
            [attempt.service or "", outcome.invoice_id, attempt.id],
        )
        for other, state in rows:
            if state == "created" or outcome.state != "created":
                return evolve(outcome, state="unknown", invoice_id=None, error=f"{outcome.invoice_id} is {other}'s")
            self.transaction.execute(
                "UPDATE paisr_attempts SET state = 'unknown', invoice_id = NULL WHERE id = ?", [other]
            )
        return outcome

    def owners(self, service: str, invoice_ids: Iterable[str]) -> dict[str, str]:
        """The id of the create that an invoice belongs to, by the invoice's id."""
        owners: dict[str, str] = {}
        for part in in_parts(invoice_ids):
            where = f"service = ? AND invoice_id IN ({', '.join('?' * len(part))})"
            statement = f"SELECT invoice_id, id FROM paisr_attempts WHERE {where}"
            owners.update(
                (invoice_id, owner) for invoice_id, owner in self.transaction.rows(statement, [service, *part])
            )
        return owners

    def competing(self, service: str, invoice: Invoice) -> list[JournalEntry]:
        """The unresolved creates that can have made the invoice."""
        alike = likenesses(invoice)
        where = f"service = ? AND {UNRESOLVED_STATES} AND likeness IN ({', '.join('?' * len(alike))})"
        return [one for one in self.where(where, [service, *alike]) if one.attempt.operation != UNREADABLE]

    def first(self, where: str, parameters: Sequence[Any]) -> JournalEntry | None:
        return next(iter(self.where(where, parameters)), None)

    def where(self, where: str, parameters: Sequence[Any]) -> list[JournalEntry]:
        return [self.entry(row) for row in self.raw(where, parameters)]

    def raw(self, where: str, parameters: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Rows that `entry` reads, which need no transaction for that."""
        return self.transaction.rows(f"SELECT {COLUMNS} FROM paisr_attempts WHERE {where}", parameters)

    def entry(self, row: Sequence[Any]) -> JournalEntry:
        name, service, key, state, invoice_id, request, response, error, started_at, ended_at, *lease = row
        held = Lease(ends_at=lease[0], ends_mono=lease[1], process=lease[2])
        return JournalEntry(
            attempt=_attempt(request, name, service, started_at),
            state=state,
            invoice_id=invoice_id,
            key=key,
            response=None if response is None else response.encode(),
            error=error,
            ended_at=ended_at,
            in_flight=state == "open" and held.is_held(name, self.now, self.clock),
            idle=max(0.0, held.idle(self.now, self.clock)),
        )


def _text(content: bytes | str | None) -> str | None:
    """What every database can keep as text: no NUL, no half of a character."""
    if content is None:
        return None
    content = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    return content.decode("utf-8", "replace").replace("\0", "\ufffd")


def _attempt(text: str, name: str, service: str, started_at: float) -> Attempt:
    try:
        attempt = Attempt.from_json(text)
    except InvalidArgumentError:
        request: Any = text
        moment = datetime.fromtimestamp(started_at, UTC)
        return Attempt(id=name, started_at=moment, request=request, service=service, operation=UNREADABLE)
    # The row's own columns say which it is.
    return evolve(attempt, id=name, service=service or None)
