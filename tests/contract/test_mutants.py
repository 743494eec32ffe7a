"""The suites themselves: a few of the deliberate mistakes of mutants/, each caught by the suite that is there for it.

All of them are planted by `make mutants`; here it is a few, one for each suite that compares two of the three, so that
a suite that has gone blind is seen at once. Among them are a parameter and an operation that the contract has and the
client, or the stub, has not.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "mutants.py"
LEAST = 40


@pytest.fixture(scope="module")
def mutants() -> Iterator[ModuleType]:
    """The script as a module."""
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        yield importlib.import_module("mutants")
    finally:
        sys.path.remove(str(SCRIPT.parent))


def test_each_mutant_can_be_planted(mutants: ModuleType) -> None:
    """What it replaces is in its file, once: where the code has moved on, the mutant has to follow."""
    for mutant in mutants.load():
        assert mutants.mutated(mutant, ROOT) != (ROOT / mutant.file).read_text(encoding="utf-8")
        assert (ROOT / "tests" / "contract" / mutant.suite.partition("::")[0]).is_file(), mutant.name
        assert not mutant.regenerate or mutant.file.startswith(mutants.SOURCES_OF_GENERATED), mutant.name


def test_there_are_enough_in_each(mutants: ModuleType) -> None:
    planted = Counter(mutant.planted_in for mutant in mutants.load())
    assert planted.keys() == set(mutants.PLANTED_IN.values())
    assert planted.total() >= LEAST
    assert min(planted.values()) >= 20


@pytest.mark.parametrize("text", ["nothing like it", "import"])
def test_a_text_that_is_not_there_once_is_refused(mutants: ModuleType, text: str) -> None:
    mutant = mutants.Mutant(
        name="x", planted_in="", kind="", file="stub/paisr_stub/_api.py", old=text, new="", says="", suite=""
    )
    with pytest.raises(mutants.MutantError, match="has to be there once"):
        mutants.mutated(mutant, ROOT)


def test_the_page_has_every_mutant_and_no_other(mutants: ModuleType) -> None:
    rows = [line.split(" | ") for line in mutants.TABLE.read_text(encoding="utf-8").splitlines() if "| `test_" in line]
    described = [(name, says) for _kind, name, says, _test in rows]
    caught = [mutant for mutant in mutants.load() if not mutant.reason]
    assert described == [(mutant.name.partition("/")[2], mutant.says) for mutant in caught]


def test_a_verdict_is_good_when_it_is_the_expected_one(mutants: ModuleType) -> None:
    known = mutants.load()[0]
    hopeless = mutants.Mutant(**{**vars(known), "reason": "Nobody can tell."})
    assert mutants.Verdict(known, caught_by="test_x.py::test_y").good
    assert mutants.Verdict(hopeless).good
    for bad in (
        mutants.Verdict(known),
        mutants.Verdict(hopeless, caught_by="test_x.py::test_y"),
        mutants.Verdict(known, error="it did not apply"),
        mutants.Verdict(known, caught_by="test_x.py::test_y", error="it did not apply"),
    ):
        assert not bad.good


def test_each_suite_catches_what_it_is_there_for(mutants: ModuleType) -> None:
    few = [mutant for mutant in mutants.load() if mutant.few]
    suites = {path.name for path in (ROOT / "tests" / "contract").glob("test_*.py")}
    own = {mutant.suite.partition("::")[0] for mutant in few}
    assert own == {suite for suite in suites if suite.startswith(("test_stub", "test_client"))}
    done = subprocess.run([sys.executable, str(SCRIPT), "--few"], capture_output=True, text=True, check=False)
    for mutant in few:
        assert f"{mutant.name} caught by {mutant.suite}" in " ".join(done.stdout.split()), done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
