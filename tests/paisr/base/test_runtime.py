"""A client's clocks, random numbers and sleep."""

from __future__ import annotations

import pytest

from paisr._base.runtime import SYSTEM


def test_a_pause_is_made_by_what_is_in_place_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of gunicorn puts gevent's own in place after the clients were made; the other would hold all up."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    SYSTEM.sleep(3.0)
    assert slept == [3.0]
