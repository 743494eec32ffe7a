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
from harness import close_connections
from server import FaultServer, Received, always, as_json, right_data, right_response

from paisr import AsyncPaisr, Paisr
from paisr._recovery.sqlite import FileDatabase, MemoryDatabase, _open
from paisr._transport import connections

# Minimum numbers for each test. A sweep over all steps of a call makes about ten cancellations.
CANCELLATIONS = int(os.environ.get("FAULTS_CANCELLATIONS", "200"))
SIGNALS = int(os.environ.get("FAULTS_SIGNALS", "300"))


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool of one connection: if an interruption leaks it, the next call times out."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)


class Cancelled:
    """Awaits AWAITABLE, and cancels the task at one STEP of it. `is_over`: it ended before that step."""

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
                    # The awaited result and the cancellation arrive together: neither may be lost.
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
    """A response in which each created invoice has an id of its own."""
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
@pytest.mark.usefixtures("one_connection")
def test_a_cancellation_at_any_step_leaves_the_client_usable(target: Any, late: bool) -> None:
    """Reads and creates, on a new connection and on a reused one, are cancelled at each step in turn."""
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
        raise AssertionError("the call has more steps than expected")

    async def awaited(call: Cancelled) -> Any:
        return await call

    assert asyncio.run(session()) >= CANCELLATIONS


class SoftLimit(Exception):
    """Like the soft time limit of a task worker, raised by a signal handler."""


class HardLimit(BaseException):
    """Like `KeyboardInterrupt`."""


@pytest.fixture
def after() -> Iterator[Callable[[float, type[BaseException]], None]]:
    """Arm a timer whose signal handler raises an exception after so many seconds; 0 disarms it."""
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
# Python reports, and does not raise, an exception that the handler raises inside a finalizer.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("one_connection")
def test_an_exception_from_a_signal_handler_leaves_the_client_usable(target: Any, after: Any) -> None:
    """At any moment of a call: the exception is raised unchanged, and neither a connection nor a lock is leaked."""
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
                close_connections(client)  # so that connecting is interrupted as well
            assert client.invoices.get(f"inv_{number}").id == f"inv_{number}"
        assert broken_off > SIGNALS // 20
        assert not [entry for entry in client._session.recovery.store.entries() if entry.in_flight]


class InterruptedConnection:
    """A connection to a database that raises an interruption immediately after `BEGIN`."""

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
def test_an_interruption_after_begin_leaves_no_transaction_open(kept: str, tmp_path: Path) -> None:
    database: Any = MemoryDatabase() if kept == "in memory" else FileDatabase(tmp_path / "journal.db", make=True)
    with database.transaction(1.0):
        connection = database._connection
    broken: Any = InterruptedConnection(connection)
    database._connection = broken
    if kept == "in a file":
        _open[broken] = _open[connection]
    with pytest.raises(HardLimit), database.transaction(1.0):
        pytest.fail("the interrupted transaction ran")
    _open.pop(broken, None)
    database._connection = connection
    assert not connection.in_transaction
    with database.transaction(1.0) as transaction:
        assert transaction.execute("SELECT 1").fetchone() == (1,)
    database.close()
