"""The journal in a file: creates are recorded before they are sent, and are reconciled after a kill."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time as clocks
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import paisr
from paisr import (
    APIConnectionError,
    APITimeoutError,
    AsyncPaisr,
    Attempt,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    Journal,
    OutcomeUnknownError,
    Paisr,
)
from paisr._base.processes import current_process_token, is_process_dead
from paisr._base.runtime import SYSTEM
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import CreateOutcome, StoreError, Work
from paisr._recovery.journal import opened_store
from paisr._recovery.statements import Rows
from paisr._recovery.store import AttemptStore
from paisr_generated.models import CreateInvoiceRequest
from paisr_stub import StubServer

CREATED = {"success": True, "data": {"id": "inv_1", "status": "draft"}}
BASE = "https://api.live.paisr.tech/v2"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer() as stub:
        yield stub


def states(path: Path) -> list[tuple[str, str | None]]:
    return [(entry.state, entry.invoice_id) for entry in Journal(path).entries()]


def attempt(summary: str = "A simple pizza order", service: str = BASE) -> Attempt:
    request = CreateInvoiceRequest(customer="cus_123456", summary=summary, due="In 3 days")
    return Attempt.of(request, datetime.now(UTC), service)


def made_at(path: Path) -> AttemptStore:
    return opened_store(path, SYSTEM, make=True)


def begin(path: Path, attempt: Attempt, left: float = 0.0) -> Attempt:
    """Record the create of a call that no longer exists and had LEFT seconds until its deadline."""
    made_at(path).begin(attempt, None, Work(), Deadline(left + 1, clocks.monotonic))
    shorter = "UPDATE paisr_attempts SET ends_at = ends_at - 1, ends_mono = ends_mono - 1 WHERE id = ?"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(shorter, (attempt.id,))
    return attempt


# Entries


def test_a_create_is_in_the_journal_before_it_is_sent(side: Any, script: Any, path: Path, create: Any) -> None:
    seen: list[Any] = []

    def response(request: httpx.Request) -> httpx.Response:
        (open_,) = Journal(path).unresolved()
        seen.append((states(path), open_.request.summary, open_.service))
        return httpx.Response(200, json=CREATED)

    client = side.client(script(response), journal=path)
    assert side.call(client, "create", **create).id == "inv_1"
    assert seen == [([("open", None)], create["summary"], BASE)]
    assert states(path) == [("created", "inv_1")]
    assert Journal(path).unresolved() == []


@pytest.mark.parametrize(
    ("response", "error", "state"),
    [
        ((401, {}), AuthenticationError, "rejected"),
        ((500, {}), OutcomeUnknownError, "unknown"),
        ((200, b"<html>"), OutcomeUnknownError, "unknown"),
        (httpx.ReadError("cut"), OutcomeUnknownError, "unknown"),
        (httpx.ConnectError("refused"), APIConnectionError, "not_sent"),
    ],
)
def test_the_outcome_of_a_create_is_recorded(
    side: Any, script: Any, path: Path, create: Any, response: Any, error: Any, state: str
) -> None:
    client = side.client(script(response), journal=str(path), max_retries=0)
    with pytest.raises(error) as caught:
        side.call(client, "create", **create)
    (entry,) = Journal(path).entries()
    assert entry.state == state
    if state == "unknown":
        assert Journal(path).unresolved() == [caught.value.attempt]


def test_the_file_is_readable_only_by_its_owner_and_has_no_token(
    side: Any, script: Any, path: Path, create: Any
) -> None:
    def response(request: httpx.Request) -> httpx.Response:
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
            assert b"tok_of_these_tests" not in file.read_bytes()
        return httpx.Response(200, json=CREATED)

    client = side.client(script(response), journal=path)
    side.call(client, "create", **create)
    assert b"tok_of_these_tests" not in path.read_bytes()
    assert str(path) in repr(Journal(path))


def test_reads_and_invalid_arguments_record_nothing(side: Any, script: Any, path: Path, invoice: Any) -> None:
    client = side.client(script((200, invoice)), journal=path)
    side.call(client, "get", "inv_123456")
    with pytest.raises(InvalidArgumentError):
        side.call(client, "create", customer="", summary="", due="now")
    assert states(path) == []


def test_a_client_without_a_journal_does_not_load_sqlite() -> None:
    code = "import sys, paisr; paisr.Paisr('t').close(); sys.exit('sqlite3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Journals that cannot be written


@contextmanager
def full_disk() -> Iterator[None]:
    """Limit the size of files to one byte, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_create_on_a_full_disk_is_not_sent(side: Any, script: Any, path: Path, create: Any) -> None:
    sent = script((200, CREATED))
    client = side.client(sent, journal=path)
    with full_disk(), pytest.raises(ConfigurationError, match=r"not sent.*journal") as caught:
        side.call(client, "create", **create)
    assert caught.value.outcome == "not_sent"
    assert sent.requests == []
    assert side.call(client, "create", **create).id == "inv_1", "the create fails although there is space again"


