"""A key creates one invoice; creates that are delayed, interrupted or get an impossible response."""

from __future__ import annotations

import asyncio
import gc
import threading
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from paisr import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    Journal,
    LineItem,
    OutcomeUnknownError,
    RateLimit,
    RateLimitTimeoutError,
    UnexpectedResponseError,
    UnprocessableEntityError,
)
from paisr._recovery.attempts import at_work
from paisr_generated.api import operation_named


@pytest.fixture
def client(side: Any, service: Any, time: Any, journal: Any, database_clock: None) -> Any:
    return side.client(service, time=time, journal=journal, rate_limit=None, max_retries=0)


@pytest.fixture
def another(side: Any, service: Any, time: Any, journal: Any) -> Any:
    """A second client with the same journal, like that of another process."""
    return side.client(service, time=time, journal=journal, rate_limit=None, max_retries=0)


def entries(journal: Any) -> list[tuple[str, str | None, str | None]]:
    return [(entry.key, entry.state, entry.invoice_id) for entry in Journal(journal).entries()]


# Creates with a key


def test_a_new_key_is_recorded_and_sent(client: Any, by_key: Any, service: Any, journal: Any) -> None:
    seen: list[Any] = []
    service.on_post = lambda: seen.append(entries(journal))
    assert by_key(client).data.id == "inv_1"
    assert seen == [[("2026-12/17", "open", None)]]
    assert entries(journal) == [("2026-12/17", "created", "inv_1")]


def test_a_created_key_returns_the_same_invoice_without_a_request(
    client: Any, another: Any, by_key: Any, service: Any
) -> None:
    first = by_key(client)
    for again in (by_key(client), by_key(another)):
        assert again.data == first.data
        assert again.data.session.url == "https://checkout.paisr.tech/x"
        assert again.content == first.content
        assert (first.attempts, again.attempts) == (1, 0)
    assert len(service.requests) == 1


@pytest.mark.parametrize("fault", ["lose", "late"])
def test_a_key_with_an_unknown_outcome_is_reconciled_and_its_invoice_returned(
    client: Any, another: Any, by_key: Any, service: Any, journal: Any, fault: str
) -> None:
    service.plan = [fault]
    with pytest.raises(OutcomeUnknownError, match="Call again with the same key"):
        by_key(client)
    service.show()
    found = by_key(another).data
    assert (found.id, found.status) == ("inv_1", "unpaid")
    assert found.session.url == "https://checkout.paisr.tech/x"
    assert by_key(client).data == found
    assert service.posts == 1
    assert entries(journal) == [("2026-12/17", "found", "inv_1")]


def test_a_key_is_sent_again_only_when_its_invoice_is_certainly_absent(
    client: Any, another: Any, by_key: Any, service: Any, time: Any, journal: Any
) -> None:
    service.plan = ["drop"]
    with pytest.raises(OutcomeUnknownError):
        by_key(client)
    for left in (60, 31):
        with pytest.raises(OutcomeUnknownError, match=f"call again in {left} s") as caught:
            by_key(another)
        assert caught.value.retry_after == left
        time.seconds += 29
    assert service.posts == 1
    time.seconds += 2
    assert by_key(another).data.id == "inv_1"
    assert service.posts == 2
    assert entries(journal) == [("2026-12/17", "created", "inv_1")]


def test_an_invoice_that_appears_after_it_was_absent_is_not_created_twice(
    client: Any, another: Any, by_key: Any, side: Any, service: Any, time: Any, journal: Any
) -> None:
    service.plan = ["late"]
    with pytest.raises(OutcomeUnknownError):
        by_key(client)
    time.seconds += 61
    assert [found for _, found in side.call(another, "reconcile_journal")] == [None]
    assert entries(journal) == [("2026-12/17", "absent", None)]
    service.show()
    assert by_key(another).data.id == "inv_1"
    assert service.posts == 1


def test_a_key_in_flight_in_another_call_is_an_error_of_the_package(
    client: Any, another: Any, by_key: Any, service: Any
) -> None:
    errors: list[Any] = []

    def meanwhile() -> None:
        def call() -> None:
            steps = another._session.call(operation_named("create_invoice"), CREATE | {"key": "2026-12/17"}, None)
            step = next(steps)
            while True:
                try:
                    step = steps.send(step.work())
                except OutcomeUnknownError as error:
                    errors.append(error)
                    return

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    service.on_post = meanwhile
    by_key(client)
    (error,) = errors
    assert "in flight" in str(error)
    assert error.attempt.request.summary == CREATE["summary"]
    assert service.posts == 1


CREATE: dict[str, Any] = {"customer": "cus_123456", "summary": "A simple pizza order", "due": "In 3 days"}


