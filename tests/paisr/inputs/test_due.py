"""Due dates become the relative times that the API accepts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import MO, relativedelta

from paisr import InvalidArgumentError
from paisr._inputs.due import due_text


def text(due: Any) -> str:
    return due_text(due, lambda: date(2024, 2, 28))


class Later(relativedelta):
    """A subclass of relativedelta by a user."""


@pytest.mark.parametrize(
    ("due", "sent"),
    [
        ("In 3 days", "In 3 days"),
        ("tomorrow", "tomorrow"),
        ("10 days", "10 days"),
        ("In 1.5 hours", "In 1.5 hours"),
        (timedelta(days=3), "In 3 days"),
        (timedelta(days=1), "In 1 day"),
        (timedelta(weeks=2), "In 14 days"),
        (timedelta(hours=36), "In 36 hours"),
        (timedelta(hours=1), "In 1 hour"),
        (timedelta(minutes=90), "In 90 minutes"),
        (timedelta(minutes=1), "In 1 minute"),
        (timedelta(hours=24), "In 1 day"),
        (timedelta.max - timedelta(microseconds=999999, seconds=59, minutes=59, hours=23), "In 999999999 days"),
        (date(2024, 2, 29), "In 1 day"),
        (date(2024, 3, 1), "In 2 days"),
        (date(2025, 2, 28), "In 366 days"),
        (relativedelta(days=3), "In 3 days"),
        (relativedelta(weeks=1), "In 7 days"),
        (relativedelta(months=1), "In 1 month"),
        (relativedelta(months=18), "In 18 months"),
        (relativedelta(years=1), "In 1 year"),
        (relativedelta(years=2, months=12), "In 3 years"),
        (relativedelta(hours=25), "In 25 hours"),
        (Later(months=2), "In 2 months"),
    ],
)
def test_a_due_date_becomes_relative_time(due: Any, sent: str) -> None:
    assert text(due) == sent


@pytest.mark.parametrize(
    "due",
    [
        None, 3, True, 3.0, b"In 3 days", ["In 3 days"], "", "\ud800", time(12), object(),
        datetime(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC),
        date(2024, 2, 28), date(2024, 2, 27), date.min,
        timedelta(0), timedelta(days=-1), timedelta(seconds=30), timedelta(seconds=90),
        timedelta(minutes=1, microseconds=1),
        timedelta.max, timedelta.min,
        relativedelta(), relativedelta(months=-1), relativedelta(days=-1), relativedelta(months=1, days=1),
        relativedelta(seconds=5),
        relativedelta(day=1), relativedelta(weekday=MO), relativedelta(year=2030), relativedelta(leapdays=1),
        relativedelta(days=10**12), relativedelta(days=-(10**12)),
    ],
    ids=lambda due: type(due).__name__,
)  # fmt: skip
def test_a_due_date_that_is_no_future_time_is_refused(due: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        text(due)
    sentence = str(caught.value)
    assert sentence.startswith("due")
    assert "; " in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 300


def test_months_that_are_past_or_mixed_are_refused_each_with_its_reason() -> None:
    refused = {}
    for due in (relativedelta(months=-1), relativedelta(months=1, days=1)):
        with pytest.raises(InvalidArgumentError) as caught:
            text(due)
        refused[str(caught.value).partition("; ")[0].removeprefix(f"due={due} ")] = due
    assert list(refused) == ["is not after now", "mixes months with smaller units"]


@pytest.mark.parametrize("due", ["2026-12-31", "31-12-2026", "next friday"])
def test_a_text_is_passed_on_because_no_grammar_is_documented(due: str) -> None:
    assert text(due) == due


@pytest.mark.parametrize(
    ("due", "seconds"),
    [
        (timedelta(seconds=30), "30"),
        (timedelta(minutes=1, microseconds=1), "60.000001"),
        (timedelta(0), "0"),
        (timedelta(days=-1), "-86400"),
        (relativedelta(seconds=90), "90"),
    ],
)
def test_a_time_that_is_not_in_whole_minutes_is_refused_in_seconds(due: Any, seconds: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        text(due)
    assert str(caught.value) == f"due is {seconds} seconds; give whole minutes, at least one."


def test_the_refusal_of_a_datetime_names_the_alternatives() -> None:
    with pytest.raises(InvalidArgumentError, match=r"give due\.date\(\), or a timedelta\.$"):
        text(datetime(2024, 3, 1))
