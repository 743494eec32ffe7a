"""Finding out whether creates happened: in which order things are read and decided, and what is noted."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec
from attrs import evolve, field, frozen

from paisr._base.errors import APITimeoutError, ConfigurationError, PaisrError
from paisr._recovery.attempts import (
    NEVER_HAPPENED,
    UNRESOLVED,
    Attempt,
    JournalEntry,
    Outcome,
    OutcomeUnknownError,
    StoreError,
    elsewhere,
)
from paisr._recovery.reading import Filters
from paisr._recovery.rows import UNREADABLE
from paisr_generated.models.invoice import Invoice
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Known
    from paisr._recovery.listed import Listed
    from paisr._recovery.matching import Fit
    from paisr._recovery.reading import Lists
    from paisr._recovery.store import AttemptStore

    Found = Invoice | PaisrError | None
    Reconciled = list[tuple[Attempt, Found]]

log = logging.getLogger("paisr")
Key = TypeVar("Key", bound=Hashable)
# Creates that are decided in one transaction.
BATCH = 100


@frozen(kw_only=True)
class Reconciler:
    """Reconciles creates for one call: all that it reads is within the call's deadline.

    `settle_after`: seconds after a create from which on it is certain that what is not listed is not there.
    """

    lists: Lists = field(repr=False)
    store: AttemptStore
    service: str
    deadline: Deadline
    settle_after: float

    def one(self, attempt: Attempt) -> Steps[Invoice | None]:
        """The invoice of an attempt, or None. What is certain is noted."""
        entry = yield from self.noted(attempt)
        if entry is None:  # nothing is noted of it here
            idle = (self.lists.now() - attempt.started_at).total_seconds()
            entry = JournalEntry(attempt=attempt, state="unknown", idle=idle)
        elif not entry.in_flight:
            if entry.state in NEVER_HAPPENED:
                return None
            if entry.invoice_id is not None:
                return (yield from self.lists.reader.get(entry.invoice_id, self.deadline)).data
        ((_, found),) = yield from self.all([entry])
        if isinstance(found, PaisrError):
            raise found
        return found

    def noted(self, attempt: Attempt) -> Steps[JournalEntry | None]:
        """What the store says of an attempt."""
        try:
            return (
                yield from self.store.run(lambda: self.store.entry(attempt, self.deadline.remaining()), self.deadline)
            )
        except StoreError as error:
            raise self._unreadable(attempt, error) from error

    def all(self, entries: Sequence[JournalEntry]) -> Steps[Reconciled]:
        """Each attempt with its invoice, None, or the error that says why neither; one list serves all that fit it."""
        found: dict[str, Found] = {}
        waiting: list[JournalEntry] = []
        for entry in entries:
            problem = self._problem(entry)
            if problem is not None:
                found[entry.attempt.id] = problem
            else:
                waiting.append(evolve(entry, attempt=evolve(entry.attempt, service=self.service)))
        # Every list is read after all these were seen to be over.
        if waiting:
            every = {Filters.of(entry.attempt) for entry in waiting}
            # One list of all invoices, if that is possible, in place of many.
            yield from self._group(waiting, every.pop() if len(every) == 1 else Filters(), found)
        return [(entry.attempt, found[entry.attempt.id]) for entry in entries]

    def _problem(self, entry: JournalEntry) -> PaisrError | None:
        attempt = entry.attempt
        if attempt.operation == UNREADABLE:
            return ConfigurationError(
                f"The journal {self.store.name!r} has an attempt that cannot be read ({attempt.id}); "
                "look at its row, and settle it by hand with Journal.settle(attempt, invoice_id)."
            )
        if attempt.service not in {None, "", self.service}:
            return elsewhere(attempt, self.service)
        return in_flight(attempt) if entry.in_flight else None

    def _group(self, entries: Sequence[JournalEntry], filters: Filters, found: dict[str, Found]) -> Steps[None]:
        """Creates that one list serves; where it is cut off, what a narrower one serves is a group of its own."""
        try:
            listed = yield from self.lists.read(filters, self.deadline)
            if listed.truncated:
                groups = _groups(entries, lambda one: self.lists.for_one(one.attempt, filters))
                entries = groups.pop(filters, [])
                for narrower, group in groups.items():
                    yield from self._group(group, narrower, found)
            if listed.truncated and entries:
                listed = yield from self.lists.in_parts(listed, filters, self.deadline)
        except PaisrError as error:
            _fail(entries, error, found)
        else:
            yield from self._batches(entries, listed, found)

    def _batches(self, entries: Sequence[JournalEntry], listed: Listed, found: dict[str, Found]) -> Steps[None]:
        """All of them, and once more those for which an invoice was in question that is another's now."""
        yield from self._pass(entries, listed, found)
        given = {one.id for one in map(found.get, (entry.attempt.id for entry in entries)) if isinstance(one, Invoice)}
        again = [one for one in entries if given & _in_question(found[one.attempt.id])]
        if again:
            yield from self._pass(again, listed, found)

    def _pass(self, entries: Sequence[JournalEntry], listed: Listed, found: dict[str, Found]) -> Steps[None]:
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            if self.deadline.remaining():
                found |= yield from self._decided(batch, listed)
            else:
                late = APITimeoutError(
                    "The deadline passed before this attempt was reconciled; reconcile again.", outcome="unknown"
                )
                _fail(batch, late, found)

    def _decided(self, entries: Sequence[JournalEntry], listed: Listed) -> Steps[dict[str, Found]]:
        """What became of creates, decided and noted in one transaction."""
        given = {entry.attempt.id: entry.attempt for entry in entries}
        near: dict[str, list[tuple[Invoice, Fit]]] = {}
        found: dict[str, Found] = {}
        is_over = False

        def settle() -> None:
            near.update((one.id, listed.near(one)) for one in given.values())
            in_question = {invoice.id for candidates in near.values() for invoice, _ in candidates}
            self.store.settle(entries, in_question, decide, self.deadline.remaining())

        def decide(entry: JournalEntry, known: Known) -> Outcome | None:
            if is_over:  # the caller was told that nothing is known of these, and so nothing is noted
                raise StoreError("did not respond in time")
            attempt = given[entry.attempt.id]
            try:
                _refuse_what_has_changed(attempt, entry)
                invoice = found[attempt.id] = listed.choose(attempt, near[attempt.id], known)
            except OutcomeUnknownError as error:
                found[attempt.id] = error
                return None
            if invoice is not None:
                return Outcome(state="found", invoice_id=invoice.id, response=as_created(invoice))
            is_news = entry.state in UNRESOLVED and entry.idle >= self.settle_after
            return Outcome(state="absent") if is_news else None

        try:
            yield from self.store.run(settle, self.deadline)
        except StoreError as error:
            is_over = True
            if len(found) < len(entries):
                return {one.id: self._unreadable(one, error) for one in given.values()}
            # What was found is true, whether it could be written or not.
            self.store.keep([(given[name], one.id) for name, one in found.items() if isinstance(one, Invoice)])
            log.warning("The journal %r %s; it keeps what was to be reconciled as it was.", self.store.name, error)
        return found

    def _unreadable(self, attempt: Attempt, error: StoreError) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"The outcome is unknown: the journal {self.store.name!r}, which says what belongs to other creates, "
            f"cannot be read; it {error}.",
            attempt=attempt,
        )


