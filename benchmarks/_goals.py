"""The goals of the client's cost. All are ratios: an absolute time would describe only one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks._measure import Measurement, Ratio

OURS = "paisr"
# `make bench-quick` runs on busy machines, so it fails only when a ratio is more than half above its goal.
LENIENCE = 1.5


@dataclass(frozen=True, kw_only=True)
class Goal:
    """In the benchmark, the cost of `name` is at most `limit` times that of `baseline`.

    `fails`: whether `make bench-quick` fails when the goal is missed; not when the machine's disk determines the cost.
    """

    what: str
    benchmark: str
    baseline: str
    limit: float
    name: str = OURS
    fails: bool = True


GOALS = (
    Goal(what="1,000 invoices, bytes to models", benchmark="reading", baseline="json.loads", limit=0.85),
    Goal(what="the same, against msgspec alone", benchmark="reading", baseline="msgspec structs", limit=1.9),
    Goal(what="memory retained per invoice", benchmark="memory", baseline="stock generated", limit=0.7),
    Goal(what="`invoices.get`, limiter and retries on", benchmark="calling", baseline="httpx.Client", limit=0.65),
    Goal(what="50 at once, async", benchmark="many", baseline="httpx.AsyncClient", limit=0.25),
    Goal(what="the same, against bare aiohttp", benchmark="many", baseline="aiohttp", limit=2.0),
    Goal(
        what="a create with a SQLite journal",
        benchmark="journaling",
        name="paisr, with a journal",
        baseline="paisr, without",
        limit=1.5,
        fails=False,
    ),
    Goal(what="process start to first response over TLS", benchmark="first response", baseline="httpx", limit=0.75),
    Goal(what="the same, against urllib", benchmark="first response", baseline="urllib", limit=2.5),
    Goal(what="`from paisr import Paisr`", benchmark="importing", baseline="import httpx", limit=1.2),
    Goal(
        what="the same with a contract of 100 operations, against ours",
        benchmark="importing",
        name="paisr, a contract of 100 operations",
        baseline="paisr",
        limit=1.1,
    ),
    Goal(
        what="import, and one webhook verified",
        benchmark="importing",
        name="paisr, one webhook verified",
        baseline="import httpx",
        limit=0.6,
    ),
    Goal(what="`paisr --help`", benchmark="importing", name="paisr --help", baseline="import httpx", limit=1.5),
    Goal(what="a second client in the same process", benchmark="constructing", baseline="httpx.Client", limit=0.03),
    Goal(what="limiter in the process, one permit", benchmark="limiting", baseline="pyrate-limiter, memory", limit=1.0),
    Goal(
        what="lists of 1 to 1,000 invoices, farthest from a straight line",
        benchmark="growing",
        name="measured",
        baseline="straight line",
        limit=1.2,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A goal, and the measured ratio."""

    goal: Goal
    ratio: Ratio

    @property
    def met(self) -> bool:
        return self.ratio.median <= self.goal.limit

    @property
    def far_off(self) -> bool:
        return self.goal.fails and self.ratio.median > self.goal.limit * LENIENCE


def judged(measurements: Mapping[str, Measurement]) -> list[Result]:
    """The result of every goal. Raises KeyError when a benchmark was not run."""
    return [Result(goal=goal, ratio=measurements[goal.benchmark].ratio(goal.name, goal.baseline)) for goal in GOALS]
