"""The benchmarks with made-up measurements: verdicts, document and picture follow from the measurements."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import benchmarks.__main__ as command
from benchmarks._calling import SIZES, farthest, straight_line
from benchmarks._chart import chart
from benchmarks._goals import GOALS, Goal, judged
from benchmarks._measure import Measurement, in_turns
from benchmarks._report import BASELINES, benchmark_table, document


def made_up(share: float, only: Goal | None = None) -> dict[str, Measurement]:
    """Measurements in which ONLY reaches `share` of its limit, and every other goal half of its own."""
    found: dict[str, dict[str, list[float]]] = {}
    for goal in GOALS:
        ratio = goal.limit * (share if goal is only else 0.5)
        samples = found.setdefault(goal.benchmark, {})
        if goal.name in samples:
            samples[goal.baseline] = [one / ratio for one in samples[goal.name]]
        else:
            theirs = samples.setdefault(goal.baseline, [10.0, 40.0, 20.0])
            samples[goal.name] = [one * ratio for one in theirs]
    for name, samples in found.items():
        samples.setdefault(BASELINES[name], [10.0, 40.0, 20.0])
    return {name: Measurement(unit="µs", samples=samples) for name, samples in found.items()}


def test_the_goals_have_their_documented_limits() -> None:
    assert [(goal.benchmark, goal.baseline, goal.limit) for goal in GOALS] == [
        ("reading", "json.loads", 0.85),
        ("reading", "msgspec structs", 1.9),
        ("memory", "stock generated", 0.7),
        ("calling", "httpx.Client", 0.65),
        ("many", "httpx.AsyncClient", 0.25),
        ("many", "aiohttp", 2.0),
        ("journaling", "paisr, without", 1.5),
        ("first response", "httpx", 0.75),
        ("first response", "urllib", 2.5),
        ("importing", "import httpx", 1.2),
        ("importing", "paisr", 1.1),
        ("importing", "import httpx", 0.6),
        ("importing", "import httpx", 1.5),
        ("constructing", "httpx.Client", 0.03),
        ("limiting", "pyrate-limiter, memory", 1.0),
        ("growing", "straight line", 1.2),
    ]


def test_a_round_is_compared_with_the_same_round() -> None:
    measurement = Measurement(unit="µs", samples={"ours": [1.0, 20.0, 3.0], "theirs": [2.0, 40.0, 3.0]})
    ratio = measurement.ratio("ours", "theirs")
    assert (ratio.median, ratio.minimum, ratio.runs) == (0.5, 0.5, 3)


def test_each_candidate_has_a_round_before_the_next_round_begins() -> None:
    order: list[str] = []

    def candidate(name: str) -> float:
        order.append(name)
        return 1.0

    candidates = {"a": lambda: candidate("a"), "b": lambda: candidate("b"), "c": lambda: candidate("c")}
    measurement = in_turns(candidates, runs=3, unit="µs", warm=False)
    assert "".join(order) == "abcbcacab"
    assert {name: len(samples) for name, samples in measurement.samples.items()} == {"a": 3, "b": 3, "c": 3}


@pytest.mark.parametrize(
    ("share", "met", "status"), [(0.99, True, 0), (1.01, False, 0), (1.49, False, 0), (1.51, False, 1)]
)
@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.what)
def test_a_missed_goal_is_reported_and_one_missed_by_half_fails(
    goal: Goal, share: float, met: bool, status: int
) -> None:
    results = judged(made_up(share, goal))
    assert [result.met for result in results] == [met if result.goal is goal else True for result in results]
    assert command.status(results) == (status if goal.fails else 0)


def test_a_goal_without_a_measurement_is_not_met() -> None:
    measurements = made_up(1)
    del measurements["calling"]
    with pytest.raises(KeyError, match="calling"):
        judged(measurements)


def test_a_linear_fit_reports_its_line_and_its_largest_deviation() -> None:
    assert straight_line({1: 103.0, 10: 130.0, 1000: 3100.0}) == pytest.approx((100, 3))
    straight = farthest({size: [100 + 3.0 * size] for size in SIZES}).ratio("measured", "straight line")
    assert straight.median == pytest.approx(1)
    for power in (1.5, 0.5):
        bent = farthest({size: [100 + 3000 * (size / 1000) ** power] for size in SIZES})
        assert bent.ratio("measured", "straight line").median > 1.5, power


def test_the_document_has_a_row_for_each_goal_and_the_reason_of_a_missed_one() -> None:
    goal = GOALS[3]
    measurements = made_up(1.2, goal)
    text = document(judged(measurements), measurements, {goal.what: ["40% somewhere in a library"]})
    rows = {cells[0].strip(): cells for line in text.splitlines() if len(cells := line.strip("| ").split("|")) == 7}
    assert [what for what in rows if what in {goal.what for goal in GOALS}] == [goal.what for goal in GOALS]
    assert {what for what, cells in rows.items() if cells[-1].strip() == "no"} == {goal.what}
    assert [cell.strip() for cell in rows[goal.what][1:]] == ["httpx.Client", "≤ 0.65", "0.78", "0.78", "3", "no"]
    assert f"Not met: {goal.what}. What the profile shows:\n\n- 40% somewhere in a library" in text


def test_the_fastest_is_first_and_compared_with_the_baseline() -> None:
    measurement = Measurement(
        unit="µs", samples={"stripe": [30.0], "httpx.Client": [10.0], "paisr": [6.0], "stock generated": [12.0]}
    )
    _head, _line, *rows = benchmark_table("calling", measurement).splitlines()
    cells = [[cell.strip() for cell in row.strip("| ").split("|")] for row in rows]
    assert [(name, ratio) for name, ratio, *_rest in cells] == [
        ("**paisr**", "0.6"),
        ("httpx.Client", "1"),
        ("stock generated", "1.2"),
        ("stripe", "3"),
    ]


def test_the_picture_shows_ratios_below_one_on_the_left_and_above_one_on_the_right() -> None:
    samples = {"paisr": [5.0], "httpx.Client": [10.0], "stripe": [30.0]}
    picture = ElementTree.fromstring(chart({"calling": Measurement(unit="µs", samples=samples)}))
    space = "{http://www.w3.org/2000/svg}"
    one = next(float(line.attrib["x1"]) for line in picture.iter(f"{space}line") if line.attrib["class"] == "one")
    ours, equal, theirs = (bar for bar in picture.iter(f"{space}rect") if bar.attrib["class"] != "paper")
    assert (ours.attrib["class"], theirs.attrib["class"]) == ("ours", "other")
    assert float(ours.attrib["x"]) + float(ours.attrib["width"]) == pytest.approx(one, abs=0.2)
    assert float(equal.attrib["width"]) < 2
    assert float(theirs.attrib["x"]) == pytest.approx(one, abs=0.2)
    assert float(theirs.attrib["width"]) > float(ours.attrib["width"])


def test_only_the_document_and_the_picture_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(command, "PICTURE", tmp_path / "docs" / "benchmarks.svg")
    measurements = made_up(1)
    command.write(judged(measurements), measurements, {})
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"RESULTS.md", "benchmarks.svg"}
