"""Runs the suites in tests/contract against copies of what they compare, many of them in little time."""

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
# Loaded once, in a process that each run of the suites is forked from: half of the time would go into loading them.
# None of them may know the packages that are tested.
LOADED_BEFORE = [
    "hypothesis.stateful", "schemathesis", "jsonschema", "requests", "httpx", "httpcore", "starlette.requests",
    "starlette.responses", "uvicorn", "msgspec", "attrs", "dateutil.relativedelta", "openapi_spec_validator", "pytest",
]  # fmt: skip
PROCESSES = multiprocessing.get_context("forkserver")
FAILED = re.compile(r"^(?:FAILED|ERROR|SUBFAILED\S*(?: \S+)?) (?P<file>\S+?\.py)(?:::(?P<test>\w+))?", re.MULTILINE)


class SuiteError(Exception):
    """The suites could not be run, so that nothing can be said of the copy; the message says why."""


def prepare(cases: int) -> None:
    """What holds for all runs: the same cases in each, whatever the caller's environment says."""
    os.environ |= {"PYTHONHASHSEED": "0", "CASES": str(cases)}
    os.environ.pop("SEED", None)
    PROCESSES.set_forkserver_preload(LOADED_BEFORE)


def run_pytest(root: Path, options: list[str], output: Path) -> None:
    """In a process of its own, forked from one that has loaded what every suite needs: pytest in a copy."""
    for key in [key for key in os.environ if key.startswith(("PYTEST_", "COVERAGE_"))]:
        del os.environ[key]
    sources = [str(root / source) for source in SOURCES]
    os.environ["PYTHONPATH"] = os.pathsep.join(sources)
    sys.path[:0] = sources
    sys.dont_write_bytecode = False  # the copies are made from one that has been run
    os.chdir(root)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import hypothesis
    import pytest

    # The first failure is enough: finding the smallest one takes longer than everything else.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, report_multiple_bugs=False)
    hypothesis.settings.load_profile("mutants")
    assert_loaded_from(root)
    sys.exit(pytest.main(options))


def assert_loaded_from(root: Path) -> None:
    """What is tested is the copy, not what is installed."""
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None or not Path(found.origin).is_relative_to(root):
            sys.exit(f"{name} is not the copy's: {found}")


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
    """Run pytest in a copy; its exit status and what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        arguments = (root, ["--assert=plain", "-p", "no:cacheprovider", *options], output)
        process = PROCESSES.Process(target=run_pytest, args=arguments)
        process.start()
        process.join(MAX_RUN)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise SuiteError(f"no end after {MAX_RUN:.0f} s")
        return process.exitcode, output.read_text(encoding="utf-8", errors="replace")
