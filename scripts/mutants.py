"""Plant deliberate mistakes, one at a time, and see which suite of tests/contract catches each.

    python scripts/mutants.py              all of them; prints the table and writes docs/mutants.md
    python scripts/mutants.py NAME ...     some of them; prints the table
    python scripts/mutants.py --few        the few of a plain test run, each shown to its own suite only

The mistakes are data: tests/contract/mutants/*.toml, one file for each thing that they are planted in. A mutant is a
table, named for what is wrong, with these keys:

    kind         what sort of mistake it is
    file         where it is planted
    old, new     what is replaced by what; `old` must occur in the file exactly once
    says         the mistake in one sentence
    suite        the file in tests/contract that should catch it (or one test of it, file::test), asked first
    regenerate   of the contract and the generator: whether generated/ is made anew with it (default: no)
    few          whether it belongs to the few that are planted in a plain test run (default: no)
    reason       why nothing can catch it, where that is so

Nothing in the checkout is changed: each mutant is planted in a copy, and the copy is what the suites import and read.
What the generator itself would find when it tries what it made is left out: the suites have to see it by themselves.
The copy without a mutant must pass the same suites first. The exit status is 1 when a mutant survived without a reason,
was caught in spite of its reason, or could not be judged.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from mutant_tables import PLANTED_IN, ROOT, Mutant, MutantError, Verdict, load, mutated
from suite_runs import SOURCES, SUITES, SuiteError, first_failure, prepare

T = TypeVar("T")
R = TypeVar("R")

TABLE = ROOT / "docs" / "mutants.md"
COPIED = (
    *SOURCES, "openapi", "scripts", "generator-templates", "generator-config.yaml", "pyproject.toml",
    "tests/conftest.py", "tests/contract",
)  # fmt: skip
NOT_COPIED = shutil.ignore_patterns("__pycache__", "mutants", "test_mutants.py")
# In the copy, without trying what was made.
REGENERATE = (
    "import generate, shutil; shutil.rmtree(generate.OUTPUT); "
    "generate.build(generate.read_document(generate.CONTRACT), generate.OUTPUT)"
)
# Fuzzed cases for each operation and suite: what needs more of them to be seen is seen too seldom.
CASES, FEW_CASES = 10, 5


def copy_of(source: Path, target: Path, *, only: Iterable[str] = COPIED) -> Path:
    """What the suites import and read, in another place."""
    for name in only:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, place, ignore=NOT_COPIED)
        else:
            shutil.copy2(source / name, place)
    return target


def plant(mutant: Mutant, root: Path) -> None:
    path = root / mutant.file
    path.write_text(mutated(mutant, root), encoding="utf-8")
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    if mutant.regenerate:
        command = [sys.executable, "-c", REGENERATE]
        done = subprocess.run(command, cwd=root / "scripts", capture_output=True, text=True, check=False)
        if done.returncode:
            raise MutantError(f"{mutant.name}: nothing could be generated from it: {done.stderr.strip()}")


def all_suites() -> list[str]:
    return sorted(path.name for path in (ROOT / SUITES).glob("test_*.py") if path.name != "test_mutants.py")


def at_once(function: Callable[[T], R], values: Iterable[T]) -> list[R]:
    """Apply to each value, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(function, values))


def make_clean(folder: Path, suites: list[str]) -> tuple[Path, list[str]]:
    """A copy without a mutant that passes these suites, and the suites, the quickest first."""
    clean = copy_of(ROOT, folder / "clean")

    def timed(suite: str) -> tuple[float, str, str]:
        began = time.monotonic()
        failed = first_failure(clean, [suite])
        return time.monotonic() - began, suite, failed

    found = sorted(at_once(timed, suites))
    if failed := [failure for _seconds, _suite, failure in found if failure]:
        raise MutantError(f"without any mutant these fail, so that failing says nothing: {', '.join(failed)}")
    return clean, [suite for _seconds, suite, _failure in found]