def test_a_disk_that_fills_up_during_a_create_does_not_lose_the_response(
    side: Any, script: Any, path: Path, create: Any, caplog: pytest.LogCaptureFixture
) -> None:
    limit = full_disk()

    def response(request: httpx.Request) -> httpx.Response:
        limit.__enter__()
        return httpx.Response(200, json=CREATED)

    client = side.client(script(response, (200, CREATED)), journal=path)
    try:
        with caplog.at_level(logging.WARNING, logger="paisr"):
            assert side.call(client, "create", **create).id == "inv_1"
    finally:
        limit.__exit__(None, None, None)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(path) in caplog.text
    assert states(path) == [("open", None)]
    with pytest.raises(OutcomeUnknownError, match="another create received"):
        side.call(client, "create", **create)
    assert states(path) == [("created", "inv_1"), ("unknown", None)], "the outcome was not written when there was space"


def test_a_removed_or_replaced_journal_is_not_recreated(side: Any, script: Any, path: Path, create: Any) -> None:
    sent = script((200, CREATED))
    client = side.client(sent, journal=path)
    path.unlink()
    with pytest.raises(ConfigurationError):
        side.call(client, "create", **create)
    assert not path.exists()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE attempts (id)")
    with pytest.raises(ConfigurationError, match="no longer"):
        side.call(client, "create", **create)
    assert sent.requests == []


