from __future__ import annotations

from datetime import UTC, datetime

import pytest

from paisr_stub._due import due_date

NOW = datetime(2024, 1, 31, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("In 3 days", "2024-02-03T12:30:15+00:00"),
        ("in 1 day", "2024-02-01T12:30:15+00:00"),
        ("IN 90 MINUTES", "2024-01-31T14:00:15+00:00"),
        ("In 1 hour", "2024-01-31T13:30:15+00:00"),
        ("In 2 weeks", "2024-02-14T12:30:15+00:00"),
        ("In 1 month", "2024-02-29T12:30:15+00:00"),
        ("In 1 year", "2025-01-31T12:30:15+00:00"),
        ("In 0 days", "2024-01-31T12:30:15+00:00"),
        ("In  3  days", "2024-02-03T12:30:15+00:00"),
    ],
)
def test_a_relative_time_is_added_to_the_present(text: str, due: str) -> None:
    assert due_date(text, NOW).isoformat() == due


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 days",
        "In three days",
        "In 3",
        "In days",
        "tomorrow",
        "In -3 days",
        "In 3.5 days",
        "In 3 days ",
        " In 3 days",
        "In 3 days\n",
        "In ٣ days",
        "In 3 dayss",
        "In\t3 days",
        "In 3 decades",
        "In 3days",
        "2024-02-03",
        "In 1234567890 days",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="relative time"):
        due_date(text, NOW)


@pytest.mark.parametrize("unit", ["minutes", "hours", "days", "weeks", "months", "years"])
def test_a_date_beyond_the_calendar_is_refused(unit: str) -> None:
    if unit == "minutes":
        assert due_date(f"In 999999999 {unit}", NOW).year == 3925
        return
    with pytest.raises(ValueError, match="beyond the year 9999"):
        due_date(f"In 999999999 {unit}", NOW)
