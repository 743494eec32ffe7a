"""Computes the due date from a relative time.

The documentation shows one example, `In 3 days`, and no grammar. The stub reads `In N UNIT` with a whole number and
minute, hour, day, week, month or year, singular or plural, in any case. It refuses everything else: what the service
reads beyond the example is not known.
"""

from __future__ import annotations

import re
from datetime import datetime

from dateutil.relativedelta import relativedelta

_RELATIVE = re.compile(r"in +([0-9]{1,9}) +(minute|hour|day|week|month|year)s?", re.IGNORECASE | re.ASCII)


def due_date(text: str, now: datetime) -> datetime:
    """The moment that `text` means, counted from `now`.

    A month or a year ends on the same day of the month, or on its last day where there is none (31 January and one
    month is the 28th or 29th of February). Raises `ValueError` for a text that is not understood or a date beyond the
    year 9999.
    """
    found = _RELATIVE.fullmatch(text)
    if found is None:
        raise ValueError('due is not a relative time such as "In 3 days".')
    count, unit = int(found[1]), found[2].lower()
    try:
        return now + _span(count, unit)
    except (OverflowError, ValueError):
        raise ValueError("due is beyond the year 9999.") from None


def _span(count: int, unit: str) -> relativedelta:
    match unit:
        case "minute":
            return relativedelta(minutes=count)
        case "hour":
            return relativedelta(hours=count)
        case "day":
            return relativedelta(days=count)
        case "week":
            return relativedelta(weeks=count)
        case "month":
            return relativedelta(months=count)
        case _:
            return relativedelta(years=count)
