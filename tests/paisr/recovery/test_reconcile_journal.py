"""`reconcile_journal` reconciles all open attempts, with the decisions of `reconcile`, in batches, until a deadline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time as clocks
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from paisr import (
    APITimeoutError,
    ConfigurationError,
    InvalidArgumentError,
    Invoice,
    Journal,
    LineItem,
    OutcomeUnknownError,
    UnprocessableEntityError,
)
from paisr._base.processes import current_process_token
from paisr._base.runtime import Runtime
from paisr._engine.deadlines import Deadline
from paisr._recovery import matching
from paisr._recovery.attempts import CreateOutcome, StoreError, Work
from paisr._recovery.reconcile import BATCH
from paisr._recovery.store import AttemptStore


@pytest.fixture
def client(side: Any, service: Any, time: Any, journal: Any, database_clock: None) -> Any:
    return side.client(service, time=time, journal=journal, rate_limit=None, max_retries=0)


@pytest.fixture
def another(side: Any, service: Any, time: Any, journal: Any) -> Any:
    return side.client(service, time=time, journal=journal, rate_limit=None, max_retries=0)


@pytest.fixture
def lost(side: Any, client: Any, service: Any, create: Any) -> Any:
    """The attempt of a create whose request or response is lost."""

    def lost(plan: str = "lose", **changes: Any) -> Any:
        service.plan = [plan]
        with pytest.raises(OutcomeUnknownError) as caught:
            side.call(client, "create", **{**create, **changes})
        return caught.value.attempt

    return lost


def fail(*arguments: object, **settings: object) -> Any:
    raise StoreError("cannot be used (disk full)")


# Outcomes that the client remembers


def test_the_client_remembers_an_outcome_that_could_not_be_written(
    side: Any, client: Any, service: Any, create: Any, journal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = client._session.recovery.store.database
    transaction = database.transaction

    def break_it() -> None:
        database.transaction = fail

    service.on_post = break_it
    assert side.call(client, "create", **create).id == "inv_1"
    assert [entry.state for entry in Journal(journal).entries()] == ["open"]
    database.transaction = transaction
    service.invoices.clear()  # so that the list has no match
    assert side.call(client, "reconcile_journal", settle_after=0) == []
    assert [(entry.state, entry.invoice_id) for entry in Journal(journal).entries()] == [("created", "inv_1")]


def test_a_refused_create_is_not_matched_with_another_invoice(
    side: Any, client: Any, service: Any, create: Any, journal: Any
) -> None:
    database = client._session.recovery.store.database
    transaction = database.transaction
    service.create({"summary": create["summary"]})
    service.plan = [422]
    service.on_post = lambda: setattr(database, "transaction", fail)
    with pytest.raises(UnprocessableEntityError):
        side.call(client, "create", **create)
    database.transaction = transaction
    (entry,) = Journal(journal).entries()
    assert side.call(client, "reconcile_journal", settle_after=0) == []
    assert side.call(client, "reconcile", entry.attempt) is None
    assert [entry.state for entry in Journal(journal).entries()] == ["rejected"]


@pytest.mark.parametrize("change", [{}, {"summary": "A simple pizza"}, {"summary": "Another"}, {"customer": None}])
def test_reconcile_journal_decides_like_reconcile(
    side: Any, lost: Any, another: Any, service: Any, change: Any
) -> None:
    attempt = lost()
    service.invoices[0] |= change
    service.invoices.append({**service.invoices[0], "id": "inv_0", "currency": "USD", "summary": "Other"})
    ((same, found),) = side.call(another, "reconcile_journal", settle_after=1000)
    assert same == attempt
    if not isinstance(found, OutcomeUnknownError):
        assert side.call(another, "reconcile", attempt) == found
        return
    with pytest.raises(OutcomeUnknownError) as caught:
        side.call(another, "reconcile", attempt)
    assert [one.id for one in caught.value.candidates] == [one.id for one in found.candidates] == ["inv_1"]


# Attempts in flight


def test_a_clock_ahead_does_not_end_an_attempt_of_another_process(
    side: Any, service: Any, journal: Any, attempt_of: Any, open_store: Any
) -> None:
    """The wall clock is a minute ahead while the other call waits for its permit; by the monotonic one it has 10 s."""
    theirs = open_store(journal)
    attempt = attempt_of()
    theirs.begin(attempt, None, Work(), Deadline(10, clocks.monotonic))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        process = current_process_token().replace(f" {os.getpid()}", f" {other.pid}")
        with theirs.database.transaction(1) as transaction:
            transaction.execute("UPDATE paisr_attempts SET process = ?", [process])
        ahead: Any = SimpleNamespace(runtime=Runtime(now=lambda: datetime.now(UTC) + timedelta(seconds=60)))
        client = side.client(service, time=ahead, journal=journal, rate_limit=None)
        ((_, found),) = side.call(client, "reconcile_journal", settle_after=0)
        assert "in flight" in str(found)
        with pytest.raises(OutcomeUnknownError, match="in flight"):
            side.call(client, "reconcile", attempt)
        assert service.requests == []
    assert side.call(client, "reconcile_journal", settle_after=0) == [(attempt, None)], "the other process has ended"


# Absence


def test_absence_is_recorded_only_after_the_settling_time_and_can_be_revised(
    side: Any, lost: Any, another: Any, service: Any, time: Any, journal: Any
) -> None:
    attempt = lost("late")
    for settle_after in (60, 30):
        assert side.call(another, "reconcile_journal", settle_after=settle_after) == [(attempt, None)]
        assert [entry.state for entry in Journal(journal).entries()] == ["unknown"]
    time.seconds += 59
    assert side.call(another, "reconcile_journal") == [(attempt, None)]
    assert [entry.state for entry in Journal(journal).entries()] == ["unknown"]
    time.seconds += 2
    assert side.call(another, "reconcile_journal") == [(attempt, None)]
    assert [entry.state for entry in Journal(journal).entries()] == ["absent"]
    assert side.call(another, "reconcile_journal") == []
    service.show()
    assert side.call(another, "reconcile", attempt).id == "inv_1"
    assert [entry.state for entry in Journal(journal).entries()] == ["found"]


@pytest.mark.parametrize("wrong", [-1, True, "60", float("nan"), None])
def test_an_invalid_settle_after_is_refused(side: Any, client: Any, wrong: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="settle_after"):
        side.call(client, "reconcile_journal", settle_after=wrong)


def test_the_invoice_of_another_create_does_not_block_a_decision(
    side: Any, lost: Any, another: Any, service: Any
) -> None:
    """The first attempt resembles the invoice of the second, which is decided later."""
    first, second = lost("drop", summary="Subscription number 12"), lost(summary="Subscription number 1")
    found = {attempt.id: what for attempt, what in side.call(another, "reconcile_journal", settle_after=0)}
    assert found[first.id] is None
    assert found[second.id].id == "inv_1"


def test_decisions_are_made_until_none_frees_another_create(
    side: Any, lost: Any, another: Any, service: Any, time: Any
) -> None:
    """The third create can have only inv_2, so the second has inv_1, so the first has none."""
    first = lost("drop", summary="A simple pizza order, and more")
    time.seconds += 1
    second = lost("drop")
    early = time.now()
    time.seconds += 40 * 3600
    third = lost("drop")
    for number, moment in ((1, early), (2, time.now())):
        service.create({"summary": "A simple pizza order"})
        service.invoices[-1] |= {"id": f"inv_{number}", "created_at": moment.isoformat()}
    found = {attempt.id: what for attempt, what in side.call(another, "reconcile_journal", settle_after=0)}
    assert [getattr(found[one.id], "id", None) for one in (third, second)] == ["inv_2", "inv_1"]
    assert found[first.id] is None


def test_an_outcome_lost_in_a_power_failure_is_reconciled(side: Any, service: Any, path: Any, create: Any) -> None:
    """The outcome was written but not synced: after the power failure the disk has the state before the request."""
    synced = path.with_name("synced.db")

    def copy() -> None:
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", f"{synced}{end}")

    service.on_post = copy
    client = side.client(service, journal=path)
    assert side.call(client, "create", **create).id == "inv_1"
    assert [entry.state for entry in Journal(path).entries()] == ["created"]
    after = side.client(service, journal=synced)
    (entry,) = Journal(synced).entries()
    assert entry.state == "open"
    ((_, found),) = side.call(after, "reconcile_journal", settle_after=0)
    assert found.id == "inv_1"
    assert [(entry.state, entry.invoice_id) for entry in Journal(synced).entries()] == [("found", "inv_1")]
    assert service.posts == 1


# Failures of single attempts


def test_an_unreadable_attempt_is_one_error_among_the_results(side: Any, lost: Any, another: Any) -> None:
    good, bad = lost(), lost()
    with another._session.recovery.store.database.transaction(1) as transaction:
        transaction.execute("UPDATE paisr_attempts SET request = 'x' WHERE id = ?", [bad.id])
    found = {attempt.id: what for attempt, what in side.call(another, "reconcile_journal")}
    assert isinstance(found[good.id], (Invoice, OutcomeUnknownError))
    assert isinstance(found[bad.id], ConfigurationError)
    assert bad.id in str(found[bad.id])


def test_a_store_that_fails_gives_each_attempt_an_error_of_its_own(
    side: Any, lost: Any, another: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = [lost(summary=f"{number} of two") for number in range(2)]
    monkeypatch.setattr(AttemptStore, "settle", fail)
    pairs = side.call(another, "reconcile_journal")
    assert {attempt.id for attempt, _ in pairs} == {attempt.id for attempt in attempts}
    assert all(error.attempt.id == attempt.id for attempt, error in pairs)
    monkeypatch.undo()
    assert {found.id for _, found in side.call(another, "reconcile_journal")} == {"inv_1", "inv_2"}


def test_nothing_is_recorded_for_attempts_after_the_deadline(
    side: Any, lost: Any, another: Any, journal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction continues in its thread after the deadline, and its decisions would be in no result."""
    attempt = lost()
    store = another._session.recovery.store
    settle, late = store.settle, list[Any]()

    def settle_late(*arguments: Any) -> None:
        late.append(partial(settle, *arguments))
        raise StoreError("did not respond in time")

    monkeypatch.setattr(store, "settle", settle_late)
    ((same, found),) = side.call(another, "reconcile_journal", settle_after=0)
    assert same == attempt
    assert isinstance(found, OutcomeUnknownError)
    with pytest.raises(StoreError, match="in time"):
        late[0]()
    assert Journal(journal).unresolved() == [attempt]


