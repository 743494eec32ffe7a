"""Attempts at a create, their entries in a journal, and the errors of unknown outcomes and of stores."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self
from weakref import WeakValueDictionary

import msgspec
from attrs import evolve, field, frozen

from paisr._base import errors
from paisr._base.errors import InvalidArgumentError, PaisrError
from paisr._base.texts import type_name
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
    """One intent to create one invoice, whatever its outcome. Retries belong to it; `ApiResponse.attempts` counts them.

    `id` is generated locally and is not sent. `started_at` is the local time, by this machine's clock, before the first
    byte is sent. `request` is the body. `service` is the base URL: the invoice is looked for there, and nowhere else.
    An attempt can be pickled; `to_json` and `from_json` store it as JSON, with all digits of its amounts.

    `operation` is the name of the operation. Only a create of an invoice can be reconciled. For any other operation,
    `request` is the whole request, with method, target and body.
    """

    id: str
    started_at: AwareDatetime
    request: CreateInvoiceRequest
    service: str | None = None
    operation: str = CREATE

    @classmethod
    def of(cls, request: Any, started_at: datetime, service: str | None = None, operation: str = CREATE) -> Attempt:
        """Make an attempt with a new id that begins at `started_at`."""
        return cls(id=uuid.uuid4().hex, started_at=started_at, request=request, service=service, operation=operation)

    def to_json(self) -> str:
        """Return one line of JSON, for `from_json`."""
        return encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Attempt:
        """Read the text of `to_json`, also of an earlier version. Raises `InvalidArgumentError` for any other text."""
        try:
            return _decoder.decode(text)
        except (msgspec.DecodeError, ValueError, TypeError, RecursionError) as error:
            raise InvalidArgumentError(
                f"This is not an attempt as Attempt.to_json() writes it ({error}); give its text unchanged."
            ) from None


_decoder = msgspec.json.Decoder(Attempt)


class OutcomeUnknownError(PaisrError):
    """A create that may or may not have happened. Do not send it again: give `attempt` to `reconcile()`.

    Only creates can be reconciled. For another operation, `attempt` says what was sent, and the outcome stays unknown.

    `candidates`: the invoices that may be the created one, if `reconcile()` could not decide. `retry_after`: the
    seconds after which a call with the same key can decide, if that is known.
    """

    outcome: errors.Outcome = "unknown"
    retry_after: float | None = None

    def __init__(self, text: str, *, attempt: Attempt, candidates: Sequence[Invoice] = ()) -> None:
        super().__init__(text)
        self.attempt = attempt
        self.candidates: tuple[Invoice, ...] = tuple(candidates)


class StoreError(Exception):
    """The store cannot be read or written. The text completes a sentence that begins "The journal …"."""


class InvoiceTakenError(Exception):
    """The invoice belongs to another create. The text names both."""


class Work:
    """A call of this process that is working on a create, until `is_over` is set or the object is collected."""

    def __init__(self) -> None:
        self.is_over: bool = False
        self.is_sent = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.is_over = True


# The calls of this process that are in flight, by attempt id: no store can know them. The references are weak: a call
# that was dropped midway is no longer in flight.
at_work: WeakValueDictionary[str, Work] = WeakValueDictionary()


@frozen(kw_only=True)
class JournalEntry:
    """One create in a journal.

    `attempt`: what was sent, and when. `state`: ``open`` (begun, no outcome yet), ``created``, ``found`` or ``absent``
    (reconciled, with an invoice or without), or the `outcome` of the create's error: ``rejected``, ``not_sent``,
    ``unknown``. `invoice_id`: the invoice of a create that is ``created`` or ``found``. `key`: the ``key=`` of the
    create. `response`: the body of the service's response. `error`: the text of the call's error. `ended_at`: seconds
    since 1970. `in_flight`: whether a call may be working on it. `idle`: seconds since the last one certainly ended.
    `ends_in`: seconds until it certainly has.
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
    ends_in: float = field(default=0.0, eq=False)


@frozen(kw_only=True)
class CreateOutcome:
    """The outcome of a create, as a store records it."""

    state: State
    invoice_id: str | None = None
    response: bytes | None = field(default=None, repr=False)
    error: str | None = None


def checked_attempt(attempt: object, service: str) -> Attempt:
    """Return the attempt, with its service set. Raises `InvalidArgumentError` for anything but a create here."""
    if isinstance(attempt, OutcomeUnknownError):
        raise InvalidArgumentError("reconcile takes the attempt, not the error: give it error.attempt.")
    if not isinstance(attempt, Attempt):
        raise InvalidArgumentError(
            f"attempt is {type_name(attempt)}; give the attempt of an OutcomeUnknownError or of a journal."
        )
    if attempt.operation != CREATE:
        raise InvalidArgumentError(
            f"This attempt is of {attempt.operation}; only creates of invoices can be reconciled."
        )
    if attempt.service not in {None, "", service}:
        raise other_service_error(attempt, service)
    return evolve(attempt, service=service)


def other_service_error(attempt: Attempt, service: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"This attempt was made at {attempt.service}, and this client talks to {service}, where its invoice cannot be; "
        "use a client of that service (if only the address changed: attrs.evolve(attempt, service=None))."
    )
