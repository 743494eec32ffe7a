"""One row of `create_many`, in progress and as a result."""

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
    """The result of one row of `create_many`.

    `index`: the position of the row, from 0. `key`: the key of the create; None if the row was refused before it had
    one. `created`: the invoice; None if there is an `error`, or in a dry run. `is_new`: whether this call sent it.
    `duplicate_of`: the index of the earlier row with the same key or content, if the row was refused for that.
    """

    index: int
    key: str | None = None
    created: CreatedInvoice | None = None
    error: PaisrError | None = None
    is_new: bool = False
    duplicate_of: int | None = None


@define(kw_only=True)
class Item:
    """A row in progress: its checked arguments, or the error that refuses it.

    `finished`: the journal's entry, if that has the invoice and its response. `opened`: the attempt of an earlier or
    concurrent call whose outcome is not known yet.
    """

    index: int
    arguments: Mapping[str, object] = {}
    key: str | None = None
    refusal: InvalidArgumentError | None = None
    duplicate_of: int | None = None
    is_recalled: bool = False
    finished: JournalEntry | None = None
    opened: Attempt | None = None
    tries: int = 0
    not_before: float = 0.0


def is_day(due: object) -> bool:
    return isinstance(due, date) and not isinstance(due, datetime)


def due_as_sent(due: Any, attempt: Attempt) -> Any:
    """Return the text that the attempt sent for its due date, if `due` is the same day; else `due` itself."""
    if not isinstance(due, date):
        return due
    sent_on = attempt.started_at.date()  # where it was sent: this run may be in another time zone
    return attempt.request.due if due > sent_on and due_text(due, lambda: sent_on) == attempt.request.due else due


def still_open(item: Item, error: InvalidArgumentError) -> PaisrError:
    """Return the error of a row that cannot be sent: `OutcomeUnknownError` if an earlier call may have sent it."""
    if item.opened is None:
        return error
    return OutcomeUnknownError(
        f"The outcome of an earlier create of this row is unknown, and the row cannot be sent now: {error} "
        "Reconcile the journal before you change the row.",
        attempt=item.opened,
    )
