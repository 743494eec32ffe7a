"""One change, and the list that changes are collected in."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .verdicts import highest, judge


@dataclass(frozen=True)
class Change:
    """What changed where, and what that means. `before` and `after` are texts, empty where there is nothing."""

    operation: str
    side: str
    place: str
    kind: str
    what: str
    before: str
    after: str
    breaks: bool
    release: str
    why: str
    guess: bool = False

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class Log:
    """Collects the changes of one side of one operation."""

    def __init__(self, operation: str, side: str) -> None:
        self.operation = operation
        self.side = side
        self.changes: list[Change] = []

    def add(
        self,
        place: str,
        kind: str,
        what: str,
        before: str = "",
        after: str = "",
        *,
        judged: str = "",
        guess: bool = False,
    ) -> None:
        """JUDGED is what the verdict goes by, where that is another word than the one to show."""
        verdict = judge(self.side, judged or what, kind)
        self.changes.append(Change(self.operation, self.side, place, kind, what, before, after, *verdict, guess=guess))


@dataclass(frozen=True)
class Report:
    """All changes between two documents, in the order of the operations."""

    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def release(self) -> str:
        return highest([change.release for change in self.changes])

    @property
    def breaks(self) -> bool:
        return any(change.breaks for change in self.changes)
