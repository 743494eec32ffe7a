from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from paisr_stub._limit import SlidingWindow


def test_no_window_holds_more_than_allowed(clock: Any) -> None:
    window = SlidingWindow(3, 60, clock)
    taken = []
    for second in range(200):
        if window.take():
            taken.append(second)
        clock.advance(1)
    assert taken == [0, 1, 2, 60, 61, 62, 120, 121, 122, 180, 181, 182]


@pytest.mark.parametrize(("limit", "per"), [(0, 60), (1, 0), (-1, 60)])
def test_an_invalid_limit_is_refused(limit: int, per: float, clock: Callable[[], datetime]) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        SlidingWindow(limit, per, clock)
