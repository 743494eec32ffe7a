"""Runs the suites in tests/contract against copies of the project, in processes that start quickly."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

SUITES = Path("tests") / "contract"
SOURCES = ("overlays", "generated", "stub")
MAX_RUN = 300.0  # seconds
PACKAGES = ("paisr", "paisr_generated", "paisr_stub")
# Loaded once, in the process that each run is forked from: loading them takes half of the time of a run. None of them
# may import the packages under test.
PRELOADED = [
    "hypothesis.stateful", "schemathesis", "jsonschema", "requests", "httpx", "httpcore", "starlette.requests",
    "starlette.responses", "uvicorn", "msgspec", "attrs", "dateutil.relativedelta", "openapi_spec_validator", "pytest",
]  # fmt: skip
PROCESSES = multiprocessing.get_context("forkserver")
FAILED = re.compile(r"^(?:FAILED|ERROR|SUBFAILED\S*(?: \S+)?) (?P<file>\S+?\.py)(?:::(?P<test>\w+))?", re.MULTILINE)


class SuiteError(Exception):
    """The suites could not be run, so there is no result for the copy; the message says why."""


def prepare(cases: int) -> None:
    """Prepare all runs: each has the same cases, independent of the caller's environment."""
    os.environ |= {"PYTHONHASHSEED": "0", "CASES": str(cases)}
    os.environ.pop("SEED", None)
    PROCESSES.set_forkserver_preload(PRELOADED)


def run_pytest(root: Path, options: list[str], output: Path) -> None:
    """Run pytest in a copy, and exit with its status. The current process must be for this run alone."""
    for key in [key for key in os.environ if key.startswith(("PYTEST_", "COVERAGE_"))]:
        del os.environ[key]
    sources = [str(root / source) for source in SOURCES]
    os.environ["PYTHONPATH"] = os.pathsep.join(sources)
    sys.path[:0] = sources
    sys.dont_write_bytecode = False  # the copies are made from a copy in which the suites have run
    os.chdir(root)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import hypothesis
    import pytest

    # The first failure is enough: shrinking it takes longer than everything else.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, report_multiple_bugs=False)
    hypothesis.settings.load_profile("mutants")
    assert_loaded_from(root)
    sys.exit(pytest.main(options))


def assert_loaded_from(root: Path) -> None:
    """Exit unless the packages under test are those of the copy, and not the installed ones."""
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None or not Path(found.origin).is_relative_to(root):
            sys.exit(f"{name} is not in the copy: {found}")


def first_failure(root: Path, suites: Iterable[str]) -> str:
    """The first test of these suites that fails in a copy, as `file::test`; empty when all pass."""
    status, output = pytest_in(
        root, ["-q", "-x", "--tb=no", "--no-header", "-rfE", *[str(SUITES / suite) for suite in suites]]
    )
    if not status:
        return ""
    found = FAILED.search(output)
    if found is None:
        raise SuiteError(f"pytest ended with {status} and named no test:\n{output}")
    suite = Path(found["file"]).name
    if found["test"]:
        return f"{suite}::{found['test']}"
    raise SuiteError(f"{suite} could not be loaded:\n{output}")


def pytest_in(root: Path, options: list[str]) -> tuple[int, str]:
    """Run pytest in a copy, in a process of its own; returns the exit status and the output."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        arguments = (root, ["--assert=plain", "-p", "no:cacheprovider", *options], output)
        process = PROCESSES.Process(target=run_pytest, args=arguments)
        process.start()
        process.join(MAX_RUN)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise SuiteError(f"the run took longer than {MAX_RUN:.0f} s")
        return process.exitcode, output.read_text(encoding="utf-8", errors="replace")
