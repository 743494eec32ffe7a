"""Writes the tables of RESULTS.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from benchmarks._goals import Result
from benchmarks._measure import Measurement

TITLES = {
    "reading": "Reading 1,000 invoices, from bytes to objects",
    "memory": "Memory retained per invoice",
    "calling": "One call after the other: reading one invoice",
    "many": "Fifty calls at once on one event loop, per call",
    "journaling": "Creating an invoice, with and without a journal",
    "first response": "From process start to the first response over TLS; click, rich and pygments installed",
    "first response, no rich": "The same, without click, rich and pygments",
    "importing": "Import in a fresh process",
    "importing, wall": "Import in a fresh process, wall-clock time",
    "constructing": "A second client in the same process, made and closed",
    "limiting": "One permit of a limiter in the process",
    "growing": "Lists of growing size, against a fitted straight line",
}
# The candidate that each benchmark's ratios refer to.
BASELINES = {
    "reading": "json.loads",
    "memory": "msgspec structs",
    "calling": "httpx.Client",
    "many": "httpx.AsyncClient",
    "journaling": "paisr, without",
    "first response": "httpx",
    "first response, no rich": "httpx",
    "importing": "import httpx",
    "importing, wall": "import httpx",
    "constructing": "httpx.Client",
    "limiting": "pyrate-limiter, memory",
    "growing": "straight line",
}
LIBRARIES = (
    *("httpx", "h11", "msgspec", "attrs", "aiohttp", "httpx-aiohttp", "pydantic"),
    *("openai", "stripe", "pyrate-limiter"),
)


def goals_table(results: Sequence[Result]) -> str:
    """A row for each goal. `median`: of the ratios of all turns; `best`: the ratio of the best turns."""
    rows = [
        (
            result.goal.what,
            result.goal.baseline,
            f"≤ {result.goal.limit:g}",
            f"{result.ratio.median:.3g}",
            f"{result.ratio.minimum:.3g}",
            str(result.ratio.runs),
            "yes" if result.met else "no",
        )
        for result in results
    ]
    return _table(("what", "against", "goal", "median", "best", "runs", "met"), rows)


def benchmark_table(benchmark: str, measurement: Measurement) -> str:
    """A row for each candidate, the cheapest first."""
    baseline = BASELINES[benchmark]
    rows = []
    for name in measurement.cheapest_first(baseline):
        ratio = measurement.ratio(name, baseline)
        shown = f"**{name}**" if name.startswith("paisr") else name
        rows.append((shown, f"{ratio.median:.3g}", f"{ratio.minimum:.3g}", f"{measurement.median(name):,.1f}"))
    runs = len(measurement.samples[baseline])
    head = (f"{runs} runs", f"{baseline} = 1, median", "best", measurement.unit)
    return _table(head, rows)


def document(
    results: Sequence[Result], measurements: Mapping[str, Measurement], profiles: Mapping[str, Sequence[str]]
) -> str:
    """The text of RESULTS.md."""
    parts = [
        "# Benchmark results",
        "Written by `make bench`. The candidates of a table were measured in turns in one run (A B C, A B C, …). A\n"
        "ratio is the median of the ratios of all turns; `best` is the ratio of the best turns. The absolute numbers\n"
        "describe this machine only; no goal depends on them.",
        "![Ratios as bars](../docs/benchmarks.svg)",
        machine(),
        "## Goals",
        goals_table(results),
    ]
    for what, lines in profiles.items():
        parts += [f"Not met: {what}. What the profile shows:", "\n".join(f"- {line}" for line in lines)]
    for benchmark, measurement in measurements.items():
        parts += [f"## {TITLES[benchmark]}", benchmark_table(benchmark, measurement)]
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """A line about the machine and the versions of the libraries."""
    versions = [f"{name} {version}" for name in LIBRARIES if (version := _version(name))]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {_processor()}, "
        f"{os.cpu_count()} cores{load}; {', '.join(versions)}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    padded = (
        [cell.ljust(width, "-" if cell == "---" else " ") for cell, width in zip(line, widths, strict=True)]
        for line in lines
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)