@pytest.mark.parametrize(("plan", "error"), [(401, AuthenticationError), (429, Exception)])
def test_a_rejected_key_may_be_sent_again(
    client: Any, another: Any, by_key: Any, service: Any, journal: Any, plan: int, error: Any
) -> None:
    service.plan = [plan, plan]
    for _ in range(2):
        with pytest.raises(error):
            by_key(client)
    assert entries(journal) == [("2026-12/17", "rejected", None)]
    assert by_key(another).data.id == "inv_1"
    assert service.reads == 0
    assert entries(journal) == [("2026-12/17", "created", "inv_1")]


def test_a_key_that_was_not_sent_may_be_sent_again(
    side: Any, script: Any, time: Any, journal: Any, by_key: Any, client: Any, service: Any
) -> None:
    refusing = side.client(script(httpx.ConnectError("refused")), time=time, journal=journal, max_retries=0)
    with pytest.raises(APIConnectionError):
        by_key(refusing)
    assert entries(journal) == [("2026-12/17", "not_sent", None)]
    assert by_key(client).data.id == "inv_1"


@pytest.mark.parametrize(
    ("changes", "differing"),
    [
        ({"summary": "Another"}, "summary;"),
        ({"customer": "cus_2", "currency": "USD"}, "customer, currency;"),
        ({"due": "In 4 days"}, "due;"),
        ({"items": [LineItem("Pizza", 1, "75.01")]}, "items;"),
        ({"items": ()}, "items;"),
    ],
)
def test_the_same_key_with_another_request_is_refused_and_the_fields_are_named(
    client: Any, another: Any, by_key: Any, service: Any, changes: Any, differing: str
) -> None:
    items = [LineItem("Pizza", 1, 75)]
    by_key(client, items=items)
    with pytest.raises(InvalidArgumentError, match=differing):
        by_key(another, **{"items": items, **changes})
    same = [LineItem("Pizza", Decimal("1.0"), "75.00")]
    assert by_key(another, items=same).data.id == "inv_1", "an equal amount counted as another request"
    assert service.posts == 1


def test_a_refused_request_can_be_corrected_under_the_same_key(
    client: Any, another: Any, by_key: Any, service: Any
) -> None:
    service.plan = [422]
    with pytest.raises(UnprocessableEntityError):
        by_key(client, customer="nobody")
    assert by_key(another, summary="Put right").data.id == "inv_1"
    with pytest.raises(InvalidArgumentError, match="summary;"):
        by_key(client, summary="Something else")
    assert len(service.invoices) == 1


def test_a_key_compares_due_times_by_their_date(
    client: Any, another: Any, by_key: Any, service: Any, time: Any
) -> None:
    by_key(client, due="In 10 days")
    time.seconds += 4 * 86400
    assert by_key(another, due="In 6 days").data.id == "inv_1"
    assert by_key(another, due="In 10 days").data.id == "inv_1"
    with pytest.raises(InvalidArgumentError, match="due;"):
        by_key(another, due="In 7 days")
    assert by_key(client, "another", due=date(2024, 5, 3)).data.id == "inv_2"
    assert by_key(client, "another", due=timedelta(days=2)).data.id == "inv_2"


@pytest.mark.parametrize("key", ["", "\ud800", 7, b"k", "a\0b"])
def test_an_invalid_key_is_refused(client: Any, by_key: Any, service: Any, key: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="key"):
        by_key(client, key)
    assert service.requests == []


def test_a_key_without_a_journal_is_refused(side: Any, service: Any, by_key: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"key= needs a journal.*journal="):
        by_key(side.client(service))
    assert service.requests == []


def test_the_same_key_at_two_services_is_independent(
    client: Any, by_key: Any, side: Any, service: Any, time: Any, journal: Any
) -> None:
    staging = side.client(service, time=time, journal=journal, environment="staging")
    assert [by_key(one).data.id for one in (client, staging, client)] == ["inv_1", "inv_2", "inv_1"]


def test_a_create_without_a_permit_is_recorded_as_not_sent(
    side: Any, service: Any, time: Any, journal: Any, by_key: Any, database_clock: None
) -> None:
    client = side.client(service, time=time, journal=journal, rate_limit=RateLimit(1, per=60), token=uuid.uuid4().hex)
    by_key(client, "a")
    with pytest.raises(RateLimitTimeoutError):
        by_key(client, "b")
    assert ("b", "not_sent", None) in entries(journal)
    time.seconds += 61
    assert by_key(client, "b").data.id == "inv_2"
    assert service.reads == 0


def test_a_key_with_an_unreadable_row_is_refused(client: Any, by_key: Any, service: Any) -> None:
    by_key(client)
    with client._session.recovery.store.database.transaction(1) as transaction:
        transaction.execute("UPDATE paisr_attempts SET request = 'x'")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        by_key(client)
    assert service.posts == 1


