"""Reconciles creates with the service: reads lists, decides which invoice belongs to which create, and records it."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec
from attrs import evolve, field, frozen

from paisr._base.errors import APITimeoutError, ConfigurationError, PaisrError
from paisr._recovery.attempts import (
    NEVER_HAPPENED,
    UNRESOLVED,
    Attempt,
    CreateOutcome,
    JournalEntry,
    OutcomeUnknownError,
    StoreError,
    checked_attempt,
    other_service_error,
)
from paisr._recovery.listed import Filters
from paisr._recovery.statements import UNREADABLE
from paisr_generated.models.invoice import Invoice
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.listed import Listed, Lists, Near
    from paisr._recovery.statements import Rows
    from paisr._recovery.store import AttemptStore

    Result = Invoice | PaisrError | None
    Reconciled = list[tuple[Attempt, Result]]

log = logging.getLogger("paisr")
# Creates that are decided in one transaction.
BATCH = 100


@frozen(kw_only=True)
class Reconciler:
    """Reconciles creates for one call, within the call's deadline.

    `settle_after`: seconds after the end of a create. From then on, an invoice that is not listed certainly does not
    exist.
    """

    lists: Lists = field(repr=False)
    store: AttemptStore
    service: str
    deadline: Deadline
    settle_after: float

    def one(self, attempt: Attempt) -> Steps[Invoice | None]:
        """Find the invoice of an attempt, or None, and record it. Raises `OutcomeUnknownError` if it is not certain."""
        attempt = checked_attempt(attempt, self.service)
        entry = yield from self.entry(attempt)
        if entry is None:  # the store does not have it
            entry = JournalEntry(attempt=attempt, state="unknown")
        elif not entry.in_flight:
            if entry.state in NEVER_HAPPENED:
                return None
            if entry.invoice_id is not None:
                return (yield from self.lists.invoice(entry.invoice_id, self.deadline))
        ((_, result),) = yield from self.all([entry])
        if isinstance(result, PaisrError):
            raise result
        return result

    def entry(self, attempt: Attempt) -> Steps[JournalEntry | None]:
        """Return the store's entry of an attempt, if it has one."""
        try:
            return (
                yield from self.store.run(lambda: self.store.entry(attempt, self.deadline.remaining()), self.deadline)
            )
        except StoreError as error:
            raise self._unreadable(attempt, error) from error

    def all(self, entries: Sequence[JournalEntry]) -> Steps[Reconciled]:
        """Pair each attempt with its invoice, None, or an error. Attempts with the same filters share a list."""
        results: dict[str, Result] = {}
        waiting: list[JournalEntry] = []
        for entry in entries:
            problem = self._problem(entry)
            if problem is not None:
                results[entry.attempt.id] = problem
            else:
                waiting.append(evolve(entry, attempt=evolve(entry.attempt, service=self.service)))
        # All lists are read from here on, when none of these creates is in flight any more.
        if waiting:
            every = {Filters.of(entry.attempt) for entry in waiting}
            # One list of all invoices, if it is not cut off, instead of many.
            yield from self._group(waiting, every.pop() if len(every) == 1 else Filters(), results)
        return [(entry.attempt, results[entry.attempt.id]) for entry in entries]

    def _problem(self, entry: JournalEntry) -> PaisrError | None:
        attempt = entry.attempt
        if attempt.operation == UNREADABLE:
            return ConfigurationError(
                f"The journal {self.store.name!r} has an attempt that cannot be read ({attempt.id}); "
                "look at its row, and settle it by hand with Journal.settle(attempt, invoice_id)."
            )
        if attempt.service not in {None, "", self.service}:
            return other_service_error(attempt, self.service)
        return in_flight_error(attempt) if entry.in_flight else None

    def _group(self, entries: list[JournalEntry], filters: Filters, results: dict[str, Result]) -> Steps[None]:
        """Reconcile creates that share a list. If it is cut off, creates with narrower filters form new groups."""
        try:
            listed = yield from self.lists.read(filters, self.deadline)
            if listed.truncated:
                groups: dict[Filters, list[JournalEntry]] = {}
                for entry in entries:
                    groups.setdefault(self.lists.for_one(entry.attempt, filters), []).append(entry)
                entries = groups.pop(filters, [])
                for narrower, group in groups.items():
                    yield from self._group(group, narrower, results)
            if listed.truncated and entries:
                listed = yield from self.lists.read_in_parts(listed, filters, self.deadline)
        except PaisrError as error:
            _fail(entries, error, results)
        else:
            yield from self._decide_all(entries, listed, results)

    def _decide_all(self, entries: list[JournalEntry], listed: Listed, results: dict[str, Result]) -> Steps[None]:
        """Decide all creates, and again those with a candidate that another create has taken since."""
        waiting = entries
        while waiting:
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]
                if self.deadline.remaining():
                    results |= yield from self._decide_batch(batch, listed)
                else:
                    late = APITimeoutError(
                        "The deadline passed before this attempt was reconciled; reconcile again.", outcome="unknown"
                    )
                    _fail(batch, late, results)
            decided = (results[entry.attempt.id] for entry in waiting)
            taken = {one.id for one in decided if isinstance(one, Invoice)}
            waiting = [one for one in entries if taken & _candidate_ids(results[one.attempt.id])]

    def _decide_batch(self, entries: Sequence[JournalEntry], listed: Listed) -> Steps[dict[str, Result]]:
        """Decide creates, and record their outcomes in the same transaction."""
        results: dict[str, Result] = {}
        near: dict[str, Near] = {}
        is_over = False

        def settle() -> None:
            # Before the transaction, in which every other create waits.
            near.update(listed.near(entry.attempt for entry in entries))
            self.store.settle(entries, decide, self.deadline.remaining())

        def decide(attempt: Attempt, entry: JournalEntry, rows: Rows) -> CreateOutcome | None:
            if is_over:  # the caller was told that these outcomes are unknown, so nothing may be recorded
                raise StoreError("did not respond in time")
            try:
                _refuse_changed(attempt, entry)
                invoice = results[attempt.id] = listed.choose(attempt, near[attempt.id], rows)
            except OutcomeUnknownError as error:
                results[attempt.id] = error
                return None
            if invoice is not None:
                return CreateOutcome(state="found", invoice_id=invoice.id, response=as_created(invoice))
            is_certain = entry.state in UNRESOLVED and entry.idle >= self.settle_after
            return CreateOutcome(state="absent") if is_certain else None

        try:
            yield from self.store.run(settle, self.deadline)
        except StoreError as error:
            is_over = True
            if len(results) < len(entries):
                return {entry.attempt.id: self._unreadable(entry.attempt, error) for entry in entries}
            # A found invoice is certain, even if it could not be written.
            found = ((entry.attempt, results[entry.attempt.id]) for entry in entries)
            self.store.keep([(attempt, one.id) for attempt, one in found if isinstance(one, Invoice)])
            log.warning("The journal %r %s; its unresolved creates stay unchanged.", self.store.name, error)
        return results

    def _unreadable(self, attempt: Attempt, error: StoreError) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"The outcome is unknown: the journal {self.store.name!r}, which knows the invoices of other creates, "
            f"cannot be read; it {error}.",
            attempt=attempt,
        )


def _refuse_changed(attempt: Attempt, entry: JournalEntry) -> None:
    """Raise an error if a call worked on the create since the list was read: the list says nothing about that."""
    if entry.in_flight or entry.attempt.started_at != attempt.started_at:
        raise in_flight_error(attempt)
    if entry.state not in {*UNRESOLVED, "absent"}:
        raise OutcomeUnknownError(
            f"Another call has recorded this create as {entry.state}; reconcile again.", attempt=attempt
        )


def _candidate_ids(result: Result) -> set[str]:
    return {one.id for one in result.candidates} if isinstance(result, OutcomeUnknownError) else set()


def _fail(entries: Iterable[JournalEntry], error: PaisrError, results: dict[str, Result]) -> None:
    """Give each attempt a copy of the error, since each may be raised."""
    results |= {entry.attempt.id: copy.copy(error) for entry in entries}


def as_created(invoice: Invoice) -> bytes:
    """Encode a found invoice as the response to its create."""
    session = msgspec.to_builtins(invoice.session) if invoice.session else None
    return encode({"success": True, "data": {"id": invoice.id, "status": str(invoice.status), "session": session}})


def in_flight_error(attempt: Attempt) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "This create is still in flight, in this process or another; reconcile when it is over.", attempt=attempt
    )
