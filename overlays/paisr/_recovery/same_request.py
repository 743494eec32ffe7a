"""One key, one request: checks that a reused key has the same request as before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import fields

from paisr._base.errors import ConfigurationError, InvalidArgumentError

if TYPE_CHECKING:
    from datetime import datetime

    from paisr._recovery.attempts import JournalEntry

_IN_DAYS = re.compile(r"In (\d{1,6}) days?")


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
