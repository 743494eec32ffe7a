"""Every fault of the catalogue with both clients: error class, outcome, requests, time, and no visible secret."""

from __future__ import annotations

import pytest
from catalogue import CASES, CATALOGUE
from declarations import Expect, Fault
from harness import COLUMNS, OVER, Observed, trial


def check(observed: Observed, expected: Expect) -> None:
    assert observed.matches(expected), f"{observed!r} is not {expected!r}"
    assert observed.is_ours
    assert observed.shown == []
    assert observed.astray == 0
    assert observed.overrun < OVER


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(
    ("fault", "operation", "expected"), [pytest.param(*case, id=f"{case[0].name}-{case[1]}") for case in CASES]
)
def test_a_fault_has_its_expected_result(column: str, fault: Fault, operation: str, expected: Expect) -> None:
    check(trial(column, fault, operation), expected)


def test_each_fault_has_a_unique_name() -> None:
    names = [fault.name for fault in CATALOGUE]
    assert sorted(set(names)) == sorted(names)
    assert len(names) >= 70
