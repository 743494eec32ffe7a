"""One key, one request: what is sent with a key that was used before is what was sent then."""

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
    """Refuse a request that is not the one that was sent with its key."""
    theirs = entry.attempt.request
    if not isinstance(theirs, type(mine)):
        raise ConfigurationError(
            f"What was sent with key={entry.key!r} cannot be read in the journal; settle its attempt by hand "
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
            "give what was sent then, or another key."
        )


def _is_same_day(due: str, now: datetime, other: str, then: datetime) -> bool:
    """Whether two relative due dates mean one day: what was due in 3 days yesterday is due in 2 days."""
    mine, theirs = _IN_DAYS.fullmatch(due), _IN_DAYS.fullmatch(other)
    if mine is None or theirs is None:
        return False
    passed = now.astimezone().date() - then.astimezone().date()
    return passed.days == int(theirs[1]) - int(mine[1])
