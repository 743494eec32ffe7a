"""A forked child gets its own locks, also when a thread of the parent held them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import types
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from paisr import RateLimit
from paisr._base.runtime import SYSTEM
from paisr._engine.drift import DriftWatch
from paisr._engine.retry import RetryBudget
from paisr._recovery.sqlite import MemoryDatabase
from paisr._recovery.store import AttemptStore


def in_a_child(do: Callable[[], object]) -> int:
    """The exit status of a forked child that runs DO. A child that hangs is killed."""
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


def test_a_fork_waits_for_the_end_of_a_transaction_in_memory(tmp_path: Path) -> None:
    """SQLite has locks of its own, which no thread of the child would release."""
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


LOCKS = (type(threading.Lock()), type(threading.RLock()))


def locks_below(roots: list[Any]) -> dict[str, Any]:
    """Every lock in objects of the package below `roots`, by its path."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    left = [(type(root).__name__, root) for root in roots]
    while left:
        path, one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, LOCKS):
            found[path] = one
        elif isinstance(one, dict):
            left += [(f"dict[{key!r}]", value) for key, value in one.items()]
        elif isinstance(one, list | tuple | set | frozenset | deque | weakref.WeakSet):
            left += [(f"{path}[]", value) for value in one]
        elif isinstance(one, types.FunctionType) and one.__module__.startswith("paisr"):
            left += [(f"{path}()", cell.cell_contents) for cell in one.__closure__ or ()]
        elif isinstance(one, types.MethodType):
            left.append((f"{path}.__self__", one.__self__))
        elif isinstance(one, partial):
            left += [(f"{path}()", value) for value in (one.func, *one.args, *one.keywords.values())]
        elif type(one).__module__.partition(".")[0] == "paisr":
            names = [*getattr(one, "__dict__", ())]
            names += [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
            left += [(f"{type(one).__name__}.{name}", getattr(one, name)) for name in names if hasattr(one, name)]
    return found


def responding(server: Any, connection: Any) -> None:
    body = b'{"success": true, "data": {"id": "inv_1", "status": "unpaid"}}'
    while server.read(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


@pytest.mark.parametrize("with_files", [True, False])
def test_a_forked_client_shares_no_lock_with_its_parent(
    side: Any, with_files: bool, raw_server: Any, create: Any, tmp_path: Path
) -> None:
    """Each lock of the package has to be renewed after a fork. This test finds one that is not."""
    settings: dict[str, Any] = {"on_drift": print, "base_url": raw_server(responding).url}
    if with_files:
        settings["journal"] = tmp_path / "creates.db"
        settings["rate_limit"] = RateLimit(250, per=60, shared=f"file:{tmp_path / 'limit'}")
    client = side.client(**settings)
    side.call(client, "get", "inv_1")  # some are made by the first calls
    side.call(client, "create", **create)
    roots = [client, *(vars(module) for name, module in sys.modules.items() if module and name.startswith("paisr."))]
    before = locks_below(roots)
    assert {"RetryBudget._lock", "DriftWatch._lock", "PermitLog.lock", "PoolTransport._lock"} <= set(before)

    def look() -> None:
        after = locks_below(roots)
        assert set(after) >= {"RetryBudget._lock", "DriftWatch._lock", "PermitLog.lock"}
        forgotten = {name for name, one in after.items() if any(one is other for other in before.values())}
        # The forking thread holds it, and the child releases it: see the test of a transaction above.
        assert forgotten <= {"dict['_transactions']"}

    assert in_a_child(look) == 0
