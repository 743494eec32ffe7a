"""A create that was begun: all that is needed to find out later whether it happened, and the error that has it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from attrs import frozen

from paisr._base.errors import InvalidArgumentError, Outcome, PaisrError
from paisr_generated.models.create_invoice_request import CreateInvoiceRequest
from paisr_generated.operations import encode
from paisr_generated.types import AwareDatetime

if TYPE_CHECKING:
    from paisr_generated import Invoice

CREATE = "create_invoice"


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

    outcome: Outcome = "unknown"

    def __init__(self, text: str, *, attempt: Attempt, candidates: Sequence[Invoice] = ()) -> None:
        super().__init__(text)
        self.attempt = attempt
        self.candidates: tuple[Invoice, ...] = tuple(candidates)
