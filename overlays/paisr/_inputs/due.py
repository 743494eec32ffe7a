"""Due dates as the relative time that the API takes.

The create page shows one text, ``In 3 days``, and documents no grammar. The units other than days, and the singular,
are inferred from it. A text is passed on unchanged, so it may have any form that the service understands.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from paisr._base.errors import InvalidArgumentError
from paisr._base.texts import checked_text, safe_repr, type_name

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

    Due = str | timedelta | date | relativedelta

MINUTE, HOUR, DAY = 60, 3600, 86400
ADVICE = "give a text such as 'In 3 days', a timedelta, a relativedelta or a date"


def due_text(due: Due, today: Callable[[], date]) -> str:
    """`due` as relative time: ``In 3 days``. A `date` counts from `today`, this machine's local date."""
    if isinstance(due, str):
        return checked_text(due, "due")
    if isinstance(due, timedelta):
        return _from_timedelta(due)
    if isinstance(due, datetime):
        raise InvalidArgumentError(
            "due is a datetime, and the API takes whole units of time from now; give due.date(), or a timedelta."
        )
    if isinstance(due, date):
        if (days := (due - today()).days) > 0:
            return _in(days, "day")
        raise InvalidArgumentError(f"due={due} is not after today; give a later date, or a timedelta of hours.")
    # By the name of its class: dateutil is not imported here.
    if "relativedelta" in [base.__name__ for base in type(due).__mro__]:
        return _from_relativedelta(due)
    raise InvalidArgumentError(f"due is {type_name(due)}; {ADVICE}.")


def _from_timedelta(due: timedelta) -> str:
    seconds, rest = divmod(due, timedelta(seconds=1))
    if seconds < MINUTE or rest or seconds % MINUTE:
        shown = f"{due.total_seconds():f}".rstrip("0").rstrip(".")
        raise InvalidArgumentError(f"due is {shown} seconds; give whole minutes, at least one.")
    units = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
    return next(_in(seconds // size, unit) for size, unit in units if seconds % size == 0)


def _from_relativedelta(due: relativedelta) -> str:
    """A text with one unit of time: the API's example has one, and two are not documented."""
    months = due.years * 12 + due.months
    try:
        rest = timedelta(due.days, due.seconds, due.microseconds, 0, due.minutes, due.hours)
    except OverflowError:
        raise InvalidArgumentError(f"due={safe_repr(due)} is out of range; {ADVICE}.") from None
    absolute = ("year", "month", "day", "weekday", "hour", "minute", "second", "microsecond")
    if due.leapdays or any(getattr(due, name) is not None for name in absolute):
        raise InvalidArgumentError(f"due={due} is a point in time and not a time from now; {ADVICE}.")
    if not months:
        return _from_timedelta(rest)
    if rest:
        raise InvalidArgumentError(f"due={due} mixes months with smaller units; give one of them, or a date.")
    if months < 0:
        raise InvalidArgumentError(f"due={due} is not after now; {ADVICE}.")
    return _in(months // 12, "year") if months % 12 == 0 else _in(months, "month")


def _in(count: int, unit: str) -> str:
    return f"In {count} {unit}{'' if count == 1 else 's'}"
