"""The store of attempts behaves the same in memory, in a file and in PostgreSQL."""

from __future__ import annotations

import os
import threading
import time as clocks
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from paisr._base.processes import current_process_token
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import CreateOutcome, InvoiceTakenError, JournalEntry, StoreError, Work
from paisr._recovery.database import held
from paisr._recovery.statements import UNREADABLE, Rows
from paisr._recovery.store import PAGE, AttemptStore

BASE = "https://api.live.paisr.tech/v2"
SECOND = 1.0


def created(invoice_id: str = "inv_1", response: bytes = b"{}") -> CreateOutcome:
    return CreateOutcome(state="created", invoice_id=invoice_id, response=response)


def run(store: AttemptStore, statement: str, *parameters: Any) -> None:
    with store.database.transaction(SECOND) as transaction:
        transaction.execute(statement, parameters)


def states(store: AttemptStore) -> list[tuple[str, str | None]]:
    return [(entry.state, entry.invoice_id) for entry in store.entries()]


@pytest.fixture
def deadline(time: Any) -> Deadline:
    return Deadline(10, time.runtime.clock)


def fail(*arguments: object, **settings: object) -> Any:
    raise StoreError("cannot be used (disk full)")


# Recording


def test_a_create_is_recorded_with_its_outcome(store: AttemptStore, begun: Any, time: Any) -> None:
    attempt = begun(key="k-1")
    (entry,) = store.entries()
    assert entry == JournalEntry(attempt=attempt, state="open", key="k-1")
    time.seconds += 2
    store.end(attempt, created(response='{"é": "\U0001f355"}'.encode()), SECOND)
    (entry,) = store.entries()
    assert entry.response == '{"é": "\U0001f355"}'.encode()
    assert (entry.state, entry.invoice_id, entry.key) == ("created", "inv_1", "k-1")
    assert entry.ended_at == time.now().timestamp()
    failed = begun()
    store.end(failed, CreateOutcome(state="rejected", error="a lone surrogate: \ud800, and NUL: \0."), SECOND)
    noted = store.entry(failed, SECOND)
    assert noted is not None
    assert (noted.state, noted.error) == ("rejected", "a lone surrogate: ?, and NUL: \ufffd.")


def test_a_key_has_one_entry(store: AttemptStore, begun: Any, attempt_of: Any, deadline: Deadline) -> None:
    first = begun(key="k-1")
    entry = store.begin(attempt_of("Another"), "k-1", Work(), deadline)
    assert entry is not None
    assert entry.attempt == first
    assert store.begin(attempt_of("Another", service="https://elsewhere.example/v2"), "k-1", Work(), deadline) is None
    assert store.begin(attempt_of("Another"), "k-2", Work(), deadline) is None
    begun(key=None)
    begun(key=None)
    assert len(store.entries()) == 5


