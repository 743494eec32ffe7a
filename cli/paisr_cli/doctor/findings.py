"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`WRONG`: it keeps calls from working. `DIFFERS`: the contract says something else. `NOTE`: good to know."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Finding:
    """One finding: its subject, its place and a sentence. It has no secret and no data."""

    about: str
    place: str
    verdict: Verdict
    text: str

    @property
    def is_bad(self) -> bool:
        return self.verdict in {Verdict.WRONG, Verdict.DIFFERS}


def ok(about: str, place: str, text: str) -> Finding:
    return Finding(about, place, Verdict.OK, text)


def note(about: str, place: str, text: str) -> Finding:
    return Finding(about, place, Verdict.NOTE, text)


def wrong(about: str, place: str, text: str) -> Finding:
    return Finding(about, place, Verdict.WRONG, text)


def differs(about: str, place: str, text: str) -> Finding:
    return Finding(about, place, Verdict.DIFFERS, text)