def test_a_key_with_a_similar_invoice_is_not_sent_again(
    client: Any, another: Any, by_key: Any, service: Any, time: Any
) -> None:
    service.plan = ["lose"]
    with pytest.raises(OutcomeUnknownError):
        by_key(client)
    service.invoices[0]["summary"] = "A simple pizza"
    time.seconds += 1000
    with pytest.raises(OutcomeUnknownError) as caught:
        by_key(another)
    assert [invoice.id for invoice in caught.value.candidates] == ["inv_1"]
    assert service.posts == 1


def test_a_list_older_than_a_concurrent_create_is_not_used(
    client: Any, another: Any, by_key: Any, service: Any, time: Any, journal: Any, side: Any
) -> None:
    """Two calls find no invoice of the key. One of them sends it between the list and the decision of the other."""
    service.plan = ["drop"]
    with pytest.raises(OutcomeUnknownError):
        by_key(client)
    time.seconds += 61
    entry = Journal(journal).entries()[0]
    slow = another._session.reconcile(entry.attempt, timeout=None)
    step = next(slow)
    step = slow.send(step.work())  # records the attempt
    assert step.request.method == "GET"
    listed = responded(service(httpx.Request("GET", "https://x/v2/invoices?limit=1000")))
    service.plan = ["late"]
    with pytest.raises(OutcomeUnknownError):
        by_key(client)  # reconciled, sent again, and its response lost
    step = slow.send(listed)
    with pytest.raises(OutcomeUnknownError, match="in flight"):
        slow.send(step.work())
    assert entries(journal) == [("2026-12/17", "unknown", None)]
    service.show()
    assert by_key(another).data.id == "inv_1"
    assert len(service.invoices) == 1


def responded(response: httpx.Response) -> Any:
    from paisr._engine.steps import RawResponse

    return RawResponse(response.status_code, response.headers.raw, response.content)


# Impossible responses


@pytest.mark.parametrize("name", ["", "1234 / x", "cus_1", "inv_a/b", "inv_\n"])
def test_an_invalid_id_of_a_created_invoice_leaves_the_outcome_unknown(
    side: Any, script: Any, create: Any, name: str
) -> None:
    client = side.client(script((200, {"success": True, "data": {"id": name, "status": "unpaid"}})))
    with pytest.raises(OutcomeUnknownError) as caught:
        side.call(client, "create", **create)
    cause = caught.value.__cause__
    assert isinstance(cause, UnexpectedResponseError)
    assert cause.path == "$.data.id"
    assert [entry.state for entry in client._session.recovery.store.entries()] == ["unknown"]


def test_an_invoice_with_another_id_than_the_requested_one_is_an_error(side: Any, script: Any) -> None:
    paid = {"success": True, "data": {"id": "inv_OTHER", "status": "paid"}}
    client = side.client(script((200, paid)))
    for name in ("get", "with_response.get", "wait"):
        with pytest.raises(UnexpectedResponseError, match="requested invoice") as caught:
            side.call(client, name, "inv_mine")
        assert caught.value.path == "$.data.id"


def test_a_second_create_with_the_same_id_has_an_unknown_outcome(
    side: Any, script: Any, create: Any, time: Any, backend: Any, database_clock: None
) -> None:
    created = (200, {"success": True, "data": {"id": "inv_1", "status": "unpaid"}})
    client = side.client(
        script(created, created, (200, {"success": True, "data": {"invoices": []}})), time=time, journal=backend
    )
    assert side.call(client, "create", **create).id == "inv_1"
    with pytest.raises(OutcomeUnknownError, match="another create received") as caught:
        side.call(client, "create", **create)
    assert sorted(entry.state for entry in client._session.recovery.store.entries()) == ["created", "unknown"]
    assert side.call(client, "reconcile", caught.value.attempt) is None


# Delayed, interrupted and closed


def test_a_call_delayed_after_its_journal_entry_sends_nothing(
    side: Any, service: Any, time: Any, backend: Any, create: Any, database_clock: None
) -> None:
    client = side.client(service, time=time, journal=backend)
    store = client._session.recovery.store
    begin = store.begin

    def delayed(*arguments: Any) -> Any:
        noted = begin(*arguments)
        time.seconds += 3
        return noted

    store.begin = delayed
    with pytest.raises(APITimeoutError) as caught:
        side.call(client, "create", **create, timeout=1)
    assert caught.value.outcome == "not_sent"
    assert service.requests == []
    assert [entry.state for entry in store.entries()] == ["not_sent"]


