"""Profiles a benchmark whose goal was not met: `python -m benchmarks._profile BENCHMARK URL` prints the result."""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import _calling, _readers, _samples, _starting

SHOWN = 8
# A call with a refused connection loads the same modules as one with a response.
FIRST_CALL = """
import contextlib, paisr
with contextlib.suppress(paisr.APIConnectionError):
    paisr.Paisr("token", base_url="https://127.0.0.1:9/v2", max_retries=0).invoices.get("inv_1")
"""


def profiled(benchmark: str, url: str) -> list[str]:
    """The functions with the most time of their own, each with its share; for imports, the modules."""
    if benchmark == "importing":
        return _imports("from paisr import Paisr")
    if benchmark == "first response":
        return _imports(FIRST_CALL)
    with ExitStack() as stack:
        work = _work(benchmark, url, stack)
        work()
        profile = cProfile.Profile()
        profile.runcall(work)
    return _shares(profile)


def _work(benchmark: str, url: str, stack: ExitStack) -> Callable[[], object]:
    """Work of the benchmark that takes about a second."""
    if benchmark == "reading":
        read, content = _readers.paisr(), _samples.list_response(1000)
        return lambda: [read(content) for _ in range(100)]
    if benchmark == "constructing":
        return lambda: [_starting.construct() for _ in range(2000)]
    if benchmark == "limiting":
        acquire = _starting.permit()
        return lambda: [acquire() for _ in range(100_000)]
    if benchmark == "many":
        runner = stack.enter_context(asyncio.Runner())
        call, close = runner.run(_calling.opened(_calling.paisr_for_asyncio, url))
        stack.callback(lambda: runner.run(_calling.awaited(close)))
        return lambda: _calling.batches(runner, call, 20)
    if benchmark == "journaling":
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "creates.db"
        create = _calling.creating(url, path, stack)
        return lambda: [create() for _ in range(500)]
    call_one = _calling.paisr(url, stack)
    return lambda: [call_one() for _ in range(1000)]


def _shares(profile: cProfile.Profile) -> list[str]:
    stats = pstats.Stats(profile)
    total: float = stats.total_tt  # type: ignore[attr-defined] # the stubs leave it out
    rows: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = stats.stats  # type: ignore[attr-defined] # the stubs leave it out
    costliest = sorted(rows.items(), key=lambda row: row[1][2], reverse=True)[:SHOWN]
    return [
        f"{own / total:.0%} {_place(path)}{function} ({calls:,} calls)"
        for (path, _line, function), (_primitive, calls, own, _all, _callers) in costliest
    ]


def _place(path: str) -> str:
    """The last two parts of a path, without the folders of this machine."""
    return "" if path == "~" else "/".join(Path(path).parts[-2:]) + " "


def _imports(statement: str) -> list[str]:
    command = [sys.executable, "-X", "importtime", "-c", statement]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stderr.splitlines()[1:]
    rows = [line.removeprefix("import time:").split("|") for line in lines if line.startswith("import time:")]
    own = sorted(((int(one), name.strip()) for one, _all, name in rows if one.strip().isdigit()), reverse=True)
    total = sum(one for one, _name in own)
    return [f"{one / total:.0%} {name}" for one, name in own[:SHOWN]]


if __name__ == "__main__":
    print("\n".join(profiled(sys.argv[1], sys.argv[2])))
