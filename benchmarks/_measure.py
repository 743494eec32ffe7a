"""Measuring in turns: A B C, A B C, … so that whatever disturbs the machine disturbs all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Sample = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One thing against another: the median over the runs, and the best of one against the best of the other."""

    median: float
    minimum: float
    runs: int


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What several contestants took for the same work, turn by turn: `samples[name][turn]`, in `unit`."""

    unit: str
    samples: Mapping[str, list[float]]

    def ratio(self, name: str, baseline: str) -> Ratio:
        """Each turn's own ratio counts, so that a turn that was slow for both is not held against either."""
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


def in_turns(contestants: Mapping[str, Sample], *, runs: int, unit: str, warm: bool = True) -> Measurement:
    """Let every contestant give a sample, `runs` times over; where a turn begins moves on by one each time."""
    names = list(contestants)
    samples: dict[str, list[float]] = {name: [] for name in names}
    if warm:
        for name in names:
            contestants[name]()
    gc.collect()
    gc.freeze()  # what is loaded by now is nobody's work
    try:
        for turn in range(runs):
            start = turn % len(names)
            for name in names[start:] + names[:start]:
                samples[name].append(contestants[name]())
    finally:
        gc.unfreeze()
    return Measurement(unit=unit, samples=samples)


def processor_time(work: Callable[[], object], *, times: int) -> Sample:
    """A sample of the processor time that one `work()` takes, in microseconds, the system's part included."""

    def sample() -> float:
        gc.collect()
        start = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - start) / times * 1e6

    return sample
