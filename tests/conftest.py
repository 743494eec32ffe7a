"""What tests of every folder share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


@pytest.fixture(scope="session")
def need() -> Callable[[T | None, str], T]:
    """Return the thing that a test cannot run without, or skip the test with WHAT as the reason.

    Where CI is set nothing may be missing, and a skip would hide it: there the test fails instead.
    `redis_server = need(shutil.which("redis-server"), "a redis-server program")`
    """

    def need(found: T | None, what: str) -> T:
        if found:
            return found
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {what}", pytrace=False)
        pytest.skip(f"needs {what}")

    return need
