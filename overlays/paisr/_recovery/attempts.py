"""A create that was begun: what is kept of it, who is at work on it, and the error of one whose outcome is unknown."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self
from weakref import WeakValueDictionary

import msgspec
from attrs import evolve, field, frozen

from paisr._base import errors
from paisr._base.errors import InvalidArgumentError, PaisrError
from paisr_generated.models.create_invoice_request import CreateInvoiceRequest
from paisr_generated.operations import encode
from paisr_generated.types import AwareDatetime

if TYPE_CHECKING:
    from paisr_generated import Invoice

CREATE = "create_invoice"
State = Literal["open", "created", "found", "absent", "rejected", "not_sent", "unknown"]
UNRESOLVED: frozenset[State] = frozenset({"open", "unknown"})
NEVER_HAPPENED: frozenset[State] = frozenset({"rejected", "not_sent"})


@frozen(kw_only=True)
class Attempt:
    """One intent to create one invoice, whatever became of it.

    `id` is made up here and is not sent. `started_at` is this machine's clock before the first byte was sent. `request`
    is what was sent. `service` is the base URL that it was sent to: an attempt is looked for where it was made, and
    nowhere else. An attempt pickles, and is stored as JSON by `to_json` and `from_json`, amounts with all their digits.

    `operation` is that of a create. An attempt of another one cannot be reconciled, and its `request` is the request
    itself, with method, target and body.
    """

    id: str
    started_at: AwareDatetime
    request: CreateInvoiceRequest
    service: str | None = None
    operation: str = CREATE

    @classmethod
    def of(cls, request: Any, started_at: datetime, service: str | None = None, operation: str = CREATE) -> Attempt:
        """An attempt that begins now, at `started_at`."""
        return cls(id=uuid.uuid4().hex, started_at=started_at, request=request, service=service, operation=operation)

    def to_json(self) -> str:
        """One line of JSON, for `from_json`."""
        return encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Attempt:
        """The attempt that `to_json` wrote, here or in a later version; an `InvalidArgumentError` for anything else."""
        try:
            return _decoder.decode(text)
        except (msgspec.DecodeError, ValueError, TypeError, RecursionError) as error:
            raise InvalidArgumentError(
                f"This is not an attempt as Attempt.to_json() writes it ({error}); give its text unchanged."
            ) from None


_decoder = msgspec.json.Decoder(Attempt)


class OutcomeUnknownError(PaisrError):
    """A create that may or may not have happened. Do not send it again: give `attempt` to `reconcile()`.

    Only creates can be reconciled. Of another operation, `attempt` says what was sent, and the outcome stays unknown.

    `candidates` are the invoices that could be meant, where `reconcile()` found more than one.
    """

    outcome: errors.Outcome = "unknown"

    def __init__(self, text: str, *, attempt: Attempt, candidates: Sequence[Invoice] = ()) -> None:
        super().__init__(text)
        self.attempt = attempt
        self.candidates: tuple[Invoice, ...] = tuple(candidates)


class StoreError(Exception):
    """The store cannot be read or written; the text ends a sentence that begins "The journal …"."""


class InvoiceTakenError(Exception):
    """The invoice belongs to another create; the text says so."""


class Work:
    """A call of this process that is at work on a create: until it says that it is over, or is forgotten."""

    def __init__(self) -> None:
        self.is_over: bool = False
        self.is_sent = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.is_over = True


# The work of all clients of this process, by the create's id: no store can tell that. Weak, so that a call which was
# dropped in the middle is at work on nothing.
at_work: WeakValueDictionary[str, Work] = WeakValueDictionary()


@frozen(kw_only=True)
class JournalEntry:
    """One create in a journal.

    `attempt`: what was sent, and when. `state`: ``open`` (begun, and nothing heard since), ``created``, ``found`` or
    ``absent`` (reconciled, with an invoice or with none), or the outcome of the create's error: ``rejected``,
    ``not_sent``, ``unknown``. `invoice_id`: of a create that is ``created`` or ``found``. `key`: what it was given as
    ``create(key=)``. `response`: the body that the service sent. `error`: the sentence that the call ended with.
    `ended_at`: seconds since 1970. `in_flight`: whether a call may still be at work on it. `idle`: the seconds since
    when certainly none was.
    """

    attempt: Attempt
    state: State
    invoice_id: str | None = None
    key: str | None = None
    response: bytes | None = field(default=None, repr=False)
    error: str | None = None
    ended_at: float | None = None
    in_flight: bool = False
    idle: float = field(default=0.0, eq=False)


@frozen(kw_only=True)
class Outcome:
    """What became of a create."""

    state: State
    invoice_id: str | None = None
    response: bytes | None = field(default=None, repr=False)
    error: str | None = None


@frozen(kw_only=True)
class Known:
    """What must be known to decide about attempts: whose the invoices are, and which other creates are unresolved.

    `owners`: the id of the create that an invoice belongs to, by the invoice's id. `competing`: the unresolved creates
    that can have made an invoice.
    """

    owners: Mapping[str, str]
    competing: Callable[[Invoice], Sequence[JournalEntry]]


def checked_attempt(attempt: object, service: str) -> Attempt:
    """The attempt, of this service; an `InvalidArgumentError` for anything else."""
    if isinstance(attempt, OutcomeUnknownError):
        raise InvalidArgumentError("reconcile takes the attempt, not the error: give it error.attempt.")
    if not isinstance(attempt, Attempt):
        raise InvalidArgumentError(
            f"attempt is a {type(attempt).__name__}; give the attempt of an OutcomeUnknownError, or one of a journal."
        )
    if attempt.operation != CREATE:
        raise InvalidArgumentError(
            f"This attempt is of {attempt.operation}; only creates of invoices can be reconciled."
        )
    if attempt.service not in {None, "", service}:
        raise elsewhere(attempt, service)
    return evolve(attempt, service=service)


def elsewhere(attempt: Attempt, service: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"This attempt was made at {attempt.service}, and this client talks to {service}, where its invoice cannot be; "
        "use a client of that service (if only the address changed: attrs.evolve(attempt, service=None))."
    )