def test_decisions_before_the_deadline_are_kept(
    side: Any, client: Any, service: Any, time: Any, attempt_of: Any, database_clock: None, journal: Any
) -> None:
    store = client._session.recovery.store
    for number in range(2 * BATCH):
        store.begin(attempt_of(f"{number}"), None, Work(), Deadline(1, time.runtime.clock))
    time.seconds += 2
    settle, calls = store.settle, iter([3, 0, 0, 0])

    def slow(*arguments: Any) -> None:
        settle(*arguments)
        time.seconds += next(calls)

    store.settle = slow
    pairs = side.call(client, "reconcile_journal", settle_after=0, timeout=2)
    late = [attempt for attempt, what in pairs if isinstance(what, APITimeoutError)]
    assert len(late) == BATCH
    assert sorted(one.id for one in Journal(journal).unresolved()) == sorted(one.id for one in late)
    assert len(side.call(client, "reconcile_journal", settle_after=0, timeout=2)) == BATCH
    assert Journal(journal).unresolved() == []


@pytest.mark.parametrize("alike", ["summary", "customer", "neither"])
def test_four_thousand_open_creates_are_reconciled_in_seconds(
    side: Any, service: Any, attempt_of: Any, journal: Any, alike: str
) -> None:
    client = side.client(service, journal=journal, rate_limit=None)
    store = client._session.recovery.store
    with store._transaction(30) as rows:
        for number in range(4000):
            summary = "Subscription of November" if alike == "summary" else f"Subscription number {number}"
            customer = "cus_123456" if alike == "customer" else f"jane{number}@example.com"
            attempt = attempt_of(summary, customer=customer)
            rows.insert(attempt, None, CreateOutcome(state="open"), -1)
            if number < 999:
                whose = {"id": "cus_123456" if alike == "customer" else f"cus_{number}", "email": customer}
                made = {"id": f"inv_{number}", "status": "unpaid", "customer": whose, "summary": summary}
                service.invoices.append(made)
    begun = clocks.process_time()
    found: list[Any] = []
    calls = 0
    while Journal(journal).unresolved():
        found += side.call(client, "reconcile_journal", settle_after=0, timeout=5)
        calls += 1
        assert clocks.process_time() - begun < 10
    assert len({what.id for _, what in found if isinstance(what, Invoice)}) == 999
    assert [what for _, what in found].count(None) == 3001
    assert service.reads == calls, "more than one list was read"


