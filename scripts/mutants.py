"""Plant deliberate mistakes, one at a time, and report which test in tests/contract catches each.

    python scripts/mutants.py              all mutants; print the verdicts and write docs/mutants.md
    python scripts/mutants.py NAME ...     these mutants; print the verdicts
    python scripts/mutants.py --few        the mutants of a plain test run, each with its own suite only

The mistakes are data in tests/contract/mutants/*.toml: a file each for the contract, the generator, the client and the
stub. A mutant is a table, named for the mistake, with these keys:

    kind         the sort of mistake
    file         the file to change
    old, new     the text to replace, which must occur in the file exactly once, and its replacement
    says         the mistake in one sentence
    suite        the file in tests/contract that should catch it (or one test, file::test); it runs first
    regenerate   for the contract and the generator: whether to generate generated/ again (default: no)
    few          whether a plain test run plants it (default: no)
    reason       for a mutant that no test can catch: why

Nothing in the checkout is changed: each mutant is planted in a copy, and the suites import and read the copy. The
generator's own checks of its output do not run, so that the suites must catch the mistake. The copy without a mutant
must pass the same suites first. The exit status is 1 when a mutant survived without a reason, was caught although it
has a reason, or could not be judged.
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
# Generates in the copy, without the generator's checks of its output.
REGENERATE = (
    "import generate, shutil; shutil.rmtree(generate.OUTPUT); "
    "generate.build(generate.read_document(generate.CONTRACT), generate.OUTPUT)"
)
# Fuzzed cases for each operation and suite. A mistake that needs more cases is not caught reliably.
CASES, FEW_CASES = 10, 5


def copy_of(source: Path, target: Path, *, only: Iterable[str] = COPIED) -> Path:
    """Copy everything that the suites import and read; returns the copy's folder."""
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
            raise MutantError(f"{mutant.name}: generating failed: {done.stderr.strip()}")


def all_suites() -> list[str]:
    return sorted(path.name for path in (ROOT / SUITES).glob("test_*.py") if path.name != "test_mutants.py")


def in_parallel(function: Callable[[T], R], values: Iterable[T]) -> list[R]:
    """The function's result for each value, computed in as many threads as there are processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(function, values))


def clean_copy(folder: Path, suites: list[str]) -> tuple[Path, list[str]]:
    """Make a copy without a mutant, and check that it passes the suites. Returns both, the quickest suite first."""
    clean = copy_of(ROOT, folder / "clean")

    def timed(suite: str) -> tuple[float, str, str]:
        began = time.monotonic()
        failed = first_failure(clean, [suite])
        return time.monotonic() - began, suite, failed

    found = sorted(in_parallel(timed, suites))
    if failed := [failure for _seconds, _suite, failure in found if failure]:
        raise MutantError(f"these tests fail without any mutant: {', '.join(failed)}")
    return clean, [suite for _seconds, suite, _failure in found]


def judge(mutant: Mutant, clean: Path, folder: Path, suites: list[str]) -> Verdict:
    """Plant a mutant in a copy of its own. Run its suite, and when that passes, the others in `suites`."""
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
    """The verdict on each mutant, in order. Raises `MutantError` when the copy without a mutant does not pass.

    `few`: run only the mutant's own suite. `tell`: called with each verdict as soon as it is known.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        clean, ordered = clean_copy(folder, sorted({mutant.suite for mutant in mutants}) if few else all_suites())

        def one(mutant: Mutant) -> Verdict:
            verdict = judge(mutant, clean, folder, [] if few else ordered)
            tell(verdict)
            return verdict

        return in_parallel(one, mutants)


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
        "The suites in `tests/contract/` compare the contract, the client and the stub with each other. To test the",
        "suites, each deliberate mistake below was planted in a copy of the contract, the generator, the client or the",
        "stub. The tables name the test that caught it. Without a mistake, the copy passes all tests.",
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
    parser = argparse.ArgumentParser(description="Plant deliberate mistakes and report which test catches each.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a mutant, such as client/query-name; all when none is named"
    )
    parser.add_argument("--few", action="store_true", help="only the mutants of a plain test run")
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
