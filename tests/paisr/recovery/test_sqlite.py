"""Attempts in SQLite: behaviour specific to memory, and to a file that several processes share."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time as clocks
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from paisr import Journal, Paisr
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import CreateOutcome, StoreError, Work
from paisr._recovery.database import VERSION
from paisr._recovery.sqlite import MAX_REMEMBERED, FileDatabase, MemoryDatabase, _open
from paisr._recovery.sqlite_file import prepare
from paisr._recovery.store import PAGE


@pytest.fixture
def database(path: Path) -> FileDatabase:
    return FileDatabase(path, make=True)


def test_attempts_in_memory_are_bounded_and_the_oldest_is_forgotten(open_store: Any, attempt_of: Any) -> None:
    store = open_store(None)
    deadline = Deadline(10, clocks.monotonic)
    attempts = [attempt_of(f"{number}") for number in range(MAX_REMEMBERED + 2)]
    for number, attempt in enumerate(attempts):
        store.begin(attempt, None, Work(), deadline)
        store.end(attempt, CreateOutcome(state="created", invoice_id=f"inv_{number}"), 1)
    assert [store.entry(one, 1) is None for one in attempts[:3]] == [True, True, False]
    assert len(store.entries()) == MAX_REMEMBERED


def test_each_client_has_its_own_attempts_in_memory(open_store: Any, attempt_of: Any) -> None:
    one, other = open_store(None), open_store(None)
    one.begin(attempt_of(), "k", Work(), Deadline(10, clocks.monotonic))
    assert other.entries() == []
    assert MemoryDatabase().blocking is False


def test_a_failed_transaction_is_rolled_back(database: FileDatabase) -> None:
    for one in (database, MemoryDatabase()):
        with pytest.raises(KeyError):
            _insert_and_fail(one)
        with one.transaction(1) as transaction:
            assert transaction.execute("SELECT id FROM paisr_attempts").fetchall() == []


def _insert(database: Any, error: type[BaseException] | None = None) -> None:
    with database.transaction(1) as transaction:
        transaction.execute(
            "INSERT INTO paisr_attempts (id, service, state, request, likeness, started_at, ends_at, ends_mono, "
            "process) VALUES ('a', '', 'open', '', '', 0, 0, 0, '')"
        )
        if error:
            raise error


def _insert_and_fail(database: Any) -> None:
    _insert(database, KeyError)


def test_a_reader_does_not_block_writers(database: FileDatabase, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM paisr_attempts").fetchall()
        with pytest.raises(KeyError):
            _insert_and_fail(database)
        _insert(database)
        assert reader.execute("SELECT * FROM paisr_attempts").fetchall() == []


def test_only_writes_that_must_survive_a_power_failure_are_synced(path: Path, open_store: Any, attempt_of: Any) -> None:
    store = open_store(path)
    attempt, deadline = attempt_of(), Deadline(10, clocks.monotonic)
    created = CreateOutcome(state="created", invoice_id="inv_1")
    seen: list[str] = []
    with store.database.transaction(1) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.set_trace_callback(seen.append)
    store.begin(attempt, None, Work(), deadline)
    store.end(attempt, created, 1)
    (entry,) = store.entries()
    store.begin_again(entry, attempt, Work(), deadline)
    store.settle([entry], lambda attempt, entry, rows: None, 1)
    store.settle_by_hand(attempt_of(), CreateOutcome(state="absent"), 1)
    synced, rest = ["PRAGMA synchronous = EXTRA", "COMMIT"], ["PRAGMA synchronous = NORMAL", "COMMIT"]
    levels = [one for one in seen if one.startswith(("PRAGMA synchronous", "COMMIT"))]
    assert levels == [*synced, *rest, *rest, *synced, *rest, *synced]


def test_a_fork_closes_the_file_and_both_processes_open_it_again(path: Path, open_store: Any, attempt_of: Any) -> None:
    """An open connection in the child would rely on locks of the parent, and lose its log when the parent closes."""
    store, works = open_store(path), [Work(), Work()]
    store.begin(attempt_of(), None, works[0], Deadline(10, clocks.monotonic))
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(write)
        os.read(read, 1)  # waits until the parent has closed the file
        os._exit(_in_the_child(store, attempt_of(), 2) if store.database._connection not in _open else 3)
    try:
        assert store.database._connection not in _open
        store.begin(attempt_of(), None, works[1], Deadline(10, clocks.monotonic))
        store.database.close()
    finally:
        os.close(write)
    assert os.waitpid(child, 0)[1] == 0
    assert len(store.entries()) == 3


def test_a_file_that_is_replaced_while_it_is_opened_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = FileDatabase(path, make=True)
    other = path.with_name("other.db")
    FileDatabase(other, make=True)

    def replace(connection: sqlite3.Connection) -> None:
        prepare(connection)
        if other.exists():
            other.replace(path)

    monkeypatch.setattr("paisr._recovery.sqlite.prepare", replace)
    with pytest.raises(StoreError, match="replaced"), database.transaction(1):
        pass
    with database.transaction(1):
        pass


def test_a_forgotten_connection_is_closed_outside_transactions(database: FileDatabase, tmp_path: Path) -> None:
    """A fork during a close would copy a half-closed connection to the child."""
    Path(tmp_path / "other").mkdir()
    forgotten = FileDatabase(tmp_path / "other" / "journal.db", make=True)
    with forgotten.transaction(1) as connection:
        pass
    begun, forget = threading.Event(), threading.Event()

    def work() -> None:
        with database.transaction(1):
            begun.set()
            forget.wait()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    del forgotten
    assert connection.execute("SELECT 1").fetchone() == (1,), "the connection was closed in a transaction"
    forget.set()
    thread.join()
    with database.transaction(1):
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")


NOTE = """
import sys, time
from datetime import UTC, datetime
from paisr._base.runtime import SYSTEM
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import Attempt
from paisr._recovery.attempts import Work
from paisr._recovery.journal import opened_store
from paisr_generated.models import CreateInvoiceRequest
request = CreateInvoiceRequest(customer="cus_1", summary="from another process", due="now")
store = opened_store(sys.argv[1], SYSTEM, make=True)
store.begin(Attempt.of(request, datetime.now(UTC)), None, Work(), Deadline(10, time.monotonic))
store.database.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has open file description locks")
def test_a_foreign_reader_of_the_file_causes_no_loss_of_later_entries(
    path: Path, open_store: Any, attempt_of: Any
) -> None:
    """Closing the foreign reader releases the POSIX locks of SQLite in this process. Without other locks, another
    process would believe that it is the last user, and remove the log that is in use, with all later entries.
    """
    store = open_store(path)
    store.begin(attempt_of("a"), None, Work(), Deadline(10, clocks.monotonic))
    log = path.with_name("journal.db-wal")
    before = log.stat().st_ino
    path.read_bytes()
    subprocess.run([sys.executable, "-c", NOTE, str(path)], check=True)
    assert log.stat().st_ino == before
    store.begin(attempt_of("b"), None, Work(), Deadline(10, clocks.monotonic))
    subprocess.run([sys.executable, "-c", NOTE, str(path)], check=True)
    seen = [entry.attempt.request.summary for entry in Journal(path).entries()]
    assert sorted(seen) == ["a", "b", "from another process", "from another process"]


