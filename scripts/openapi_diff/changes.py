"""One change, the log that collects changes, and the report that holds them."""

from __future__ import annotations

from dataclasses import dataclass

from .verdicts import highest, judge


@dataclass(frozen=True)
class Change:
    """What changed, where, and the release that it needs. `before` and `after` are empty where there is no value."""

    operation: str
    side: str
    place: str
    kind: str
    what: str
    before: str
    after: str
    guess: bool
    release: str
    why: str

    @property
    def where(self) -> str:
        """The place within the operation: "response 200 $.data.id"."""
        return self.place if self.side == "operation" else f"{self.side} {self.place}"

    @property
    def difference(self) -> str:
        """The difference: "type: string → integer"."""
        return f"{self.what}: {' → '.join(filter(None, (self.before, self.after)))}".removesuffix(": ")

    def __str__(self) -> str:
        """The change in one line, as in a list of known differences."""
        line = f"{self.operation or 'everywhere'} {self.where}".strip()
        return " ".join(f"{line}, {self.kind} {self.difference}".split())


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
        """Add a change. `judged`: the key of the verdict, if it is not `what`."""
        verdict = judge(self.side, judged or what, kind)
        self.changes.append(Change(self.operation, self.side, place, kind, what, before, after, guess, *verdict))


@dataclass(frozen=True)
class Report:
    """The changes between two documents, in the order of the operations.

    `known`: how many changes were removed because the baseline has them. `outdated`: the lines of the baseline that
    are no longer true.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    known: int = 0
    outdated: tuple[str, ...] = ()

    @property
    def release(self) -> str:
        return highest([change.release for change in self.changes])
