"""Creates an invoice once: records the create before it is sent, and does not send a key's create twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, field, fields, frozen
from msgspec.structs import replace

from paisr._base.errors import ConfigurationError, InvalidArgumentError, PaisrError
from paisr._engine.deadlines import Deadline
from paisr._engine.exchange import exchange
from paisr._engine.outcomes import read
from paisr._engine.steps import RawResponse
from paisr._recovery.attempts import (
    NEVER_HAPPENED,
    CreateOutcome,
    InvoiceTakenError,
    OutcomeUnknownError,
    StoreError,
    Work,
)
from paisr._recovery.database import MIN_LOCK_TIMEOUT
from paisr._recovery.reconcile import as_created, in_flight_error

if TYPE_CHECKING:
    from datetime import datetime

    from paisr._engine.exchange import CallPolicy
    from paisr._engine.steps import PreparedCall, Steps
    from paisr._recovery.attempts import Attempt, JournalEntry
    from paisr._recovery.reconcile import Reconciler
    from paisr._recovery.store import AttemptStore
    from paisr_generated.responses import ApiResponse

T = TypeVar("T")
log = logging.getLogger("paisr")
_IN_DAYS = re.compile(r"In (\d{1,6}) days?")


@frozen(kw_only=True)
class Creator:
    """Carries out one create of one client."""

    store: AttemptStore
    policy: CallPolicy = field(repr=False)
    reconciler: Reconciler = field(repr=False)
    call: PreparedCall[Any]
    deadline: Deadline

    def create(self, attempt: Attempt, key: str | None) -> Steps[ApiResponse[Any]]:
        """Record a create, and send it. With a key, send it only if the key certainly has no invoice."""
        with Work() as work:
            begin = partial(self.store.begin, attempt, key, work, self.deadline)
            entry = yield from self._record_begin(begin)
            if entry is None:
                return (yield from self._send(attempt, work, key))
            return (yield from self._by_key(attempt, entry, work))

    def _send(self, attempt: Attempt, work: Work, key: str | None) -> Steps[ApiResponse[Any]]:
        """Send the create, and record its outcome. Raises `OutcomeUnknownError` with the attempt if that is unknown."""

        def mark_sent() -> None:
            work.is_sent = True

        try:
            response = yield from exchange(replace(self.call, before_sending=mark_sent), self.policy, self.deadline)
        except PaisrError as error:
            yield from self._record_end(attempt, CreateOutcome(state=error.outcome, error=str(error)), self.deadline)
            if error.outcome != "unknown":
                raise
            cause = error
        except GeneratorExit:
            raise  # the call was dropped, and a closed generator cannot yield another step
        except BaseException as interruption:
            yield from self._interrupted(attempt, work, interruption)
            raise
        else:
            outcome = CreateOutcome(state="created", invoice_id=response.data.id, response=response.content)
            yield from self._record_end(attempt, outcome, self.deadline)
            return response
        advice = "Do not send it again: give this error's attempt to invoices.reconcile()."
        if key is not None:
            advice = "Call again with the same key: that finds the invoice, or creates it."
        raise OutcomeUnknownError(
            f"It is not known whether the invoice was created: {cause} {advice}", attempt=attempt
        ) from cause

    def _interrupted(self, attempt: Attempt, work: Work, interruption: BaseException) -> Steps[None]:
        """Record an interrupted create as not sent; if it was sent, leave it open, and name it in the interruption."""
        if work.is_sent:
            interruption.add_note(
                "The interrupted create may have been carried out: invoices.unresolved() has its attempt "
                f"({attempt.id}), for invoices.reconcile()."
            )
            return
        soon = Deadline(MIN_LOCK_TIMEOUT, self.policy.runtime.clock)
        yield from self._record_end(attempt, CreateOutcome(state="not_sent", error=repr(interruption)), soon)

    def _by_key(self, attempt: Attempt, entry: JournalEntry, work: Work) -> Steps[ApiResponse[Any]]:
        """Return the invoice of a known key, or send its create again if there is certainly no invoice."""
        if entry.in_flight or entry.state not in NEVER_HAPPENED:
            # Only a request that was rejected or not sent may be corrected under the same key.
            refuse_another_request(attempt.request, attempt.started_at, entry)
        if entry.in_flight:
            raise in_flight_error(entry.attempt)
        if entry.invoice_id is not None and entry.response is not None:
            return self._stored(entry.response)
        if entry.state not in NEVER_HAPPENED:
            invoice = yield from self.reconciler.one(entry.attempt)
            if invoice is not None:
                return self._stored(as_created(invoice))
            entry = yield from self._settled(entry)
        attempt = evolve(attempt, id=entry.attempt.id)
        begin = partial(self.store.begin_again, entry, attempt, work, self.deadline)
        if not (yield from self._record_begin(begin)):
            raise in_flight_error(attempt)
        return (yield from self._send(attempt, work, entry.key))

    def _settled(self, entry: JournalEntry) -> Steps[JournalEntry]:
        """Return the entry, if it certainly has no invoice. Raises `OutcomeUnknownError` if that is not certain yet."""
        settled = yield from self.reconciler.entry(entry.attempt)
        if settled is not None and not settled.in_flight and settled.state in {*NEVER_HAPPENED, "absent"}:
            return settled
        latest = settled or entry
        wait = max(0.0, self.reconciler.settle_after + latest.ends_in - latest.idle)
        error = OutcomeUnknownError(
            "It is not known yet whether the invoice of this key was created: it is not listed, but a slow service may "
            f"still list it; call again in {wait:.0f} s.",
            attempt=entry.attempt,
        )
        error.retry_after = wait
        raise error

    def _record_begin(self, begin: Callable[[], T]) -> Steps[T]:
        """Record a create before it is sent. Raises `ConfigurationError`, and sends nothing, if that is impossible."""
        try:
            return (yield from self.store.run(begin, self.deadline))
        except StoreError as error:
            raise ConfigurationError(
                f"The invoice was not sent, because the journal {self.store.name!r} could not be written: it "
                f"{error}; correct that, or make the client without journal=."
            ) from error

    def _record_end(self, attempt: Attempt, outcome: CreateOutcome, deadline: Deadline) -> Steps[None]:
        """Record the outcome. If it cannot be written now, this process keeps it, and writes it later."""
        try:
            yield from self.store.run(lambda: self.store.end(attempt, outcome, deadline.remaining()), deadline)
        except StoreError as error:
            log.warning(
                "The journal %r %s; the outcome of attempt %s (%s) will be written with the next one.",
                self.store.name, error, attempt.id, outcome.state,
            )  # fmt: skip
        except InvoiceTakenError as error:
            raise OutcomeUnknownError(
                f"It is not known whether the invoice was created: another create received the same invoice "
                f"({outcome.invoice_id}), so this response may belong to another request. Do not send it again: "
                "give this error's attempt to invoices.reconcile().",
                attempt=attempt,
            ) from error

    def _stored(self, content: bytes) -> ApiResponse[Any]:
        """Read the response that the journal keeps for a key; nothing is sent."""
        return read(RawResponse(200, [], content), self.call, self.policy.secret, attempts=0)


def refuse_another_request(mine: Any, now: datetime, entry: JournalEntry) -> None:
    """Raise `InvalidArgumentError` for a request that differs from the one already sent with its key."""
    theirs = entry.attempt.request
    if not isinstance(theirs, type(mine)):
        raise ConfigurationError(
            f"The request with key={entry.key!r} cannot be read in the journal; settle its attempt by hand "
            "(Journal.find, Journal.settle), or give another key."
        )
    if mine == theirs:
        return
    differing = [one.name for one in fields(type(theirs)) if getattr(mine, one.name) != getattr(theirs, one.name)]
    if "due" in differing and _is_same_day(mine.due, now, theirs.due, entry.attempt.started_at):
        differing.remove("due")
    if differing:
        raise InvalidArgumentError(
            f"key={entry.key!r} was used for another request, which differs in {', '.join(differing)}; "
            "give the same request, or another key."
        )


def _is_same_day(due: str, now: datetime, other: str, then: datetime) -> bool:
    """Whether two relative due dates mean the same day: "In 3 days" yesterday is "In 2 days" today."""
    mine, theirs = _IN_DAYS.fullmatch(due), _IN_DAYS.fullmatch(other)
    if mine is None or theirs is None:
        return False
    # Each by the local date where it was called: a later run may be in another time zone.
    passed = now.astimezone().date() - then.date()
    return passed.days == int(theirs[1]) - int(mine[1])
