"""A client's clocks, random numbers and sleep."""

from __future__ import annotations

import pytest

from paisr._base.runtime import SYSTEM


def test_a_pause_uses_the_sleep_function_that_is_installed_at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """gevent replaces `time.sleep` after a client was made; the original would block all greenlets."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    SYSTEM.sleep(0.3)
    assert slept == [0.3]


def test_a_long_pause_is_several_short_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes immediately before a sleep, such as Ctrl-C, is handled only after it."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    SYSTEM.sleep(60.25)
    assert sum(slept) == 60.25
    assert max(slept) <= 0.5
