"""One row of `create_many`: on its way, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import define, frozen

from paisr._base.errors import InvalidArgumentError, PaisrError
from paisr._inputs.due import due_text
from paisr._recovery.attempts import OutcomeUnknownError

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt, JournalEntry
    from paisr_generated import CreatedInvoice


@frozen(kw_only=True)
class RowResult:
    """What became of one row of `create_many`.

    `index`: which row, the first is 0. `key`: of the create; None for a row that was refused before it had one.
    `created`: its invoice; None where there is an `error`, and in a dry run. `is_new`: whether this call sent it.
    """

    index: int
    key: str | None = None
    created: CreatedInvoice | None = None
    error: PaisrError | None = None
    is_new: bool = False


@define(kw_only=True)
class Item:
    """A row on its way: its arguments, checked, or why it was refused.

    `finished`: what the journal has of it, where that is an invoice and the response that told of it. `opened`: the
    attempt of an earlier call, or of another one now, of which it is not known yet whether it made an invoice.
    """

    index: int
    arguments: Mapping[str, object] = {}
    key: str | None = None
    refusal: InvalidArgumentError | None = None
    is_recalled: bool = False
    finished: JournalEntry | None = None
    opened: Attempt | None = None
    tries: int = 0
    not_before: float = 0.0


def is_day(due: object) -> bool:
    return isinstance(due, date) and not isinstance(due, datetime)


def due_as_sent(due: Any, attempt: Attempt) -> Any:
    """The due date of a row that has its invoice, as the text that was sent where it means the same day."""
    if not isinstance(due, date):
        return due
    sent_on = attempt.started_at.astimezone().date()
    return attempt.request.due if due > sent_on and due_text(due, lambda: sent_on) == attempt.request.due else due


def still_open(item: Item, error: InvalidArgumentError) -> PaisrError:
    """The error of a row that cannot be sent: of one that may have been sent before, that is what has to be said."""
    if item.opened is None:
        return error
    return OutcomeUnknownError(
        f"Whether an earlier create of this row made an invoice is not known, and the row cannot be sent now: {error} "
        "Reconcile the journal before the row is changed.",
        attempt=item.opened,
    )
