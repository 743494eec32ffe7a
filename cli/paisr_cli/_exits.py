"""The exit statuses of the commands."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr import PaisrError


class Exit(IntEnum):
    """Each exit status; the text beside it is what `--help` and the documentation say of it."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Exit:
        status = int.__new__(cls, value)
        status._value_ = value
        status.meaning = meaning
        return status

    DONE = 0, "done"
    BROKEN = 1, "standard output could not be written, or this program has a bug"
    WRONG_USE = 2, "the command or a setting is wrong; nothing was sent"
    REFUSED = 3, "the service or a check refused it; nothing happened"
    NOT_FOUND = 4, "not found"
    UNKNOWN = 5, "an invoice may or may not have been created; reconcile before it is sent again"
    UNREACHABLE = 6, "the service could not be reached, was too slow, or failed; try again later"
    UNEXPECTED = 7, "the response is not what the contract allows"
    DIFFERENT = 8, "doctor found something that is wrong or differs from the contract"
    CREATED_UNWRITTEN = (
        9,
        "the invoice was created, but standard output could not be written; its id is on standard error",
    )
    INTERRUPTED = 130, "interrupted with Ctrl-C"
    TERMINATED = 143, "ended by the signal SIGTERM"


EXIT_STATUSES = "Exit statuses:\n\n\b\n" + "\n".join(f"{one.value:>3}  {one.meaning}" for one in Exit)


def exit_for(error: PaisrError) -> Exit:
    """The exit status for an error."""
    import paisr  # here, because `paisr --help` needs no client

    if isinstance(error, paisr.OutcomeUnknownError):
        return Exit.UNKNOWN
    if isinstance(error, (paisr.ConfigurationError, paisr.InvalidArgumentError)):
        return Exit.WRONG_USE
    if isinstance(error, paisr.NotFoundError):
        return Exit.NOT_FOUND
    if isinstance(error, paisr.UnexpectedResponseError):
        return Exit.UNEXPECTED
    return Exit.REFUSED if error.outcome == "rejected" else Exit.UNREACHABLE
