"""The store of a client's creates, kept while calls go on: in memory at once, in the journal by steps for a driver."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from attrs import field, frozen

from paisr._base.errors import ConfigurationError, PaisrError
from paisr._engine.steps import RunBlocking
from paisr._recovery.attempts import Attempt, OutcomeUnknownError
from paisr._recovery.memory import JournalError, Known

if TYPE_CHECKING:
    from paisr._base.runtime import Runtime
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.journal import Journal
    from paisr._recovery.memory import MemoryAttempts, State
    from paisr_generated import Invoice

    Choose = Callable[[Known], Invoice | None]

log = logging.getLogger("paisr")


@frozen(kw_only=True)
class AttemptStore:
    """What this client remembers of its creates, and the journal if it has one."""

    memory: MemoryAttempts
    journal: Journal | None
    runtime: Runtime = field(repr=False)

    def begin(self, attempt: Attempt, deadline: Deadline) -> Steps[None]:
        """Before a create is sent. When it cannot be written to the journal, it is not sent."""
        self.memory.begin(attempt, deadline.at)
        if self.journal is None:
            return
        try:
            yield RunBlocking(partial(self._begin, self.journal, attempt, deadline))
        except BaseException as error:
            self.memory.end(attempt, "not_sent")
            if isinstance(error, Exception):
                raise ConfigurationError(
                    f"The invoice was not sent, because the journal {str(self.journal.path)!r} could not be written "
                    f"before: it {error}; put that right, or make the client without journal=."
                ) from error
            raise

    def _begin(self, journal: Journal, attempt: Attempt, deadline: Deadline) -> None:
        left = deadline.remaining()
        journal.begin(attempt, self.runtime.now().timestamp() + left, left)

    def end(self, attempt: Attempt, state: State, invoice_id: str | None, deadline: Deadline) -> Steps[None]:
        """When the outcome is known. It is not lost when it cannot be written to the journal."""
        self.memory.end(attempt, state, invoice_id)
        journal = self.journal
        if journal is None:
            return
        try:
            yield RunBlocking(lambda: journal.end(attempt, state, invoice_id, deadline.remaining()))
        except Exception as error:  # whatever it is, the answer of the service is worth more
            self._warn(journal, attempt, state, error)

    def interrupted(self, attempt: Attempt) -> None:
        """When a create was broken off from outside. In the journal it stays open."""
        self.memory.end(attempt, "unknown")

    def known(self, attempt: Attempt, deadline: Deadline) -> Steps[Known]:
        """What there is to know of an attempt before it is looked for."""
        if self.journal is None:
            return self.memory.known(attempt)
        known: Known = yield RunBlocking(partial(self._known, self.journal, attempt, deadline))
        return known

    def _known(self, journal: Journal, attempt: Attempt, deadline: Deadline) -> Known:
        try:
            with journal.transaction(deadline.remaining()) as transaction:
                return self.memory.known(attempt).merged_with(
                    transaction.known(attempt, (), self.runtime.now().timestamp())
                )
        except JournalError as error:
            raise _unreadable(journal, attempt, error) from error

    def settle(
        self, attempt: Attempt, invoice_ids: Collection[str], choose: Choose, deadline: Deadline
    ) -> Steps[Invoice | None]:
        """Let `choose` decide what became of an attempt, and note it, in one step: nobody takes an invoice meanwhile.

        `choose` raises `OutcomeUnknownError` when it cannot decide; then nothing is noted.
        """
        if self.journal is None:
            return self._chosen(attempt, invoice_ids, choose, Known())
        invoice: Invoice | None = yield RunBlocking(
            partial(self._settle, self.journal, attempt, invoice_ids, choose, deadline)
        )
        return invoice

    def _chosen(self, attempt: Attempt, invoice_ids: Collection[str], choose: Choose, known: Known) -> Invoice | None:
        with self.memory.lock:
            invoice = choose(self.memory.known(attempt, invoice_ids).merged_with(known))
            state, invoice_id = _state_of(invoice)
            self.memory.end(attempt, state, invoice_id)
        return invoice

    def _settle(
        self, journal: Journal, attempt: Attempt, invoice_ids: Collection[str], choose: Choose, deadline: Deadline
    ) -> Invoice | None:
        chosen: list[Invoice | None] = []
        try:
            with journal.transaction(deadline.remaining()) as transaction:
                known = transaction.known(attempt, invoice_ids, self.runtime.now().timestamp())
                chosen.append(self._chosen(attempt, invoice_ids, choose, known))
                transaction.record(attempt, *_state_of(chosen[0]))
        except JournalError as error:
            if not chosen:
                raise _unreadable(journal, attempt, error) from error
            self._warn(journal, attempt, _state_of(chosen[0])[0], error)
        return chosen[0]

    def _warn(self, journal: Journal, attempt: Attempt, state: State, error: Exception) -> None:
        log.warning(
            "The journal %r %s; it does not have that the create of attempt %s is %s, and keeps it as it was.",
            str(journal.path), error, attempt.id, state,
        )  # fmt: skip


def _state_of(invoice: Invoice | None) -> tuple[State, str | None]:
    return ("absent", None) if invoice is None else ("found", invoice.id)


def _unreadable(journal: Journal, attempt: Attempt, error: Exception) -> PaisrError:
    return OutcomeUnknownError(
        f"The outcome is unknown: the journal {str(journal.path)!r}, which says what belongs to other creates, "
        f"cannot be read; it {error}.",
        attempt=attempt,
    )
