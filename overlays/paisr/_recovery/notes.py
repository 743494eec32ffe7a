"""The store as calls use it: each transaction is a step for a driver where it waits for a disk or a network."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from paisr._base.errors import ConfigurationError
from paisr._engine.steps import RunBlocking
from paisr._recovery.attempts import OutcomeUnknownError
from paisr._recovery.database import MIN_LOCK_TIMEOUT
from paisr._recovery.entries import InvoiceTakenError, StoreError

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.entries import JournalEntry, Outcome
    from paisr._recovery.store import AttemptStore, Decide

T = TypeVar("T")
log = logging.getLogger("paisr")


@frozen
class Notes:
    """What a client notes of its creates, and looks up."""

    store: AttemptStore

    @property
    def name(self) -> str:
        return self.store.database.name

    def before(self, begin: Callable[[], T], deadline: Deadline) -> Steps[T]:
        """Before a create is sent. When it cannot be noted, it is not sent."""
        try:
            return (yield from self._run(begin, deadline))
        except StoreError as error:
            raise ConfigurationError(
                f"The invoice was not sent, because the journal {self.name!r} could not be written before: it {error}; "
                "put that right, or make the client without journal=."
            ) from error

    def end(self, attempt: Attempt, outcome: Outcome, deadline: Deadline) -> Steps[None]:
        """When the outcome is known. It is not lost when it cannot be written: this process knows it all the same."""
        try:
            yield from self._run(lambda: self.store.end(attempt, outcome, deadline.remaining()), deadline)
        except StoreError as error:
            log.warning(
                "The journal %r %s; that the create of attempt %s is %s is written with the next one.",
                self.name, error, attempt.id, outcome.state,
            )  # fmt: skip
        except InvoiceTakenError as error:
            raise OutcomeUnknownError(
                f"Whether the invoice was created is not known: the service named one that another create was told "
                f"({outcome.invoice_id}), so that its response may belong to another request. Do not send it again: "
                "give this error's attempt to invoices.reconcile().",
                attempt=attempt,
            ) from error

    def entry(self, attempt: Attempt, deadline: Deadline) -> Steps[JournalEntry | None]:
        """What is noted of an attempt."""
        try:
            return (yield from self._run(lambda: self.store.entry(attempt, deadline.remaining()), deadline))
        except StoreError as error:
            raise self.unreadable(attempt, error) from error

    def settle(
        self, entries: Sequence[JournalEntry], look: Callable[[], Collection[str]], decide: Decide, deadline: Deadline
    ) -> Steps[None]:
        """`look` for the ids of the invoices that are in question, and `decide`. Raises `StoreError`."""
        return self._run(lambda: self.store.settle(entries, look(), decide, deadline.remaining()), deadline)

    def keep(self, found: Sequence[tuple[Attempt, str]], error: StoreError) -> None:
        """What was found is true, whether it could be written or not."""
        self.store.keep(found)
        log.warning("The journal %r %s; it keeps what was to be reconciled as it was.", self.name, error)

    def unresolved(self, deadline: Deadline) -> Steps[list[JournalEntry]]:
        try:
            return (yield from self._run(lambda: self.store.unresolved(deadline.remaining()), deadline))
        except StoreError as error:
            raise ConfigurationError(f"The journal {self.name!r} {error}.") from error

    def unreadable(self, attempt: Attempt, error: StoreError) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"The outcome is unknown: the journal {self.name!r}, which says what belongs to other creates, cannot be "
            f"read; it {error}.",
            attempt=attempt,
        )

    def _run(self, work: Callable[[], T], deadline: Deadline) -> Steps[T]:
        if not self.store.database.blocking:
            return work()
        try:
            result: T = yield RunBlocking(work, max(deadline.remaining(), MIN_LOCK_TIMEOUT))
        except TimeoutError as error:
            raise StoreError("did not respond in time") from error
        return result