def _refuse_what_has_changed(attempt: Attempt, entry: JournalEntry) -> None:
    """The list was read for a create that was over, and tells nothing of what was done since."""
    if entry.in_flight or entry.attempt.started_at != attempt.started_at:
        raise in_flight(attempt)
    if entry.state not in {*UNRESOLVED, "absent"}:
        raise OutcomeUnknownError(
            f"Another call noted meanwhile that this create is {entry.state}; reconcile again.", attempt=attempt
        )


def _in_question(found: Found) -> set[str]:
    return {one.id for one in found.candidates} if isinstance(found, OutcomeUnknownError) else set()


def _groups(entries: Iterable[JournalEntry], key: Callable[[JournalEntry], Key]) -> dict[Key, list[JournalEntry]]:
    groups: dict[Key, list[JournalEntry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _fail(entries: Iterable[JournalEntry], error: PaisrError, found: dict[str, Found]) -> None:
    """Each gets an error of its own: they are raised one by one."""
    found |= {entry.attempt.id: copy.copy(error) for entry in entries}


def as_created(invoice: Invoice) -> bytes:
    """An invoice that was found, as the response to its create would have described it."""
    session = msgspec.to_builtins(invoice.session) if invoice.session else None
    return encode({"success": True, "data": {"id": invoice.id, "status": str(invoice.status), "session": session}})


def in_flight(attempt: Attempt) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "This create is still in flight, in this process or another; reconcile when it is over.", attempt=attempt
    )
