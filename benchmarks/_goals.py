"""What the client must keep to, as ratios; none of them is an absolute time, which would only describe a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks._measure import Measurement, Ratio

OURS = "paisr"
# The quick form runs on busy machines, and fails only when a ratio is worse than its goal by half.
LENIENCE = 1.5


@dataclass(frozen=True, kw_only=True)
class Goal:
    """`name` in the measurement `contest` takes at most `limit` of what `baseline` takes.

    `fails`: whether the quick form fails when it is missed by half; not where the machine's disk decides.
    """

    what: str
    contest: str
    baseline: str
    limit: float
    name: str = OURS
    fails: bool = True


GOALS = (
    Goal(what="1,000 invoices, bytes to models", contest="reading", baseline="json.loads", limit=0.85),
    Goal(what="the same, against the floor", contest="reading", baseline="msgspec structs", limit=1.9),
    Goal(what="memory retained per invoice", contest="memory", baseline="stock generated", limit=0.7),
    Goal(what="`invoices.get`, limiter and retries on", contest="calling", baseline="httpx.Client", limit=0.65),
    Goal(what="50 at once, async", contest="many", baseline="httpx.AsyncClient", limit=0.25),
    Goal(what="the same, against bare aiohttp", contest="many", baseline="aiohttp", limit=2.0),
    Goal(
        what="a create with a SQLite journal",
        contest="journaling",
        name="paisr, with a journal",
        baseline="paisr, without",
        limit=1.5,
        fails=False,
    ),
    Goal(what="process start to first response over TLS", contest="first response", baseline="httpx", limit=0.75),
    Goal(what="the same, against urllib", contest="first response", baseline="urllib", limit=2.5),
    Goal(what="`from paisr import Paisr`", contest="importing", baseline="import httpx", limit=1.2),
    Goal(
        what="the same with a contract of 100 operations, against ours",
        contest="importing",
        name="paisr, a contract of 100 operations",
        baseline="paisr",
        limit=1.1,
    ),
    Goal(
        what="import, and one webhook verified",
        contest="importing",
        name="paisr, one webhook verified",
        baseline="import httpx",
        limit=0.6,
    ),
    Goal(what="`paisr --help`", contest="importing", name="paisr --help", baseline="import httpx", limit=1.5),
    Goal(what="a second client in the same process", contest="constructing", baseline="httpx.Client", limit=0.03),
    Goal(what="limiter in the process, one grant", contest="limiting", baseline="pyrate-limiter, memory", limit=1.0),
    Goal(
        what="a list from 1 to 1,000 invoices, worst distance from a straight line",
        contest="growing",
        name="measured",
        baseline="straight line",
        limit=1.2,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A goal, and what was measured."""

    goal: Goal
    ratio: Ratio

    @property
    def met(self) -> bool:
        return self.ratio.median <= self.goal.limit

    @property
    def far_off(self) -> bool:
        return self.goal.fails and self.ratio.median > self.goal.limit * LENIENCE


def judged(measurements: Mapping[str, Measurement]) -> list[Result]:
    """Every goal against what was measured; a KeyError where something was not."""
    return [Result(goal=goal, ratio=measurements[goal.contest].ratio(goal.name, goal.baseline)) for goal in GOALS]
