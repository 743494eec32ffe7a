"""A forked child gets locks of its own, whoever of the parent's threads held them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paisr._base.runtime import SYSTEM
from paisr._engine.drift import DriftWatch
from paisr._engine.retry import RetryBudget
from paisr._recovery.sqlite import MemoryDatabase
from paisr._recovery.store import AttemptStore


def in_a_child(do: Callable[[], object]) -> int:
    """The status of a child that does it; one that hangs is ended."""
    child = os.fork()
    if not child:
        signal.alarm(5)
        try:
            do()
        except BaseException as error:
            os.write(2, f"in the child: {error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def budget() -> tuple[Any, Callable[[], object]]:
    made = RetryBudget()
    return made, lambda: made.take(5)


def drift() -> tuple[Any, Callable[[], object]]:
    made = DriftWatch(lambda operation, path: None)
    return made, lambda: made._is_new("get_invoice", "$.x")


def store() -> tuple[Any, Callable[[], object]]:
    made = AttemptStore(MemoryDatabase(), SYSTEM)
    return made, lambda: made.keep([])


@pytest.mark.parametrize("make", [budget, drift, store])
def test_a_lock_that_is_held_at_the_fork_is_free_in_the_child(make: Any) -> None:
    made, use = make()
    with made._lock:
        assert in_a_child(use) == 0
    use()


def test_a_fork_in_the_middle_of_a_transaction_in_memory_waits_for_its_end(tmp_path: Path) -> None:
    """SQLite has locks of its own, which nobody would release in the child."""
    import threading

    made = AttemptStore(MemoryDatabase(), SYSTEM)
    made.entries()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            made.entries()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert [in_a_child(made.entries) for _ in range(30)] == [0] * 30
    finally:
        stop.set()
        reader.join()