def test_a_retry_that_wakes_up_after_the_deadline_is_not_sent(side: Any, service: Any, time: Any, create: Any) -> None:
    service.plan = [429]
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds + 60)
    client = side.client(service, time=time, rate_limit=None)
    with pytest.raises(Exception, match="429"):
        side.call(client, "create", **create, timeout=5)
    assert service.posts == 1


class Interrupted(BaseException):
    """Like KeyboardInterrupt, not a subclass of Exception."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Interrupted])
def test_an_interrupted_create_can_be_reconciled_in_the_same_process(
    side: Any, service: Any, time: Any, backend: Any, create: Any, kind: Any, database_clock: None
) -> None:
    client = side.client(service, time=time, journal=backend)
    handle = service.transport.handler

    def interrupt(request: httpx.Request) -> httpx.Response:
        handle(request)
        raise kind

    if side.name == "async" and kind is KeyboardInterrupt:
        pytest.skip("such an exception ends the event loop")
    service.transport.handler = interrupt
    with pytest.raises(kind) as caught:
        side.call(client, "create", **create)
    service.transport.handler = handle
    (attempt,) = side.call(client, "unresolved")
    assert any(attempt.id in note for note in caught.value.__notes__)
    assert side.call(client, "reconcile", attempt).id == "inv_1"
    assert side.call(client, "unresolved") == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Interrupted])
def test_a_create_interrupted_in_the_queue_is_recorded_as_not_sent(
    side: Any, service: Any, time: Any, backend: Any, create: Any, kind: Any, database_clock: None
) -> None:
    if side.name == "async" and kind is KeyboardInterrupt:
        pytest.skip("such an exception ends the event loop")

    def interrupt(seconds: float) -> None:
        raise kind

    time.sleep = interrupt
    settings = {"rate_limit": RateLimit(1, per=10), "token": uuid.uuid4().hex}
    client = side.client(service, time=time, journal=backend, **settings)
    side.call(client, "create", **create)
    with pytest.raises(kind):
        side.call(client, "create", **create)
    assert sorted(entry.state for entry in client._session.recovery.store.entries()) == ["created", "not_sent"]
    assert service.posts == 1


def test_a_cancelled_create_leaves_an_unresolved_attempt(side: Any, service: Any, create: Any, backend: Any) -> None:
    if side.name == "sync":
        pytest.skip("only a task can be cancelled")
    client = side.client(service, journal=backend)
    handle = service.transport.handler

    async def scenario() -> None:
        started = asyncio.Event()

        async def hang(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                handle(request)
                started.set()
                await asyncio.sleep(60)
            return handle(request)

        service.transport.handler = hang
        task = asyncio.ensure_future(client.invoices.create(**create))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (attempt,) = await client.invoices.unresolved()
        assert (await client.invoices.reconcile(attempt)).id == "inv_1"

    side.run(scenario())


def test_a_create_needs_no_thread_of_the_default_executor(side: Any, service: Any, create: Any, journal: Any) -> None:
    """All threads of the default executor can be busy for longer than the timeout of the call."""
    if side.name == "sync":
        pytest.skip("only AsyncPaisr has an event loop")
    stop = threading.Event()
    client = side.client(service, journal=journal)

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        waiting = [loop.run_in_executor(None, stop.wait) for _ in range(64)]
        try:
            attempts = [await client.invoices.create(**create, timeout=10) for _ in range(2)]
            assert [one.id for one in attempts] == ["inv_1", "inv_2"]
            assert await client.invoices.reconcile_journal(timeout=10) == []
            assert not any(one.done() for one in waiting)
        finally:
            stop.set()
            await asyncio.gather(*waiting)

    side.run(scenario())


def test_the_attempt_of_a_collected_call_is_no_longer_in_flight(
    side: Any, service: Any, backend: Any, time: Any
) -> None:
    client = side.client(service, time=time, journal=backend)
    steps = client._session.call(operation_named("create_invoice"), CREATE, None)
    step = next(steps)
    if backend is not None:
        step = steps.send(step.work())
    assert step.request.method == "POST"
    (entry,) = client._session.recovery.store.entries()
    assert entry.in_flight
    del steps, step
    gc.collect()
    (entry,) = client._session.recovery.store.entries()
    assert not entry.in_flight
    assert entry.attempt.id not in at_work or at_work[entry.attempt.id].is_over


def test_closing_the_client_during_a_backoff_prevents_the_retry(
    side: Any, service: Any, time: Any, create: Any
) -> None:
    service.plan = [429]
    sleep = time.sleep

    def close(seconds: float) -> None:
        client._closed = True
        sleep(seconds)

    time.sleep = close
    client = side.client(service, time=time, rate_limit=None)
    with pytest.raises(APIConnectionError, match="closed") as caught:
        side.call(client, "create", **create)
    assert caught.value.outcome == "not_sent"
    assert service.posts == 1
