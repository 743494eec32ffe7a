"""An exception raised by a signal handler at any point of a call leaves every lock free."""

from __future__ import annotations

import itertools
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from paisr import RateLimit
from paisr._base.runtime import SYSTEM
from paisr._base.secrets import Secret
from paisr._engine.deadlines import Deadline
from paisr._ratelimit.limiters import ProcessLimiters
from paisr._recovery import sqlite
from paisr._recovery.attempts import Attempt, CreateOutcome, Work
from paisr._recovery.database import held
from paisr._recovery.postgres import PostgresDatabase
from paisr._recovery.sqlite import FileDatabase, MemoryDatabase
from paisr._recovery.store import AttemptStore
from paisr_generated.models import CreateInvoiceRequest

dis = pytest.importorskip("dis", reason="the steps are those of CPython")
LONG = 60.0
# From this argument of RESUME on, CPython does not check for signals.
AFTER_YIELD_FROM = 2

# Python reports an exception in a finalizer as a warning.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Interruption(BaseException):
    """The exception that the signal handler raises."""


class Tracer:
    """Raises `Interruption` once, at the step with this number.

    A step is a point at which CPython runs signal handlers: the start of a function, the resumption of a generator, the
    jump back of a loop, and the return of a C function.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.count = 0
        self._resumed: set[int] = set()

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        frame.f_trace_opcodes = True
        code, at = frame.f_code.co_code, frame.f_lasti
        if event == "call" and code[at + 1] < AFTER_YIELD_FROM:
            self._resumed.add(id(frame))
        elif event == "opcode" and (id(frame) in self._resumed or dis.opname[code[at]].startswith("JUMP_BACKWARD")):
            self._resumed.discard(id(frame))
            self._step()
        return self.trace

    def profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "c_return" and frame.f_code is not steps_of.__code__:
            self._step()

    def _step(self) -> None:
        self.count += 1
        if self.count == self.number:
            raise Interruption


def steps_of(do: Callable[[], object], number: int = 0) -> int:
    """Return the number of steps, up to the interrupted one."""
    tracer, before = Tracer(number), (sys.gettrace(), sys.getprofile())
    sys.settrace(tracer.trace)
    sys.setprofile(tracer.profile)
    try:
        do()
    except Interruption:
        pass
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
    return tracer.count


def is_free(lock: Any) -> bool:
    """Return whether another thread can acquire the lock."""
    acquired: list[bool] = []

    def ask() -> None:
        if lock.acquire(blocking=False):
            lock.release()
            acquired.append(True)

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    return bool(acquired)


def clock() -> float:
    """A clock that stands still."""
    return 1000.0


def sweep(do: Callable[[], object], check: Callable[[], object]) -> int:
    """Interrupt at each step in turn, and check after each; return the number of steps."""
    for number in itertools.count(1):
        is_over = steps_of(do, number) < number
        check()
        if is_over:
            return number
    raise AssertionError("unreachable")


def test_an_interrupted_thread_releases_the_lock_of_a_database() -> None:
    lock = threading.RLock()

    def hold() -> None:
        with held(lock, LONG):
            pass

    def check() -> None:
        assert is_free(lock)

    assert sweep(hold, check) > 5


@pytest.mark.parametrize("place", ["memory", "file"])
def test_an_interrupted_transaction_in_sqlite_releases_the_lock_and_rolls_back(place: str, tmp_path: Path) -> None:
    database: Any = MemoryDatabase() if place == "memory" else FileDatabase(tmp_path / "journal.db", make=True)

    def transact() -> None:
        with database.transaction(LONG, durable=True) as transaction:
            transaction.execute("SELECT 1").fetchall()

    def check() -> None:
        assert is_free(sqlite._transactions)
        assert not database._connection.in_transaction
        transact()

    transact()
    assert sweep(transact, check) > 10


def test_an_interrupted_opening_or_closing_of_a_connection_releases_the_lock(tmp_path: Path) -> None:
    database = FileDatabase(tmp_path / "journal.db", make=True)

    def open_and_close() -> None:
        with database.transaction(LONG):
            pass
        database.close()

    def close_soon() -> None:
        sqlite._close_soon(sqlite3.connect(":memory:"))

    def check() -> None:
        assert is_free(sqlite._transactions)

    assert sweep(open_and_close, check) > 20
    assert sweep(close_soon, check) > 2
    open_and_close()
    close_soon()
    assert not sqlite._unused


@pytest.mark.parametrize("place", ["memory", "file"])
def test_an_attempt_whose_noting_is_interrupted_is_not_in_flight_and_holds_no_lock(place: str, tmp_path: Path) -> None:
    database: Any = MemoryDatabase() if place == "memory" else FileDatabase(tmp_path / "journal.db", make=True)
    store = AttemptStore(database, SYSTEM)
    request = CreateInvoiceRequest(customer="cus_1", summary="x", due="In 3 days")

    def note() -> None:
        with Work() as work:
            attempt = Attempt.of(request, SYSTEM.now(), "s")
            store.begin(attempt, None, work, Deadline(LONG, SYSTEM.clock))
            store.end(attempt, CreateOutcome(state="rejected"), LONG)

    def check() -> None:
        assert is_free(store._lock)
        assert is_free(sqlite._transactions)
        assert not any(entry.in_flight for entry in store.entries())

    note()
    assert sweep(note, check) > 50


@pytest.mark.parametrize("shared", [False, True])
def test_a_caller_interrupted_in_the_limiter_holds_no_lock_and_blocks_no_other_caller(
    shared: bool, tmp_path: Path
) -> None:
    rate = RateLimit(5000, per=1, shared=f"file:{tmp_path / 'limit'}" if shared else None)
    limiter = ProcessLimiters().get(rate, clock, "", "")

    def ask() -> None:
        limiter.try_acquire(limiter.enter())

    def check() -> None:
        assert is_free(limiter._log.lock)
        assert limiter.try_acquire(limiter.enter()) == 0.0, "no caller is asking"
        if shared:
            # Another limiter opens the file again, as another process would.
            assert ProcessLimiters().get(rate, clock, "", "").try_acquire(limiter.enter()) == 0.0

    ask()
    assert sweep(ask, check) > 5


def test_after_an_interrupted_transaction_in_postgresql_the_next_one_works(postgres_url: str) -> None:
    database = PostgresDatabase(Secret(postgres_url))

    def transact() -> None:
        with database.transaction(10, durable=True) as transaction:
            transaction.execute("SELECT count(*) FROM paisr_attempts WHERE id = ?", ["x"]).fetchall()

    def check() -> None:
        assert is_free(database._lock)
        timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
        with database.transaction(10, durable=True) as transaction:
            for timer in timers:
                if not timer.finished.is_set():
                    timer.function(*timer.args)
            # No timer of the interrupted transaction shuts down the connection of this one.
            transaction.execute("SELECT count(*) FROM paisr_attempts").fetchall()

    def broken_off() -> None:
        try:
            transact()
        except RuntimeError as error:  # raised by `threading` itself when it is interrupted
            if not isinstance(error.__context__, Interruption):
                raise

    transact()
    assert sweep(broken_off, check) > 100
    database.close()