def test_a_create_waits_for_a_foreign_file_lock_until_its_deadline(
    side: Any, script: Any, path: Path, create: Any
) -> None:
    sent = script((200, CREATED))
    client = side.client(sent, journal=path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = clocks.monotonic()
        with pytest.raises(ConfigurationError, match="locked"):
            side.call(client, "create", **create, timeout=0.2)
        assert clocks.monotonic() - begun < 1.2
    assert sent.requests == []


def test_a_directory_without_write_permission_is_a_configuration_error(path: Path) -> None:
    """In a new process that drops root's rights, because root may write to any directory."""
    code = f"""
import os, paisr, sqlite3
paisr.Paisr("t", journal={str(path)!r}).close()
paisr.Journal, paisr.ConfigurationError
os.chdir({str(path.parent)!r})
os.chmod(".", 0o555)
os.chmod("journal.db", 0o444)
if os.geteuid() == 0: os.seteuid(65534)
for name in ("journal.db", "new.db"):
    try:
        paisr.Paisr("t", journal=name)
    except paisr.ConfigurationError as error:
        assert name in str(error), error
    else:
        raise SystemExit("made " + name)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    path.parent.chmod(0o700)
    assert (done.returncode, done.stderr) == (0, "")


# Files that are no journal


@pytest.mark.parametrize(
    "content", [b"dear diary", b"SQLite format 3\0" + bytes(84), b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_refused_and_unchanged(side: Any, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for make in (lambda: side.client(journal=path), lambda: Journal(path)):
        with pytest.raises(ConfigurationError, match="something else") as caught:
            make()
        assert str(caught.value).count(". ") == 0, "one sentence"
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208 - names are all that is compared


def test_a_foreign_database_is_refused(side: Any, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE attempts (id)")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="something else"):
        side.client(journal=path)
    assert path.read_bytes() == before


def test_a_damaged_journal_is_refused(side: Any, path: Path) -> None:
    made_at(path)
    content = path.read_bytes()
    for damaged in (content[:100] + bytes(len(content) - 100), content[:2000]):
        path.write_bytes(damaged)
        with pytest.raises(ConfigurationError):
            side.client(journal=path)
        assert path.read_bytes() == damaged


def test_a_journal_of_a_newer_version_is_refused(side: Any, path: Path) -> None:
    made_at(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(ConfigurationError, match="newer"):
        side.client(journal=path)


@pytest.mark.parametrize("wrong", [7, b"journal.db", "", "a\0b", object()])
def test_an_invalid_journal_path_is_refused(side: Any, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="journal"):
        side.client(journal=wrong)


def test_a_path_where_no_file_can_be_made_is_refused(side: Any, path: Path) -> None:
    os.mkfifo(path)
    for wrong in (path, path.parent, path.parent / "missing" / "journal.db", path / "journal.db"):
        with pytest.raises(ConfigurationError):
            side.client(journal=wrong)


def test_reading_a_missing_journal_creates_no_file(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        Journal(path)
    assert not path.exists()


def test_a_client_with_invalid_settings_creates_no_file(side: Any, path: Path) -> None:
    with pytest.raises(ConfigurationError):
        side.client(journal=path, base_url="ftp://127.0.0.1")
    assert not path.exists()


def test_an_empty_file_and_an_unusual_name_are_accepted(side: Any, tmp_path: Path) -> None:
    for name in (":memory:", "a?mode=ro&b=%20#é"):
        path = tmp_path / name
        path.touch()
        side.client(journal=path)
        assert states(path) == []


# Concurrent use


def test_many_threads_and_clients_share_a_journal(path: Path) -> None:
    def created(request: httpx.Request) -> httpx.Response:
        data = {"id": f"inv_{uuid.uuid4().hex}", "status": "draft"}
        return httpx.Response(200, json={"success": True, "data": data})

    transport = httpx.MockTransport(created)

    def work(number: int) -> None:
        with Paisr("t", journal=path, transport=transport) as client:
            for _ in range(5):
                client.invoices.create(customer="cus_1", summary=str(number), due="now")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [state for state, _ in states(path)] == ["created"] * 40


def _write(path: Path, number: int) -> None:
    store = made_at(path)
    for _ in range(number):
        one = attempt()
        store.begin(one, None, Work(), Deadline(5, clocks.monotonic))
        store.end(one, CreateOutcome(state="created", invoice_id=f"inv_{one.id}"), 5)


def test_processes_can_create_and_write_one_journal_concurrently(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write, args=(path, 10)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    assert [state for state, _ in states(path)] == ["created"] * 40


def test_a_fork_during_writes_loses_no_entry(path: Path) -> None:
    made_at(path)
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.002):  # so that the other threads get the lock on a slow disk, too
            _write(path, 1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                os._exit(_child(path))
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        writer.join()
    assert {state for state, _ in states(path)} == {"created"}
    assert len(states(path)) >= 20


def _child(path: Path) -> int:
    try:
        _write(path, 1)
    except BaseException as error:
        os.write(2, f"in the child: {error!r}\n".encode())
        return 1
    return 0


# Reconciling


class Service:
    """Loses the response to each create. It creates the invoice unless the summary begins with "not"."""

    def __init__(self) -> None:
        self.invoices: list[dict[str, Any]] = []
        self.lists = 0
        self.lost = True
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent = json.loads(request.content)
            if not sent["summary"].startswith("not"):
                number = len(self.invoices) + 1
                customer = {"id": "cus_1", "email": "jane@example.com"}
                made = {"id": f"inv_{number}", "status": "draft", "customer": customer, "summary": sent["summary"]}
                self.invoices.append(made)
            if self.lost:
                raise httpx.ReadError("the response was lost")
            return httpx.Response(200, json={"success": True, "data": self.invoices[-1]})
        self.lists += 1
        return httpx.Response(200, json={"success": True, "data": {"invoices": self.invoices}})


@pytest.fixture
def lose(side: Any) -> Callable[..., Attempt]:
    def lose(client: Any, summary: str, **changes: Any) -> Attempt:
        arguments = {"customer": "jane@example.com", "due": "now", **changes}
        with pytest.raises(OutcomeUnknownError) as caught:
            side.call(client, "create", summary=summary, **arguments)
        return caught.value.attempt

    return lose


def test_another_client_reconciles_the_journal(side: Any, path: Path, lose: Any) -> None:
    service = Service()
    begun = [lose(side.client(service, journal=path), text) for text in ("a", "not b", "c")]
    twins = [lose(side.client(service, journal=path), text) for text in ("twin", "twin")]
    client = side.client(service, journal=path)
    found = side.call(client, "reconcile_journal", settle_after=0)
    assert [one for one, _ in found] == [*begun, *twins]
    assert [getattr(what, "id", what) for _, what in found[:3]] == ["inv_1", None, "inv_2"]
    assert [len(what.candidates) for _, what in found[3:]] == [2, 2]
    assert service.lists == 1, "more than one list was read"
    assert states(path) == [
        ("found", "inv_1"),
        ("absent", None),
        ("found", "inv_2"),
        ("unknown", None),
        ("unknown", None),
    ]
    assert Journal(path).unresolved() == twins

    Journal(path).settle(twins[0], "inv_3")
    assert [getattr(what, "id", what) for _, what in side.call(client, "reconcile_journal")] == ["inv_4"]
    assert side.call(client, "reconcile_journal") == []


def test_reconcile_excludes_invoices_of_creates_of_other_processes(side: Any, path: Path, lose: Any) -> None:
    service = Service()
    first, second = side.client(service, journal=path), side.client(service, journal=path)
    lost = lose(first, "not made: a")
    service.invoices.append(
        {"id": "inv_9", "status": "draft", "customer": {"id": "cus_1", "email": "jane@example.com"}}
    )
    service.invoices[0]["summary"] = "not made: a"
    service.lost = False
    side.call(second, "create", customer="jane@example.com", summary="not made: a", due="now")
    assert side.call(first, "reconcile", lost) is None
    assert states(path) == [("unknown", None), ("created", "inv_9")]
    assert side.call(first, "reconcile_journal", settle_after=0) == [(lost, None)]
    assert states(path) == [("absent", None), ("created", "inv_9")]


def test_two_processes_do_not_claim_the_same_invoice(side: Any, path: Path, lose: Any) -> None:
    service = Service()
    first, second = side.client(service, journal=path), side.client(service, journal=path)
    attempts = lose(first, "a"), lose(second, "a")
    service.invoices.pop()
    assert side.call(second, "reconcile", attempts[1]).id == "inv_1"
    assert side.call(first, "reconcile", attempts[0]) is None


def test_a_response_reclaims_its_invoice_from_a_reconciled_attempt(path: Path) -> None:
    mine, other = begin(path, attempt()), begin(path, attempt())
    Journal(path).settle(mine, "inv_1")
    made_at(path).end(other, CreateOutcome(state="created", invoice_id="inv_1"), 1)
    assert states(path) == [("unknown", None), ("created", "inv_1")]


def test_attempts_of_another_service_are_reported_and_left_open(side: Any, path: Path) -> None:
    elsewhere = begin(path, attempt(service="https://api.staging.paisr.tech/v2"))
    service = Service()
    ((one, error),) = side.call(side.client(service, journal=path), "reconcile_journal")
    assert one == elsewhere
    assert isinstance(error, InvalidArgumentError)
    assert service.lists == 0
    assert Journal(path).unresolved() == [elsewhere]


def test_an_attempt_stays_open_when_the_list_cannot_be_read(side: Any, script: Any, path: Path) -> None:
    begin(path, attempt())
    begin(path, attempt())
    client = side.client(script(httpx.ReadError("cut")), journal=path, max_retries=0)
    found = side.call(client, "reconcile_journal")
    assert [type(error) for _, error in found] == [APIConnectionError] * 2
    assert len(Journal(path).unresolved()) == 2


def test_an_attempt_of_a_living_process_is_not_reconciled(side: Any, path: Path) -> None:
    service = Service()
    client = side.client(service, journal=path)
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = attempt(service=BASE)
    begin(path, theirs, 30)
    _set_runner(path, current_process_token().replace(str(os.getpid()), str(sleeper.pid)))
    ((_, error),) = side.call(client, "reconcile_journal")
    assert "in flight" in str(error)
    with pytest.raises(OutcomeUnknownError, match="in flight"):
        side.call(client, "reconcile", theirs)
    sleeper.communicate(b"\n")
    assert side.call(client, "reconcile_journal") == [(theirs, None)]


def _set_runner(path: Path, runner: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE paisr_attempts SET process = ?", (runner,))


def test_an_attempt_of_another_machine_is_not_reconciled_before_its_deadline(side: Any, path: Path) -> None:
    client = side.client(Service(), journal=path)
    theirs = [attempt(), attempt("Another")]
    begin(path, theirs[0], 30)
    begin(path, theirs[1], -5)
    _set_runner(path, "elsewhere 1")
    (_, error), second = side.call(client, "reconcile_journal")
    assert "in flight" in str(error)
    assert second == (theirs[1], None)


def test_ended_processes_are_recognized() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = current_process_token().rpartition(" ")[0]
    assert is_process_dead(f"{here} {ended.pid}")
    for other in (
        current_process_token(),
        f"{here} 1",
        f"elsewhere {ended.pid}",
        "",
        here,
        f"{here} x",
        f"{here} {10**30}",
    ):
        assert not is_process_dead(other)


def test_an_unreadable_journal_leaves_the_outcome_unknown(side: Any, path: Path, lose: Any) -> None:
    client = side.client(Service(), journal=path)
    lost = lose(client, "a")
    kept = path.rename(path.with_name("kept.db"))
    path.write_bytes(b"x" * 1000)
    with pytest.raises(OutcomeUnknownError, match="journal"):
        side.call(client, "reconcile", lost)
    with pytest.raises(ConfigurationError, match="journal"):
        side.call(client, "reconcile_journal")
    kept.replace(path)
    assert side.call(client, "reconcile", lost).id == "inv_1"


def test_a_journal_that_cannot_be_written_does_not_lose_the_found_invoice(
    side: Any, path: Path, lose: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = side.client(Service(), journal=path)
    lost = lose(client, "a")

    def fail(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Rows, "record", fail)
    with caplog.at_level(logging.WARNING, logger="paisr"):
        assert side.call(client, "reconcile", lost).id == "inv_1"
    assert "stay unchanged" in caplog.text
    assert states(path) == [("unknown", None)]


def test_only_the_documented_names_are_public() -> None:
    assert {"Journal", "JournalEntry", "Attempt"} <= set(paisr.__all__)
    assert not issubclass(StoreError, paisr.PaisrError), "an internal error is part of the public hierarchy"


# Interruptions


class Interrupted(BaseException):
    """Like KeyboardInterrupt, not a subclass of Exception."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Interrupted])
def test_an_interrupted_create_leaves_an_unresolved_attempt(path: Path, kind: Any) -> None:
    service = Service()
    with Paisr("t", transport=service.transport, journal=path) as client:
        handler = service.transport.handler

        def interrupt(request: httpx.Request) -> httpx.Response:
            with pytest.raises(httpx.ReadError):
                handler(request)
            raise kind

        service.transport.handler = interrupt
        with pytest.raises(kind):
            client.invoices.create(customer="jane@example.com", summary="a", due="now")
        assert states(path) == [("open", None)]
    with Paisr("t", transport=httpx.MockTransport(handler), journal=path) as another:
        ((_, found),) = another.invoices.reconcile_journal()
        assert getattr(found, "id", None) == "inv_1"


def test_a_cancelled_create_leaves_an_unresolved_attempt(path: Path, stub: StubServer) -> None:
    async def scenario() -> None:
        async with AsyncPaisr(stub.token, base_url=stub.url, journal=path) as client:
            stub.fail_next(delay=30, operation="create")
            create = client.invoices.create(customer="jane@example.com", summary="a", due="In 3 days")
            task = asyncio.create_task(create)
            async with asyncio.timeout(20):
                while not stub.invoices:
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert states(path) == [("open", None)]
            ((_, found),) = await client.invoices.reconcile_journal()
            assert getattr(found, "id", None) == stub.invoices[0]["id"]

    asyncio.run(scenario())
    assert len(stub.invoices) == 1


@pytest.mark.parametrize("name", ["Paisr", "AsyncPaisr"])
def test_a_killed_process_leaves_an_attempt_that_reconciles(name: str, path: Path, stub: StubServer) -> None:
    code = f"""
import asyncio, inspect, paisr
client = paisr.{name}({stub.token!r}, base_url={stub.url!r}, journal={str(path)!r})
async def done(awaitable):
    await awaitable
made = client.invoices.create(customer="jane@example.com", summary="a", due="In 3 days", timeout=60)
asyncio.run(done(made)) if inspect.isawaitable(made) else made
"""
    stub.fail_next(delay=60, operation="create")
    child = subprocess.Popen([sys.executable, "-c", code])
    give_up = clocks.monotonic() + 20
    while not stub.invoices and child.poll() is None and clocks.monotonic() < give_up:
        clocks.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    with Paisr(stub.token, base_url=stub.url, journal=path) as client:
        (lost,) = Journal(path).unresolved()
        ((same, found),) = client.invoices.reconcile_journal()
        assert same == lost
        assert getattr(found, "id", None) == stub.invoices[0]["id"]
        assert client.invoices.reconcile_journal() == []
    assert len(stub.invoices) == 1
    assert [request.method for request in stub.requests].count("POST") == 1


def test_attempts_beyond_the_deadline_are_reconciled_by_the_next_call(side: Any, path: Path, stub: StubServer) -> None:
    begin(path, attempt(service=stub.url))
    client = side.client(token=stub.token, base_url=stub.url, journal=path, max_retries=0)
    stub.fail_next(delay=5, operation="list")
    ((_, error),) = side.call(client, "reconcile_journal", timeout=0.2)
    assert isinstance(error, APITimeoutError)
    assert len(Journal(path).unresolved()) == 1
