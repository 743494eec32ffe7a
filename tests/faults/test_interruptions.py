"""A call that is cancelled or interrupted by a signal at any point leaves the client usable."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from declarations import CREATE, TOKEN, certified, over_tls
from server import FaultServer, Received, always, as_json, right_data, right_response

from paisr import AsyncPaisr, Paisr
from paisr._recovery.sqlite import FileDatabase, MemoryDatabase, _open
from paisr._transport import connections

# A whole sweep takes some ten cancellations; `make test` makes a few of each; FAULTS_CANCELLATIONS is for each test.
CANCELLATIONS = int(os.environ.get("FAULTS_CANCELLATIONS", "200"))
SIGNALS = int(os.environ.get("FAULTS_SIGNALS", "300"))


@pytest.fixture
def one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection for all calls: when its place is lost, the next call waits for ever."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)


class Cancelled:
    """Awaits something, and has the task cancelled at one of its steps; `is_over`: it had not so many."""

    def __init__(self, awaitable: Awaitable[Any], step: int, late: bool) -> None:
        self.awaitable, self.step, self.late = awaitable, step, late
        self.is_over = True

    def __await__(self) -> Generator[Any, Any, Any]:
        steps: Any = self.awaitable.__await__()
        task: Any = asyncio.current_task()
        value, error, count = None, None, 0
        while True:
            try:
                future = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as stop:
                return stop.value
            if count == self.step:
                self.is_over = False
                if self.late and future is not None:
                    # What was waited for is there already when the cancellation comes: neither may be lost.
                    future.add_done_callback(lambda _: task.cancel())
                else:
                    task.cancel()
            count, value, error = count + 1, None, None
            try:
                value = yield future
            except BaseException as thrown:
                error = thrown


CREATED = itertools.count(1)


def named(received: Received) -> bytes:
    """A response that names each created invoice once."""
    if received.method != "POST":
        return right_response(received)
    return as_json({"success": True, "data": right_data(received) | {"id": f"inv_c{next(CREATED)}"}})


@pytest.fixture(params=["plain", "over TLS"])
def target(request: pytest.FixtureRequest) -> Iterator[tuple[FaultServer, dict[str, Any]]]:
    secure = request.param == "over TLS"
    with FaultServer(always(named), tls=certified("127.0.0.1")() if secure else None) as server:
        if not secure:
            yield server, {"base_url": server.url}
            return
        where = over_tls(server)
        yield server, {"base_url": where.base_url, "tls": where.tls}


@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
@pytest.mark.usefixtures("one_place")
def test_a_cancellation_at_any_step(target: Any, late: bool) -> None:
    """On a new connection and on one that is used again, in the middle of a read and of a create."""
    _server, settings = target

    async def session() -> int:
        cancelled = 0
        async with AsyncPaisr(TOKEN, rate_limit=None, timeout=20, max_retries=0, **settings) as client:
            while cancelled < CANCELLATIONS:
                for operation, arguments in (("get", {"invoice_id": "inv_1"}), ("create", CREATE)):
                    cancelled += await sweep(client, operation, arguments, late)
                await client._transport.close()  # the next sweep begins with a new connection
        return cancelled

    async def sweep(client: AsyncPaisr, operation: str, arguments: dict[str, Any], late: bool) -> int:
        for step in range(1000):
            call = Cancelled(getattr(client.invoices, operation)(**arguments), step, late)
            task = asyncio.ensure_future(awaited(call))
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()
            assert (await client.invoices.get(f"inv_{step}")).id == f"inv_{step}"
            if call.is_over:
                return step
        raise AssertionError("a call has not so many steps")

    async def awaited(call: Cancelled) -> Any:
        return await call

    assert asyncio.run(session()) >= CANCELLATIONS


class SoftLimit(Exception):
    """As a worker raises it out of a signal's handler."""


class HardLimit(BaseException):
    """As an interrupt."""


@pytest.fixture
def after() -> Iterator[Callable[[float, type[BaseException]], None]]:
    """Have an exception raised out of a signal's handler so many seconds from now; 0: not any more."""
    kinds: list[type[BaseException]] = [SoftLimit]

    def handle(*_signal: object) -> None:
        raise kinds[0]

    def arm(seconds: float, kind: type[BaseException] = SoftLimit) -> None:
        kinds[0] = kind
        signal.setitimer(signal.ITIMER_REAL, seconds)

    before = signal.signal(signal.SIGALRM, handle)
    yield arm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def calls(client: Paisr) -> list[Callable[[], Any]]:
    return [lambda: client.invoices.get("inv_1"), lambda: client.invoices.create(**CREATE), client.invoices.list]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that signal")
# Python reports, and does not raise, what a handler raises within a finalizer of its own or of a library.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("one_place")
def test_an_exception_out_of_a_signals_handler(target: Any, after: Any) -> None:
    """At any moment of a call: it comes out as it is, and neither a connection nor a place nor a lock is lost."""
    _server, settings = target
    chance = random.Random(20261128)
    broken_off = 0
    with Paisr(TOKEN, rate_limit=None, timeout=20, **settings) as client:
        begun = time.perf_counter()
        for number in range(30):
            calls(client)[number % 3]()
        twice_a_call = (time.perf_counter() - begun) / 15
        for number in range(SIGNALS):
            call = calls(client)[number % 3]
            try:
                try:
                    after(chance.uniform(1e-6, twice_a_call), chance.choice([SoftLimit, HardLimit]))
                    call()
                finally:
                    after(0)
            except (SoftLimit, HardLimit):
                broken_off += 1
            if number % 10 == 9:
                client._transport.close()  # else connecting would hardly ever be hit
            assert client.invoices.get(f"inv_{number}").id == f"inv_{number}"
        assert broken_off > SIGNALS // 20
        assert not [entry for entry in client._session.recovery.store.entries() if entry.in_flight]


class BrokenOff:
    """A connection to a database whose transaction has just begun when an interruption comes."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> Any:
        return self._connection.__enter__()

    def __exit__(self, *exception: Any) -> Any:
        return self._connection.__exit__(*exception)

    def execute(self, statement: str, *parameters: Any) -> Any:
        result = self._connection.execute(statement, *parameters)
        if statement.startswith("BEGIN"):
            raise HardLimit
        return result


@pytest.mark.parametrize("kept", ["in memory", "in a file"])
def test_an_interruption_at_the_beginning_of_a_transaction_leaves_none_open(kept: str, tmp_path: Path) -> None:
    database: Any = MemoryDatabase() if kept == "in memory" else FileDatabase(tmp_path / "journal.db", make=True)
    with database.transaction(1.0):
        connection = database._connection
    broken: Any = BrokenOff(connection)
    database._connection = broken
    if kept == "in a file":
        _open[broken] = _open[connection]
    with pytest.raises(HardLimit), database.transaction(1.0):
        pytest.fail("it was broken off")
    _open.pop(broken, None)
    database._connection = connection
    assert not connection.in_transaction
    with database.transaction(1.0) as transaction:
        assert transaction.execute("SELECT 1").fetchone() == (1,)
    database.close()