def test_concurrent_threads_with_one_key_get_one_entry(backend: Any, open_store: Any, attempt_of: Any) -> None:
    stores = [open_store(backend)] * 8 if backend is None else [open_store(backend) for _ in range(8)]
    got: list[Any] = []

    def race(store: AttemptStore) -> None:
        got.append(store.begin(attempt_of(), "k", Work(), Deadline(10, clocks.monotonic)))

    threads = [threading.Thread(target=race, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(None) == 1
    assert len({entry.attempt.id for entry in got if entry is not None}) == 1


def test_an_invoice_belongs_to_the_first_create_that_received_its_id(
    store: AttemptStore, begun: Any, time: Any
) -> None:
    first = begun()
    time.seconds += 1
    second = begun()
    store.end(first, created(), SECOND)
    with pytest.raises(InvoiceTakenError, match="inv_1"):
        store.end(second, created(), SECOND)
    assert states(store) == [("created", "inv_1"), ("unknown", None)]


def test_a_response_reclaims_its_invoice_from_a_reconciled_attempt(store: AttemptStore, begun: Any, time: Any) -> None:
    mine = begun()
    time.seconds += 1
    other = begun()
    store.settle_by_hand(mine, CreateOutcome(state="found", invoice_id="inv_1"), SECOND)
    store.end(other, created(), SECOND)
    assert states(store) == [("unknown", None), ("created", "inv_1")]


def test_a_response_replaces_a_reconciled_outcome(store: AttemptStore, begun: Any) -> None:
    for outcome in (created("inv_9"), CreateOutcome(state="rejected"), CreateOutcome(state="not_sent")):
        attempt = begun()
        store.settle_by_hand(attempt, CreateOutcome(state="absent"), SECOND)
        store.end(attempt, outcome, SECOND)
        noted = store.entry(attempt, SECOND)
        assert noted is not None
        assert noted.state == outcome.state


def test_an_unknown_outcome_does_not_replace_a_reconciled_one(store: AttemptStore, begun: Any) -> None:
    attempt = begun()
    store.settle_by_hand(attempt, CreateOutcome(state="found", invoice_id="inv_1"), SECOND)
    store.end(attempt, CreateOutcome(state="unknown"), SECOND)
    assert states(store) == [("found", "inv_1")]


def test_an_attempt_can_be_settled_by_hand(store: AttemptStore, begun: Any, attempt_of: Any, time: Any) -> None:
    with Work() as work:
        attempt = begun(work=work)
        with pytest.raises(StoreError, match="in flight"):
            store.settle_by_hand(attempt, CreateOutcome(state="absent"), SECOND)
    store.settle_by_hand(attempt, CreateOutcome(state="absent"), SECOND)
    store.settle_by_hand(attempt, CreateOutcome(state="found", invoice_id="inv_1"), SECOND)
    with pytest.raises(InvoiceTakenError, match=attempt.id):
        store.settle_by_hand(begun(), CreateOutcome(state="found", invoice_id="inv_1"), SECOND)
    other = begun()
    store.end(other, created("inv_2"), SECOND)
    with pytest.raises(StoreError, match="inv_2"):
        store.settle_by_hand(other, CreateOutcome(state="absent"), SECOND)
    time.seconds += 1
    store.settle_by_hand(attempt_of("from elsewhere"), CreateOutcome(state="found", invoice_id="inv_3"), SECOND)
    assert states(store)[-1] == ("found", "inv_3")


# Sending a key again


def test_only_one_call_begins_a_key_again(
    store: AttemptStore, begun: Any, attempt_of: Any, time: Any, deadline: Deadline
) -> None:
    first = begun(key="k")
    store.end(first, CreateOutcome(state="rejected", error="no"), SECOND)
    (entry,) = store.entries()
    time.seconds += 5
    again = type(first)(**{**_fields(attempt_of()), "id": first.id})
    work = Work()
    assert store.begin_again(entry, again, work, deadline)
    assert not store.begin_again(entry, again, Work(), deadline)
    (now,) = store.entries()
    assert (now.state, now.key, now.error, now.ended_at, now.in_flight) == ("open", "k", None, None, True)
    assert now.attempt == again


def _fields(attempt: Any) -> dict[str, Any]:
    return {name: getattr(attempt, name) for name in ("id", "started_at", "request", "service", "operation")}


def test_the_outcome_of_an_earlier_request_is_not_recorded_for_the_later_one(
    store: AttemptStore, begun: Any, attempt_of: Any, time: Any, deadline: Deadline
) -> None:
    first = begun(key="k")
    store.settle_by_hand(first, CreateOutcome(state="absent"), SECOND)
    (entry,) = store.entries()
    time.seconds += 5
    again = type(first)(**{**_fields(attempt_of()), "id": first.id})
    work = Work()
    assert store.begin_again(entry, again, work, deadline)
    for outcome in ("rejected", "not_sent"):
        store.end(first, CreateOutcome(state=outcome), SECOND)
        assert len(store.entries()) == 1, "a create without an invoice has an entry of its own"
    store.end(first, CreateOutcome(state="unknown"), SECOND)
    store.end(first, created("inv_late"), SECOND)
    by_id = {entry.attempt.id: entry.state for entry in store.entries()}
    assert by_id[again.id] == "open"
    assert ("created", "inv_late") in states(store), "a created invoice is not recorded"


def test_a_list_from_before_a_create_was_begun_again_is_not_used(
    store: AttemptStore, begun: Any, attempt_of: Any, time: Any, deadline: Deadline
) -> None:
    first = begun(key="k")
    store.end(first, CreateOutcome(state="rejected"), SECOND)
    (before,) = store.entries()
    time.seconds += 5
    work = Work()
    again = type(first)(**{**_fields(attempt_of()), "id": first.id})
    assert store.begin_again(before, again, work, deadline)
    seen: list[JournalEntry] = []

    def decide(attempt: Any, entry: JournalEntry, rows: Rows) -> None:
        seen.append(entry)

    store.settle([before], decide, SECOND)
    assert seen[0].in_flight
    assert seen[0].attempt.started_at != first.started_at


# Attempts in flight


def test_a_call_is_in_flight_until_it_ends_or_is_collected(store: AttemptStore, begun: Any, time: Any) -> None:
    work = Work()
    attempt = begun(work=work)
    entry = store.entry(attempt, SECOND)
    assert entry is not None
    assert entry.in_flight
    time.seconds += 1000
    assert store.entries()[0].in_flight, "the attempt of this process is in flight"
    work.is_over = True
    assert not store.entries()[0].in_flight
    work = Work()
    begun(work=work)
    assert [entry.in_flight for entry in store.entries()] == [False, True]
    del work
    assert [entry.in_flight for entry in store.entries()] == [False, False]


def test_a_call_that_ends_before_it_is_recorded_records_nothing(
    store: AttemptStore, attempt_of: Any, deadline: Deadline
) -> None:
    with Work() as work:
        pass
    with pytest.raises(StoreError, match="in time"):
        store.begin(attempt_of(), None, work, deadline)
    assert store.entries() == []


@pytest.mark.parametrize("moves", ["wall", "monotonic"])
def test_an_attempt_of_this_machine_ends_only_when_both_clocks_say_so(
    store: AttemptStore, begun: Any, time: Any, moves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paisr._recovery.statements.is_process_dead", lambda process: False)
    begun(left=10)
    theirs = current_process_token().rpartition(" ")[0] + " 1"
    run(store, "UPDATE paisr_attempts SET process = ?", theirs)
    assert store.entries()[0].in_flight
    if moves == "wall":
        run(store, "UPDATE paisr_attempts SET ends_at = ends_at - 3600")
    else:
        run(store, "UPDATE paisr_attempts SET ends_mono = ends_mono - 3600")
    assert store.entries()[0].in_flight
    assert store.entries()[0].idle == (0 if moves == "wall" else 3590), "the monotonic clock counts"
    time.seconds += 12
    assert not store.entries()[0].in_flight


def test_an_attempt_of_another_machine_ends_by_the_wall_clock(store: AttemptStore, begun: Any, time: Any) -> None:
    begun(left=10)
    run(store, "UPDATE paisr_attempts SET process = 'elsewhere 1', ends_mono = 0")
    assert store.entries()[0].in_flight
    time.seconds += 12
    assert not store.entries()[0].in_flight


def test_the_attempts_of_a_dead_process_are_not_in_flight(store: AttemptStore, begun: Any, monkeypatch: Any) -> None:
    begun(left=10)
    run(store, "UPDATE paisr_attempts SET process = ?", current_process_token().rpartition(" ")[0] + " 1")
    monkeypatch.setattr("paisr._recovery.statements.is_process_dead", lambda process: True)
    assert not store.entries()[0].in_flight


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # of a timer that is ending
def test_an_attempt_of_the_parent_is_not_in_flight_in_a_forked_child(store: AttemptStore, begun: Any) -> None:
    """A child can get the process id of an ended process: an attempt of that process is not the child's."""
    with Work() as work:
        attempt = begun(work=work)
        assert _in_flight(store, attempt)
        child = os.fork()
        if not child:
            os._exit(_of_the_child(store, attempt))
        assert os.waitpid(child, 0)[1] == 0


def _in_flight(store: AttemptStore, attempt: Any) -> bool:
    entry = store.entry(attempt, SECOND)
    assert entry is not None
    return entry.in_flight


def _of_the_child(store: AttemptStore, attempt: Any) -> int:
    try:
        run(store, "UPDATE paisr_attempts SET process = ?", current_process_token())
        assert not _in_flight(store, attempt)
    except BaseException as error:
        os.write(2, f"in the child: {error!r}\n".encode())
        return 1
    return 0


def test_idle_time_is_measured_from_the_end_of_the_call(store: AttemptStore, begun: Any, time: Any) -> None:
    broken_off, ended = begun(left=10), begun(left=10)
    time.seconds += 5
    store.end(ended, CreateOutcome(state="unknown"), SECOND)
    time.seconds += 65
    idle = {entry.attempt.id: entry.idle for entry in store.entries()}
    assert idle == {broken_off.id: 60, ended.id: 65}


def test_an_entry_says_when_its_call_has_certainly_ended(store: AttemptStore, begun: Any, time: Any) -> None:
    attempt = begun(left=90)
    for later, ends_in, idle in ((0, 90, 0), (40, 50, 0), (60, 0, 10)):
        time.seconds += later
        entry = store.entry(attempt, SECOND)
        assert entry is not None
        assert (entry.ends_in, entry.idle) == (ends_in, idle)


def test_a_lock_is_released_when_an_interrupt_follows_its_acquisition() -> None:
    lock: Any = threading.RLock()

    class Interrupted:
        release = lock.release

        def acquire(self, timeout: float) -> bool:
            lock.acquire(timeout=timeout)
            raise KeyboardInterrupt

    interrupted: Any = Interrupted()
    with pytest.raises(KeyboardInterrupt), held(interrupted, SECOND):
        pass
    free: list[bool] = []
    other = threading.Thread(target=lambda: free.append(lock.acquire(blocking=False)))
    other.start()
    other.join()
    assert free == [True]


# A store that cannot be written


def test_an_outcome_that_cannot_be_written_is_remembered_and_written_later(
    store: AttemptStore, begun: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = begun()
    with monkeypatch.context() as patch:
        patch.setattr(store.database, "transaction", fail, raising=False)
        with pytest.raises(StoreError):
            store.end(attempt, created(), SECOND)
    assert store.unresolved(SECOND) == []
    assert states(store) == [("created", "inv_1")]


def test_an_unwritten_outcome_counts_in_a_read_only_store(
    store: AttemptStore, begun: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, other = begun(), begun()
    with monkeypatch.context() as patch:
        patch.setattr("paisr._recovery.statements.Rows.end", fail)
        with pytest.raises(StoreError):
            store.end(attempt, created(), SECOND)
        assert [entry.attempt for entry in store.unresolved(SECOND)] == [other]
        owners: list[Any] = []
        entry = store.entry(other, SECOND)
        assert entry is not None
        store.settle([entry], lambda _attempt, _entry, rows: owners.append(rows.owners(BASE, ["inv_1"])), SECOND)
        assert owners == [{"inv_1": attempt.id}]
    assert sorted(state for state, _ in states(store)) == ["created", "open"]


def test_a_response_replaces_an_unwritten_match(store: AttemptStore, begun: Any) -> None:
    lost, other = begun(), begun()
    store.keep([(lost, "inv_1")])
    store._unwritten[other.id] = (other, created())
    by_id = {entry.attempt.id: (entry.state, entry.invoice_id) for entry in store.entries()}
    assert by_id == {lost.id: ("unknown", None), other.id: ("created", "inv_1")}


# Look-ups


def test_attempts_that_compete_for_an_invoice_are_found_by_an_index(
    store: AttemptStore, begun: Any, attempt_of: Any
) -> None:
    from paisr_generated.models import Customer, Invoice, InvoiceStatus

    same, _other = begun("A simple  pizza order"), begun("Another")
    done = begun()
    store.end(done, created("inv_9"), SECOND)
    invoice = Invoice(
        id="inv_1", status=InvoiceStatus.PAID, summary="A simple pizza order", customer=Customer(id="cus_123456")
    )
    competing: list[Any] = []
    store.settle(
        store.unresolved(SECOND), lambda _attempt, _entry, rows: competing.append(rows.competing(BASE, invoice)), SECOND
    )
    assert [[entry.attempt for entry in one] for one in competing] == [[same], [same]]


def test_an_unreadable_row_does_not_hide_other_entries(store: AttemptStore, begun: Any) -> None:
    attempt, other = begun("a"), begun("b")
    run(store, "UPDATE paisr_attempts SET request = 'x' WHERE id = ?", attempt.id)
    found = {entry.attempt.id: entry.attempt for entry in store.unresolved(SECOND)}
    assert found[other.id] == other
    unreadable: Any = found[attempt.id]
    assert (unreadable.operation, unreadable.request) == (UNREADABLE, "x")
    assert unreadable.started_at == attempt.started_at
    store.settle_by_hand(unreadable, CreateOutcome(state="found", invoice_id="inv_1"), SECOND)
    assert [entry.attempt for entry in store.unresolved(SECOND)] == [other]


@pytest.fixture
def history(store: AttemptStore, begun: Any) -> int:
    """So many entries that they are read in three pages."""
    begun()
    run(
        store,
        "INSERT INTO paisr_attempts (id, service, state, request, likeness, started_at, ends_at, ends_mono, process) "
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {2 * PAGE + 5}) "
        "SELECT 'id' || n, service, 'unknown', request, likeness, started_at + n % 7, 0, 0, '' "
        "FROM numbers, paisr_attempts",
    )
    return 2 * PAGE + 6


def test_a_history_of_many_pages_is_read_in_order(store: AttemptStore, history: int) -> None:
    entries = store.entries()
    assert len({entry.attempt.id for entry in entries}) == len(entries) == history
    assert len(store.unresolved(SECOND)) == len(entries)


def test_a_long_history_holds_the_lock_for_one_page_at_a_time(
    store: AttemptStore, history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store reads a page in each transaction, and decodes the rows without the lock."""
    transaction, raw, as_entry = store.database.transaction, Rows.raw, Rows.entry
    read: list[int] = []
    served: list[bool] = []
    inside: list[Any] = []

    def serve() -> None:
        with transaction(SECOND):
            served.append(True)

    @contextmanager
    def watched(timeout: float, *, durable: bool = False) -> Iterator[Any]:
        with transaction(timeout, durable=durable) as begun:
            inside.append(begun)
            read.append(0)
            yield begun
            inside.pop()
        other = threading.Thread(target=serve, daemon=True)
        other.start()
        other.join(5)

    def counted(rows: Rows, *arguments: Any) -> Any:
        found = raw(rows, *arguments)
        read[-1] += len(found)
        return found

    def made(rows: Rows, row: Any) -> JournalEntry:
        assert not inside, "the lock is held"
        return as_entry(rows, row)

    monkeypatch.setattr(store.database, "transaction", watched)
    monkeypatch.setattr(Rows, "raw", counted)
    monkeypatch.setattr(Rows, "entry", made)
    for look in (store.entries, lambda: store.unresolved(SECOND)):
        read.clear()
        served.clear()
        assert len(look()) == history
        assert read == [PAGE, PAGE, history - 2 * PAGE]
        assert served == [True] * 3


def test_old_ended_attempts_are_deleted_and_open_ones_never(store: AttemptStore, begun: Any, time: Any) -> None:
    old, unknown, _open = begun(key="k"), begun(), begun()
    store.end(old, created(), SECOND)
    store.end(unknown, CreateOutcome(state="unknown"), SECOND)
    time.seconds += 100
    new = begun()
    store.end(new, created("inv_2"), SECOND)
    assert store.prune(time.now().timestamp() - 50) == 1
    assert sorted(state for state, _ in states(store)) == ["created", "open", "unknown"]
    assert store.prune(datetime.now(UTC).timestamp()) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("k-1", ["a"]),
        ("inv_1", ["b"]),
        ("pizza 100%", ["a"]),
        ("PIZZA", ["a", "b"]),
        ("izza_", []),
        ('"quoted"', ["b"]),
        ("back\\slash", ["b"]),
        ("%", ["a"]),
        ("nothing", []),
        ("Café", ["b"]),
    ],
)
def test_entries_are_found_by_key_id_and_summary(
    store: AttemptStore, begun: Any, time: Any, text: str, found: list[str]
) -> None:
    first = begun("Pizza 100% rye", key="k-1")
    time.seconds += 1
    second = begun('pizza Café "quoted" back\\slash')
    store.end(second, created(), SECOND)
    names = {first.id: "a", second.id: "b"}
    assert [names[entry.attempt.id] for entry in store.find(text)] == found
    assert [names[entry.attempt.id] for entry in store.find(first.id)] == ["a"]
