"""Reads the mutants in tests/contract/mutants, and holds their verdicts. mutants.py describes the keys."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "tests" / "contract" / "mutants"
PLANTED_IN = {"stub": "the stub", "client": "the client", "contract": "the contract", "generator": "the generator"}
# The sources of generated/. It is generated again only for mutants in one of these.
SOURCES_OF_GENERATED = ("openapi/", "scripts/generator/", "generator-templates/")


class MutantError(Exception):
    """A mutant could not be planted, or the copy without a mutant fails; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One deliberate mistake."""

    name: str
    planted_in: str
    kind: str
    file: str
    old: str
    new: str
    says: str
    suite: str
    regenerate: bool = False
    few: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """The result of a mutant. `caught_by`: the test, empty when it survived; `error`: why it was not judged."""

    mutant: Mutant
    caught_by: str = ""
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether it was caught, or survived and has a reason why no test can catch it."""
        return not self.error and bool(self.caught_by) is not bool(self.mutant.reason)

    def __str__(self) -> str:
        if self.error:
            return f"NOT JUDGED: {self.error}"
        if self.caught_by:
            return f"caught by {self.caught_by}" + (" ALTHOUGH IT HAS A REASON" if self.mutant.reason else "")
        return f"survived: {self.mutant.reason}" if self.mutant.reason else "SURVIVED"


def load() -> list[Mutant]:
    """Every mutant there is, in the order of the files."""
    found: list[Mutant] = []
    for stem, planted_in in PLANTED_IN.items():
        tables = tomllib.loads((MUTANTS / f"{stem}.toml").read_text(encoding="utf-8"))
        found += [Mutant(name=f"{stem}/{name}", planted_in=planted_in, **table) for name, table in tables.items()]
    return found


def mutated(mutant: Mutant, root: Path) -> str:
    """The text of the mutant's file with the mistake in it."""
    text = (root / mutant.file).read_text(encoding="utf-8")
    if (times := text.count(mutant.old)) != 1:
        raise MutantError(f"{mutant.name}: `old` occurs {times} times in {mutant.file}, but must occur once")
    if mutant.new == mutant.old:
        raise MutantError(f"{mutant.name} changes nothing")
    return text.replace(mutant.old, mutant.new)
