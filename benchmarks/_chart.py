"""Draws the chart as SVG: ratios as bars on a logarithmic scale, with the baseline of each group at 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

from benchmarks._measure import Measurement
from benchmarks._report import BASELINES, TITLES

WIDTH, LABELS, MARGIN = 900, 250, 70
ROW, HEAD = 22, 40
GROUPS = (
    *("reading", "memory", "calling", "many", "journaling"),
    *("first response", "importing", "constructing", "limiting"),
)
SCALE = (0.01, 0.1, 1, 10, 100)
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .small { font-size: 11px; fill: #57606a }
  .grid { stroke: #d0d7de } .one { stroke: #57606a } .other { fill: #afb8c1 } .ours { fill: #0969da }
  .paper { fill: #ffffff }
"""


def chart(measurements: Mapping[str, Measurement]) -> str:
    """The chart of the benchmarks that were run, one below the other."""
    parts: list[str] = []
    y = 40
    for tick in SCALE:
        parts.append(f'<text class="small" x="{_x(tick):.1f}" y="24" text-anchor="middle">{tick:g}</text>')
    parts.append('<text class="small" x="10" y="24">less is better; logarithmic scale</text>')
    for benchmark in GROUPS:
        if benchmark in measurements:
            y = _group(parts, y, benchmark, measurements[benchmark])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" role="img" '
        f'aria-label="Cost ratios, paisr and others">\n<style>{STYLE}</style>\n'
        f'<rect class="paper" width="{WIDTH}" height="{y + 10}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _group(parts: list[str], y: int, benchmark: str, measurement: Measurement) -> int:
    """Append a group that begins at `y`; returns where it ends."""
    baseline = BASELINES[benchmark]
    names = measurement.cheapest_first(baseline)
    top, bottom = y + HEAD - 8, y + HEAD + ROW * len(names)
    parts.append(f'<text class="title" x="10" y="{y + 20}">{escape(TITLES[benchmark])}</text>')
    parts.append(f'<text class="small" x="{WIDTH - 10}" y="{y + 20}" text-anchor="end">{escape(baseline)} = 1</text>')
    for tick in SCALE:
        kind = "one" if tick == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{_x(tick):.1f}" x2="{_x(tick):.1f}" y1="{top}" y2="{bottom}"/>')
    for index, name in enumerate(names):
        parts += _bar(y + HEAD + ROW * index, name, measurement.ratio(name, baseline).median)
    return bottom + 12


def _bar(y: int, name: str, ratio: float) -> list[str]:
    """A bar from 1 to the left for a cost below the baseline, or to the right for a cost above it."""
    start, end = sorted((_x(1), _x(ratio)))
    kind = "ours" if name.startswith("paisr") else "other"
    return [
        f'<text x="{LABELS - 10}" y="{y + 14}" text-anchor="end">{escape(name)}</text>',
        f'<rect class="{kind}" x="{start:.1f}" y="{y + 3}" width="{max(end - start, 1.5):.1f}" height="{ROW - 7}"/>',
        f'<text class="small" x="{end + 6:.1f}" y="{y + 14}">{ratio:.2g}</text>',
    ]


def _x(ratio: float) -> float:
    low, high = math.log10(SCALE[0]), math.log10(SCALE[-1])
    share = (math.log10(min(max(ratio, SCALE[0]), SCALE[-1])) - low) / (high - low)
    return LABELS + share * (WIDTH - LABELS - MARGIN)