def test_a_journal_that_is_opened_again_in_the_process_keeps_its_locks(
    path: Path, open_store: Any, attempt_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also without open file description locks: the package does not open a file twice."""
    monkeypatch.setattr("paisr._recovery.sqlite.kept_lock", lambda path: None)
    store = open_store(path)
    store.begin(attempt_of("a"), None, Work(), Deadline(10, clocks.monotonic))
    Journal(path).entries()
    before = path.with_name("journal.db-wal").stat().st_ino
    subprocess.run([sys.executable, "-c", NOTE, str(path)], check=True)
    assert path.with_name("journal.db-wal").stat().st_ino == before
    assert len(store.entries()) == 2


def test_a_journal_in_memory_is_refused() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION}")
        with pytest.raises(StoreError, match="network drive"):
            prepare(connection)


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_fork_does_not_wait_for_the_lock_of_another_process(database: FileDatabase, path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    waiting = threading.Thread(target=_try, args=(database, 3))
    waiting.start()
    clocks.sleep(0.05)
    try:
        slowest = 0.0
        for _ in range(10):
            begun = clocks.monotonic()
            child = os.fork()
            if not child:
                os._exit(0)
            slowest = max(slowest, clocks.monotonic() - begun)
            assert os.waitpid(child, 0)[1] == 0
        assert waiting.is_alive(), "the thread no longer waits for the lock"
        assert slowest < 0.5
    finally:
        holder.communicate(b"\n")
        waiting.join()


def _try(database: FileDatabase, timeout: float) -> None:
    try:
        with database.transaction(timeout):
            pass
    except StoreError:
        return


def test_a_forked_child_continues_with_its_own_connection(path: Path, open_store: Any, attempt_of: Any) -> None:
    for backend in (path, None):
        store = open_store(backend)
        work = Work()
        store.begin(attempt_of(), None, work, Deadline(30, clocks.monotonic))
        child = os.fork()
        if not child:
            os._exit(_in_the_child(store, attempt_of()))
        assert os.waitpid(child, 0)[1] == 0
        assert len(store.entries()) == (1 if backend is None else 2)
        assert any(entry.in_flight for entry in store.entries())


def _in_the_child(store: Any, attempt: Any, inherited: int = 1) -> int:
    try:
        entries = store.entries()
        assert [entry.in_flight for entry in entries] == [True] * inherited, "attempts of the parent are not in flight"
        store.begin(attempt, None, Work(), Deadline(30, clocks.monotonic))
        assert len(store.entries()) == inherited + 1
    except BaseException as error:
        os.write(2, f"in the child: {error!r}\n".encode())
        return 1
    return 0


def test_a_closed_client_closes_its_file(path: Path) -> None:
    def open_files() -> list[str]:
        return [name for name in map(_link, Path("/proc/self/fd").iterdir()) if name.startswith(str(path))]

    with Paisr("t", journal=path):
        pass
    assert open_files() == []
    assert Journal(path).entries() == []


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def test_opening_a_file_again_keeps_the_lock_that_the_process_has_on_it(database: FileDatabase, path: Path) -> None:
    """Closing a file releases all POSIX locks of the process on it: this must not happen in a transaction."""
    opened = threading.Event()

    def open_again() -> None:
        FileDatabase(path, make=False)
        opened.set()

    with database.transaction(1):
        thread = threading.Thread(target=open_again)
        thread.start()
        assert not opened.wait(0.1)
        code = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
        other = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
        assert b"locked" in other.stderr
    thread.join()
    assert opened.is_set()


def test_reading_a_long_history_does_not_block_creates(
    path: Path, open_store: Any, attempt_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20,000 entries: a concurrent create waits for one page at most, and unrequested entries are not read."""
    store = open_store(path)
    store.begin(attempt_of(), None, Work(), Deadline(10, clocks.monotonic))
    with store.database.transaction(5) as transaction:
        transaction.execute(
            "INSERT INTO paisr_attempts (id, service, state, request, likeness, started_at, ended_at, ends_at, "
            "ends_mono, process) WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
            "WHERE n < 20000) SELECT 'id' || n, service, 'created', request, likeness, started_at + n, 0, 0, 0, '' "
            "FROM numbers, paisr_attempts"
        )
    read: list[int] = []

    class Counted:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self.connection = connection
            read.append(0)

        def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Counted:
            self.rows = self.connection.execute(statement, parameters).fetchall()
            read[-1] += len(self.rows)
            return self

        def fetchall(self) -> list[Any]:
            return self.rows

    begun, other = FileDatabase.transaction, FileDatabase(path, make=False)

    @contextmanager
    def after_another(database: FileDatabase, timeout: float, *, durable: bool = False) -> Iterator[Counted]:
        with begun(other, 0):  # another connection can write before every page
            pass
        with begun(database, timeout, durable=durable) as connection:
            yield Counted(connection)

    monkeypatch.setattr(FileDatabase, "transaction", after_another)
    assert len(store.unresolved(5)) == 1
    assert read == [1]
    read.clear()
    assert len(store.entries()) == 20_001
    assert max(read) == PAGE
    assert len(read) == 21