def judge(mutant: Mutant, clean: Path, folder: Path, suites: list[str]) -> Verdict:
    """Plant a mutant in a copy of its own; ask its suite, and when that sees nothing all others of SUITES."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        try:
            root = Path(shutil.copytree(clean, Path(name) / "copy"))
            plant(mutant, root)
            caught = first_failure(root, [mutant.suite])
            others = [suite for suite in suites if suite != mutant.suite]
            if not caught and others:
                caught = first_failure(root, others)
        except (MutantError, SuiteError) as error:
            return Verdict(mutant, error=str(error))
    return Verdict(mutant, caught)


def judge_all(mutants: list[Mutant], *, few: bool, tell: Callable[[Verdict], None]) -> list[Verdict]:
    """The verdict on each mutant, in order; raises `MutantError` where the copy without a mutant does not pass.

    FEW: each mutant is shown to its own suite only.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        clean, ordered = make_clean(folder, sorted({mutant.suite for mutant in mutants}) if few else all_suites())

        def one(mutant: Mutant) -> Verdict:
            verdict = judge(mutant, clean, folder, [] if few else ordered)
            tell(verdict)
            return verdict

        return at_once(one, mutants)


def summary(verdicts: list[Verdict], seconds: float) -> str:
    caught = sum(bool(verdict.caught_by) for verdict in verdicts)
    survived = sum(not verdict.caught_by and not verdict.error for verdict in verdicts)
    not_judged = sum(bool(verdict.error) for verdict in verdicts)
    return (
        f"{len(verdicts)} mutants: {caught} caught, {survived} survived, {not_judged} not judged; "
        f"{seconds:.0f} s on {os.cpu_count()} processors with Python {platform.python_version()}."
    )


def markdown(verdicts: list[Verdict], seconds: float) -> str:
    """The page with the table of a run."""
    lines = [
        "# Mutants",
        "",
        "<!-- Written by `make mutants`: do not edit. -->",
        "",
        "The suites in `tests/contract/` compare the contract, the client and the stub with each other. What they are",
        "worth is what they catch: here is every deliberate mistake that was planted, one at a time, in a copy of them",
        "and of the generator, and the test that caught it. The same tests pass on the copy without a mistake.",
        "",
        summary(verdicts, seconds),
    ]
    for planted_in in PLANTED_IN.values():
        chosen = [verdict for verdict in verdicts if verdict.mutant.planted_in == planted_in]
        lines += ["", f"## In {planted_in}: {len(chosen)}", "", "| kind | mutant | what is wrong | caught by |"]
        lines += ["| --- | --- | --- | --- |", *map(_row, chosen)]
    return "\n".join([*lines, ""])


def _row(verdict: Verdict) -> str:
    mutant = verdict.mutant
    caught_by = f"`{verdict.caught_by}`" if verdict.caught_by else str(verdict)
    return f"| {mutant.kind} | {mutant.name.partition('/')[2]} | {mutant.says} | {caught_by} |"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Plant deliberate mistakes and see which suite catches each.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a mutant, such as client/query-name; all when none is named"
    )
    parser.add_argument("--few", action="store_true", help="the few of a plain test run")
    given = parser.parse_args(arguments)
    mutants = [one for one in load() if (one.name in given.names or not given.names) and (one.few or not given.few)]
    if unknown := set(given.names) - {mutant.name for mutant in mutants}:
        parser.error(f"there is no mutant {', '.join(sorted(unknown))}")
    prepare(FEW_CASES if given.few else CASES)
    width = max(len(mutant.name) for mutant in mutants)
    began = time.monotonic()
    try:
        verdicts = judge_all(
            mutants, few=given.few, tell=lambda one: print(f"{one.mutant.name:{width}}  {one}", flush=True)
        )
    except (MutantError, SuiteError) as error:
        print(f"The run is invalid: {error}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    if not given.names and not given.few:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(markdown(verdicts, seconds), encoding="utf-8")
    print(f"\n{summary(verdicts, seconds)}")
    return 0 if all(verdict.good for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
