"""Measures candidates in turns (A B C, A B C, …), so that other load on the machine affects all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Sample = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """The cost of one candidate relative to another: the median of all turns, and the ratio of both minima."""

    median: float
    minimum: float
    runs: int


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The cost of the same work for several candidates: `samples[name][turn]`, in `unit`."""

    unit: str
    samples: Mapping[str, list[float]]

    def ratio(self, name: str, baseline: str) -> Ratio:
        """The median is that of the ratios of each turn, so that a turn that is slow for both has no effect."""
        ours, theirs = self.samples[name], self.samples[baseline]
        return Ratio(
            median=median(one / other for one, other in zip(ours, theirs, strict=True)),
            minimum=min(ours) / min(theirs),
            runs=len(ours),
        )

    def median(self, name: str) -> float:
        return median(self.samples[name])

    def cheapest_first(self, baseline: str) -> list[str]:
        return sorted(self.samples, key=lambda name: self.ratio(name, baseline).median)


def in_turns(candidates: Mapping[str, Sample], *, runs: int, unit: str, warm: bool = True) -> Measurement:
    """Take a sample of every candidate, `runs` times. Each turn begins with the next candidate."""
    names = list(candidates)
    samples: dict[str, list[float]] = {name: [] for name in names}
    if warm:
        for name in names:
            candidates[name]()
    gc.collect()
    gc.freeze()  # the collector need not examine what is loaded already
    try:
        for turn in range(runs):
            start = turn % len(names)
            for name in names[start:] + names[:start]:
                samples[name].append(candidates[name]())
    finally:
        gc.unfreeze()
    return Measurement(unit=unit, samples=samples)


def processor_time(work: Callable[[], object], *, times: int) -> Sample:
    """A sample of the processor time (user and system) of one `work()`, in microseconds."""

    def sample() -> float:
        gc.collect()
        start = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - start) / times * 1e6

    return sample
