"""`python -m benchmarks --stock FOLDER` runs all benchmarks and writes RESULTS.md; `--quick` checks only the goals."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import _calling, _first, _reading, _server, _starting
from benchmarks._chart import chart
from benchmarks._goals import Result, judged
from benchmarks._measure import Measurement
from benchmarks._report import TITLES, benchmark_table, document, goals_table, machine

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
PICTURE = ROOT / "docs" / "benchmarks.svg"


def measured(url: str, stock: str, *, quick: bool) -> dict[str, Measurement]:
    """Run the benchmarks one after the other; in each, the candidates take turns."""
    runs: dict[str, Callable[[], Measurement]] = {
        "reading": lambda: _reading.reading(quick=quick, stock=stock),
        "memory": lambda: _reading.memory(quick=quick, stock=stock),
        "calling": lambda: _calling.calling(url, quick=quick),
        "many": lambda: _calling.many(url, quick=quick),
        "journaling": lambda: _calling.journaling(url, quick=quick),
        "first response": lambda: _first.first_response(quick=quick, rich=True),
        "importing": lambda: _starting.importing(quick=quick, stock=stock),
        "constructing": lambda: _starting.constructing(quick=quick),
        "limiting": lambda: _starting.limiting(quick=quick),
        "growing": lambda: _calling.growing(url, quick=quick),
    }
    if not quick:
        runs["first response, no rich"] = lambda: _first.first_response(quick=quick, rich=False)
        runs["importing, wall"] = lambda: _starting.importing(quick=quick, stock=stock, clock="perf_counter")
    found: dict[str, Measurement] = {}
    for name, benchmark in runs.items():
        found[name] = benchmark()
        if not quick:
            print(f"\n{TITLES[name]}\n{benchmark_table(name, found[name])}", flush=True)
    return found


def profiles(results: list[Result], url: str) -> dict[str, list[str]]:
    """A profile for each goal that was not met. Each runs in its own process, in which nothing else is loaded."""
    found: dict[str, list[str]] = {}
    for result in results:
        if not result.met and result.goal.benchmark != "memory":
            command = [sys.executable, "-m", "benchmarks._profile", result.goal.benchmark, url]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            found[result.goal.what] = lines
    return found


def status(results: list[Result]) -> int:
    """The exit status: 1 when a ratio is more than half above its goal."""
    return int(any(result.far_off for result in results))


def write(results: list[Result], found: Mapping[str, Measurement], shown: Mapping[str, list[str]]) -> None:
    RESULTS.write_text(document(results, found, shown), encoding="utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(chart(found), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the cost of the client, as ratios.")
    parser.add_argument(
        "--quick", action="store_true", help="only the goals; fail when a ratio is more than half above its goal"
    )
    parser.add_argument("--stock", required=True, help="the folder with the stock client of the generator")
    options = parser.parse_args(arguments)
    sys.path.append(options.stock)
    with _server.running() as url:
        found = measured(url, options.stock, quick=options.quick)
        results = judged(found)
        shown = profiles(results, url)
    print(f"\n{machine()}\n\n{goals_table(results)}")
    for what, lines in shown.items():
        print(f"\nNot met: {what}. What the profile shows:", *lines, sep="\n  ")
    if options.quick:
        return status(results)
    write(results, found, shown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
