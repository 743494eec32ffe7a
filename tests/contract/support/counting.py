"""Counts of the cases of each suite, for the summary at the end of a run."""

from __future__ import annotations

from collections import Counter, defaultdict

OFF_SCHEMA = "off-schema responses refused by every client"
COUNTS: defaultdict[str, Counter[str]] = defaultdict(Counter)


def count(suite: str, what: str, number: int = 1) -> None:
    COUNTS[suite][what] += number
