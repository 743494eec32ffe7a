"""Mutation test of the suites: a few mutants of mutants/, each caught by the suite that is responsible for it.

`make mutants` plants all mutants. This test plants one for each suite of the client or the stub, so that a suite that
detects nothing fails at once. Among them are a parameter and an operation that the contract has, but the client or the
stub does not have.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "mutants.py"
MIN_MUTANTS = 40


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """The mutants as data."""
    return importlib.import_module("mutant_tables")


@pytest.fixture(scope="module")
def page() -> Path:
    """The page that a run of scripts/mutants.py writes."""
    found: Path = importlib.import_module("mutants").TABLE
    return found


def test_each_mutant_can_be_planted(tables: ModuleType) -> None:
    """The text that it replaces is in its file exactly once. A mutant has to follow changes of the code."""
    moved: list[str] = []
    for mutant in tables.load():
        try:
            assert tables.mutated(mutant, ROOT) != (ROOT / mutant.file).read_text(encoding="utf-8")
        except tables.MutantError as error:
            moved.append(str(error))
        assert (ROOT / "tests" / "contract" / mutant.suite.partition("::")[0]).is_file(), mutant.name
        assert not mutant.regenerate or mutant.file.startswith(tables.SOURCES_OF_GENERATED), mutant.name
    assert not moved, "\n".join(moved)


def test_each_place_has_enough_mutants(tables: ModuleType) -> None:
    planted = Counter(mutant.planted_in for mutant in tables.load())
    assert planted.keys() == set(tables.PLANTED_IN.values())
    assert planted.total() >= MIN_MUTANTS
    assert min(planted.values()) >= 20


@pytest.mark.parametrize("text", ["nothing like it", "import"])
def test_a_text_that_is_missing_or_not_unique_is_refused(tables: ModuleType, text: str) -> None:
    mutant = tables.Mutant(
        name="x", planted_in="", kind="", file="stub/paisr_stub/_api.py", old=text, new="", says="", suite=""
    )
    with pytest.raises(tables.MutantError, match="must occur once"):
        tables.mutated(mutant, ROOT)


def test_the_page_has_every_mutant_and_no_other(tables: ModuleType, page: Path) -> None:
    rows = [line.split(" | ") for line in page.read_text(encoding="utf-8").splitlines() if "| `test_" in line]
    described = [(name, says) for _kind, name, says, _test in rows]
    caught = [mutant for mutant in tables.load() if not mutant.reason]
    assert described == [(mutant.name.partition("/")[2], mutant.says) for mutant in caught]


def test_a_verdict_is_good_when_it_is_the_expected_one(tables: ModuleType) -> None:
    known = tables.load()[0]
    hopeless = tables.Mutant(**{**vars(known), "reason": "It is not known."})
    assert tables.Verdict(known, caught_by="test_x.py::test_y").good
    assert tables.Verdict(hopeless).good
    for bad in (
        tables.Verdict(known),
        tables.Verdict(hopeless, caught_by="test_x.py::test_y"),
        tables.Verdict(known, error="it did not apply"),
        tables.Verdict(known, caught_by="test_x.py::test_y", error="it did not apply"),
    ):
        assert not bad.good


def test_each_suite_catches_its_mutants(tables: ModuleType) -> None:
    few = [mutant for mutant in tables.load() if mutant.few]
    suites = {path.name for path in (ROOT / "tests" / "contract").glob("test_*.py")}
    own = {mutant.suite.partition("::")[0] for mutant in few}
    assert own == {suite for suite in suites if suite.startswith(("test_stub", "test_client"))}
    done = subprocess.run([sys.executable, str(SCRIPT), "--few"], capture_output=True, text=True, check=False)
    for mutant in few:
        assert f"{mutant.name} caught by {mutant.suite}" in " ".join(done.stdout.split()), done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
