"""Creating an invoice once: noted before it is sent, and by a key not sent again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, field, frozen
from msgspec.structs import replace

from paisr._base.errors import ConfigurationError, PaisrError
from paisr._engine.deadlines import Deadline
from paisr._engine.exchange import exchange
from paisr._engine.outcomes import read
from paisr._engine.steps import RawResponse
from paisr._recovery.attempts import NEVER_HAPPENED, InvoiceTakenError, Outcome, OutcomeUnknownError, StoreError, Work
from paisr._recovery.database import MIN_LOCK_TIMEOUT
from paisr._recovery.keys import refuse_another_request
from paisr._recovery.reconcile import as_created, in_flight

if TYPE_CHECKING:
    from paisr._engine.exchange import Policy
    from paisr._engine.steps import PreparedCall, Steps
    from paisr._recovery.attempts import Attempt, JournalEntry
    from paisr._recovery.reconcile import Reconciler
    from paisr._recovery.store import AttemptStore
    from paisr_generated.responses import ApiResponse

T = TypeVar("T")
log = logging.getLogger("paisr")


@frozen(kw_only=True)
class Creator:
    """One create of one client."""

    store: AttemptStore
    policy: Policy = field(repr=False)
    reconciler: Reconciler = field(repr=False)
    call: PreparedCall[Any]
    deadline: Deadline

    def create(self, attempt: Attempt, key: str | None) -> Steps[ApiResponse[Any]]:
        """Send a create that is noted; with a key, only if the key's invoice is certainly not there."""
        with Work() as work:
            begin = partial(self.store.begin, attempt, key, work, self.deadline)
            entry = yield from self._before(begin)
            if entry is None:
                return (yield from self._send(attempt, work))
            return (yield from self._by_key(attempt, entry, work))

    def _send(self, attempt: Attempt, work: Work) -> Steps[ApiResponse[Any]]:
        """Send, and note what became of it; when its outcome is unknown, say so, with the means to find out."""

        def note_sending() -> None:
            work.is_sent = True

        try:
            response = yield from exchange(replace(self.call, before_sending=note_sending), self.policy, self.deadline)
        except PaisrError as error:
            yield from self._end(attempt, Outcome(state=error.outcome, error=str(error)), self.deadline)
            if error.outcome != "unknown":
                raise
            cause = error
        except GeneratorExit:
            raise  # the call was dropped, and nothing can be done for it any more
        except BaseException as interruption:
            yield from self._broken_off(attempt, work, interruption)
            raise
        else:
            outcome = Outcome(state="created", invoice_id=response.data.id, response=response.content)
            yield from self._end(attempt, outcome, self.deadline)
            return response
        raise OutcomeUnknownError(
            f"Whether the invoice was created is not known: {cause} Do not send it again: "
            "give this error's attempt to invoices.reconcile().",
            attempt=attempt,
        ) from cause

    def _broken_off(self, attempt: Attempt, work: Work, interruption: BaseException) -> Steps[None]:
        """Interrupted from outside: it was not sent, or it stays open and no call is at work on it."""
        if work.is_sent:
            interruption.add_note(
                "The create that this broke off may have been carried out: invoices.unresolved() has its attempt "
                f"({attempt.id}), for invoices.reconcile()."
            )
            return
        soon = Deadline(MIN_LOCK_TIMEOUT, self.policy.clock)
        yield from self._end(attempt, Outcome(state="not_sent", error=repr(interruption)), soon)

    def _by_key(self, attempt: Attempt, entry: JournalEntry, work: Work) -> Steps[ApiResponse[Any]]:
        """What a key that is known gives: its invoice, or one more attempt where there is certainly none."""
        if entry.in_flight or entry.state not in NEVER_HAPPENED:
            # What was refused can be put right under the same key.
            refuse_another_request(attempt.request, attempt.started_at, entry)
        if entry.in_flight:
            raise in_flight(entry.attempt)
        if entry.invoice_id is not None and entry.response is not None:
            return self._stored(entry.response)
        if entry.state not in NEVER_HAPPENED:
            invoice = yield from self.reconciler.one(evolve(entry.attempt, service=attempt.service))
            if invoice is not None:
                return self._stored(as_created(invoice))
            entry = yield from self._settled(entry)
        attempt = evolve(attempt, id=entry.attempt.id)
        begin = partial(self.store.begin_again, entry, attempt, work, self.deadline)
        if not (yield from self._before(begin)):
            raise in_flight(attempt)
        return (yield from self._send(attempt, work))

    def _settled(self, entry: JournalEntry) -> Steps[JournalEntry]:
        """The entry, if it was settled that there is no invoice."""
        settled = yield from self.reconciler.noted(entry.attempt)
        if settled is not None and not settled.in_flight and settled.state in {*NEVER_HAPPENED, "absent"}:
            return settled
        raise OutcomeUnknownError(
            "Whether the invoice of this key was created is not known yet: it is not listed, but a slow service may "
            f"still show it; call again {self.reconciler.settle_after:g} s after the attempt was over.",
            attempt=entry.attempt,
        )

    def _before(self, begin: Callable[[], T]) -> Steps[T]:
        """Before a create is sent. When it cannot be noted, it is not sent."""
        try:
            return (yield from self.store.run(begin, self.deadline))
        except StoreError as error:
            raise ConfigurationError(
                f"The invoice was not sent, because the journal {self.store.name!r} could not be written before: it "
                f"{error}; correct that, or make the client without journal=."
            ) from error

    def _end(self, attempt: Attempt, outcome: Outcome, deadline: Deadline) -> Steps[None]:
        """When the outcome is known. It is not lost when it cannot be written: this process knows it all the same."""
        try:
            yield from self.store.run(lambda: self.store.end(attempt, outcome, deadline.remaining()), deadline)
        except StoreError as error:
            log.warning(
                "The journal %r %s; that the create of attempt %s is %s is written with the next one.",
                self.store.name, error, attempt.id, outcome.state,
            )  # fmt: skip
        except InvoiceTakenError as error:
            raise OutcomeUnknownError(
                f"Whether the invoice was created is not known: the service named one that another create received "
                f"({outcome.invoice_id}), so that its response may belong to another request. Do not send it again: "
                "give this error's attempt to invoices.reconcile().",
                attempt=attempt,
            ) from error

    def _stored(self, content: bytes) -> ApiResponse[Any]:
        """What the service responded to the create of a key; nothing was sent."""
        return read(RawResponse(200, [], content), self.call, self.policy.secret, attempts=0)
