"""A client's clocks, random numbers and sleep."""

from __future__ import annotations

import pytest

from paisr._base.runtime import SYSTEM


def test_a_pause_uses_the_sleep_function_that_is_installed_at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """gevent replaces `time.sleep` after a client was made; the original would block all greenlets."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    SYSTEM.sleep(3.0)
    assert slept == [3.0]