def test_equal_creates_are_compared_once_and_outside_the_transaction(
    side: Any, client: Any, service: Any, attempt_of: Any, time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other creates, and a fork, wait for the end of a transaction."""
    store = client._session.recovery.store
    items = [LineItem("Pizza", 2, 75)]
    for _ in range(20):
        store.begin(attempt_of(items=items), None, Work(), Deadline(1, time.runtime.clock))
    for _ in range(3):
        service.create({"summary": "A simple pizza order"})
        service.invoices[-1]["amount"] = {"sub_total": 150}
    time.seconds += 2
    transaction, same_total = store.database.transaction, matching._same_total
    open_transactions, comparisons = list[None](), list[int]()

    @contextmanager
    def counted_transaction(*arguments: Any, **settings: Any) -> Iterator[Any]:
        with transaction(*arguments, **settings) as begun:
            open_transactions.append(None)
            yield begun
        open_transactions.pop()

    def counted_comparison(*arguments: Any) -> bool:
        comparisons.append(len(open_transactions))
        return same_total(*arguments)

    monkeypatch.setattr(store.database, "transaction", counted_transaction)
    monkeypatch.setattr(matching, "_same_total", counted_comparison)
    pairs = side.call(client, "reconcile_journal", settle_after=0)
    assert [len(what.candidates) for _, what in pairs] == [3] * 20
    assert comparisons == [0, 0, 0], "open transactions during each comparison"


# Truncated lists


class Large:
    """A service with more invoices than one list can have."""

    def __init__(self, service: Any, *, filters: set[str]) -> None:
        self.service, self.filters = service, filters
        self.queries: list[str] = []
        self.transport = service.transport
        service.transport.handler = self

    def __call__(self, request: Any) -> Any:
        if request.method == "POST" or not request.url.path.endswith("/invoices"):
            return self.service(request)
        self.queries.append(request.url.query.decode())
        values = {name: request.url.params.get(name) for name in self.filters}
        found = [one for one in self.service.invoices if _fits(one, values)]
        return self.service.response({"invoices": found[:1000]})


def _fits(invoice: Any, values: dict[str, str | None]) -> bool:
    has = {**invoice, "resource_id": invoice["customer"]["id"]}
    return all(value is None or has[name] == value for name, value in values.items())


def fill(service: Any, count: int, **changes: Any) -> None:
    for _ in range(count):
        made = {"id": f"inv_{len(service.invoices) + 1}", "status": "unpaid", "currency": "SRD", "summary": "Other"}
        service.invoices.append({**made, "customer": {"id": "cus_9", "email": "x@example.com"}, **changes})


@pytest.mark.parametrize(
    ("filters", "changes", "queries"),
    [
        ({"status"}, [{"status": "paid"}, {"status": "void"}], 5),
        ({"status", "currency"}, [{"currency": "USD"}, {"currency": "EUR"}], 8),
    ],
)
def test_a_truncated_list_is_read_in_parts_by_filters(
    side: Any, lost: Any, another: Any, service: Any, filters: set[str], changes: list[Any], queries: int
) -> None:
    for one in changes:
        fill(service, 600, **one)
    attempt = lost(customer="jane@example.com")
    large = Large(service, filters=filters)
    assert side.call(another, "reconcile", attempt).id == "inv_1201"
    assert len(large.queries) == queries


@pytest.mark.parametrize("strange", [{"status": "frozen"}, {"currency": "BTC"}])
def test_a_list_with_unknown_statuses_or_currencies_cannot_be_read_in_parts(
    side: Any, lost: Any, another: Any, service: Any, strange: Any
) -> None:
    fill(service, 1000, **strange)
    attempt = lost("drop", customer="jane@example.com")
    Large(service, filters={"status", "currency"})
    with pytest.raises(OutcomeUnknownError, match="the most it lists"):
        side.call(another, "reconcile", attempt)


def test_the_error_of_a_list_that_stays_truncated_says_what_to_do(
    side: Any, lost: Any, another: Any, service: Any
) -> None:
    fill(service, 1000)
    attempt = lost("drop", customer="jane@example.com")
    Large(service, filters=set())
    with pytest.raises(OutcomeUnknownError, match=r"customer\.id.*Journal\.settle\(attempt, invoice_id\)"):
        side.call(another, "reconcile", attempt)


def test_the_customer_id_of_an_address_is_remembered(side: Any, lost: Any, client: Any, service: Any) -> None:
    attempt = lost("drop", customer="jane@example.com")
    fill(service, 1, customer={"id": "cus_77", "email": "Jane@Example.com"})
    side.call(client, "reconcile", attempt)
    service.invoices.insert(0, service.invoices.pop())
    fill(service, 1000)
    service.invoices.append(service.invoices.pop(0))
    large = Large(service, filters={"resource_id"})
    assert side.call(client, "reconcile", evolve(attempt)) is None
    assert large.queries == ["limit=1000", "resource_id=cus_77&limit=1000"]
