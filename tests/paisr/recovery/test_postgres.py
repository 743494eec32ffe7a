"""Attempts in PostgreSQL: a server that stops or hangs, concurrent machines, and texts without the password."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time as clocks
import traceback
from typing import Any

import pytest

from paisr import ConfigurationError, Journal, OutcomeUnknownError, Paisr, PaisrError
from paisr._base.secrets import Secret
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import CreateOutcome, StoreError, Work
from paisr._recovery.database import APPLICATION_ID
from paisr._recovery.postgres import PostgresDatabase, public_name

PASSWORD = "canary-9f3e"


@pytest.fixture
def database(postgres_url: str) -> PostgresDatabase:
    return PostgresDatabase(Secret(postgres_url))


def test_the_name_of_a_database_has_neither_user_nor_password(postgres_url: str, postgres: Any) -> None:
    assert Journal(postgres_url).name == f"postgresql://127.0.0.1:{postgres.port}/postgres"
    assert repr(Journal(postgres_url)) == f"Journal('postgresql://127.0.0.1:{postgres.port}/postgres')"
    assert public_name(Secret(f"postgresql://u:{PASSWORD}@[::1/x")) == "postgresql://…"
    assert public_name(Secret(f"postgresql://u:{PASSWORD}@h:99999/x")) == "postgresql://…"


@pytest.mark.parametrize(
    "backend",
    [
        f"postgresql://paisr:{PASSWORD}@127.0.0.1:1/postgres",
        f"postgres://paisr:{PASSWORD}@127.0.0.1:1/postgres?sslmode=nonsense",
        f"postgresql://paisr:{PASSWORD}@[::1/x",
    ],
)
def test_an_unreachable_server_is_a_configuration_error_without_the_password(side: Any, backend: str) -> None:
    for make in (lambda: side.client(journal=backend), lambda: Journal(backend)):
        with pytest.raises(ConfigurationError, match="journal") as caught:
            make()
        shown = "".join(traceback.format_exception(caught.value)) + repr(pickle.loads(pickle.dumps(caught.value)))
        assert PASSWORD not in shown
        frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
        ours = [frame for frame in frames if "paisr/_recovery" in frame.f_code.co_filename]
        assert ours
        assert not [name for frame in ours for name, value in frame.f_locals.items() if PASSWORD in repr(value)]


def test_the_error_about_a_wrong_password_does_not_show_it(postgres_url: str) -> None:
    wrong = postgres_url.replace(PASSWORD, f"{PASSWORD}-wrong")
    with pytest.raises(ConfigurationError) as caught:
        Journal(wrong)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_journal_without_psycopg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"install paisr\[postgres\]"):
        Journal("postgresql://127.0.0.1:1/postgres")


def test_tables_of_another_version_are_refused(postgres_url: str, database: PostgresDatabase, postgres: Any) -> None:
    with postgres.connect() as connection:
        connection.execute("COMMENT ON TABLE paisr_attempts IS 'version 3'")
    with pytest.raises(ConfigurationError, match="another version"):
        Journal(postgres_url)


def test_a_connection_that_the_server_ended_is_replaced(database: PostgresDatabase, postgres: Any) -> None:
    with postgres.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'paisr'")
    with database.transaction(2) as transaction:
        assert transaction.execute("SELECT count(*) FROM paisr_attempts").fetchall() == [(0,)]


def test_a_transaction_waits_for_a_foreign_lock_until_the_deadline(
    side: Any, service: Any, postgres_url: str, create: Any, postgres: Any
) -> None:
    client = side.client(service, journal=postgres_url)
    with postgres.connect() as other:
        other.autocommit = False
        other.execute(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
        begun = clocks.monotonic()
        with pytest.raises(ConfigurationError, match="not sent") as caught:
            side.call(client, "create", **create, timeout=0.3)
        assert clocks.monotonic() - begun < 1.3
    assert caught.value.outcome == "not_sent"
    assert service.requests == []
    assert side.call(client, "create", **create).id == "inv_1"


def test_a_call_to_a_server_that_hangs_ends_at_its_deadline(
    side: Any, service: Any, postgres_url: str, create: Any, postgres: Any
) -> None:
    client = side.client(service, journal=postgres_url)
    side.call(client, "create", **create)
    pids = _backends(postgres)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        begun = clocks.monotonic()
        with pytest.raises(ConfigurationError, match="not sent"):
            side.call(client, "create", **create, timeout=0.3)
        assert clocks.monotonic() - begun < 1.8
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert service.posts == 1
    assert side.call(client, "create", **create).id == "inv_2"


def _backends(postgres: Any) -> list[int]:
    with postgres.connect() as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'paisr'").fetchall()
    return [pid for (pid,) in rows]


def test_a_server_that_stops_during_a_create_does_not_lose_the_response(
    side: Any, service: Any, postgres_url: str, create: Any, postgres: Any
) -> None:
    client = side.client(service, journal=postgres_url)
    service.on_post = postgres.stop
    try:
        assert side.call(client, "create", **create).id == "inv_1"
    finally:
        postgres.start()
    (entry,) = Journal(postgres_url).entries()
    assert entry.state == "open"
    assert side.call(client, "reconcile_journal", settle_after=0) == []
    (entry,) = Journal(postgres_url).entries()
    assert (entry.state, entry.invoice_id) == ("created", "inv_1")


def test_the_clock_of_the_database_counts_for_all_machines(
    postgres_url: str, open_store: Any, attempt_of: Any, time: Any
) -> None:
    """The clock of the database counts: a client an hour ahead does not end the attempts of another machine."""
    mine = open_store(postgres_url)
    work = Work()
    mine.begin(attempt_of(), None, work, Deadline(30, clocks.monotonic))
    with mine.database.transaction(1) as transaction:
        transaction.execute("UPDATE paisr_attempts SET process = 'elsewhere 1'")
    time.seconds += 10 * 365 * 86400
    (entry,) = open_store(postgres_url, time.runtime).entries()
    assert entry.in_flight


def test_machines_can_create_the_tables_and_write_concurrently(
    postgres_url: str, attempt_of: Any, open_store: Any
) -> None:
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            store = open_store(postgres_url)
            for one in range(5):
                attempt = attempt_of()
                store.begin(attempt, f"{number}/{one}", Work(), Deadline(20, clocks.monotonic))
                store.end(attempt, CreateOutcome(state="created", invoice_id=f"inv_{attempt.id}"), 20)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [entry.state for entry in Journal(postgres_url).entries()] == ["created"] * 30


def test_a_forked_child_has_its_own_connection_and_lock(database: PostgresDatabase) -> None:
    parents = _backend(database)
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with database._lock:
            is_held.set()
            is_over.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait(5)
    child = os.fork()
    if not child:
        os._exit(_in_the_child(database, parents))
    assert os.waitpid(child, 0)[1] == 0
    is_over.set()
    holder.join()
    assert _backend(database) == parents, "the child closed the inherited connection"


def test_a_fork_does_not_wait_for_the_lock_of_another_machine(database: PostgresDatabase, postgres: Any) -> None:
    with postgres.connect() as other:
        other.autocommit = False
        other.execute(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
        waiting = threading.Thread(target=_try, args=(database, 30))
        waiting.start()
        while not _is_waiting(postgres):
            clocks.sleep(0.001)
        child = os.fork()
        if not child:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert waiting.is_alive(), "the thread no longer waits for the lock"
    waiting.join()


def _is_waiting(postgres: Any) -> bool:
    with postgres.connect() as connection:
        return bool(connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall())


def _try(database: PostgresDatabase, timeout: float) -> None:
    with database.transaction(timeout):
        pass


def _backend(database: PostgresDatabase) -> int:
    """The pid of the server process for this connection."""
    with database.transaction(2) as transaction:
        pid: int = transaction.execute("SELECT pg_backend_pid()").fetchall()[0][0]
        return pid


def _in_the_child(database: PostgresDatabase, parents: int) -> int:
    try:
        assert _backend(database) != parents
    except BaseException as error:
        os.write(2, f"in the child: {error!r}\n".encode())
        return 1
    return 0


def test_a_closed_client_closes_its_connection(postgres_url: str, postgres: Any, create: Any, service: Any) -> None:
    before = len(_backends(postgres))
    with Paisr("t", journal=postgres_url, transport=service.transport) as client:
        client.invoices.create(**create)
        assert len(_backends(postgres)) == before + 1
    until = clocks.monotonic() + 5
    while len(_backends(postgres)) > before and clocks.monotonic() < until:
        clocks.sleep(0.01)
    assert len(_backends(postgres)) == before


def test_the_timer_of_an_earlier_transaction_touches_no_later_one(database: PostgresDatabase) -> None:
    """An interruption can leave the timer of its transaction running."""
    before = set(threading.enumerate())
    with database.transaction(5):
        (timer,) = [one for one in set(threading.enumerate()) - before if isinstance(one, threading.Timer)]
    with database.transaction(5) as transaction:
        timer.function(*timer.args)
        assert transaction.execute("SELECT 1").fetchall() == [(1,)]


def test_an_error_of_the_database_is_reported_without_its_message(database: PostgresDatabase) -> None:
    with pytest.raises(StoreError, match="UndefinedTable"), database.transaction(1) as transaction:
        transaction.execute("DELETE FROM nowhere WHERE a = ?", [PASSWORD])
    assert issubclass(OutcomeUnknownError, PaisrError)
