"""`create_many`: one invoice for each row, also over repeated and concurrent calls."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import subprocess
import sys
import time as time_of_day
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from dateutil.relativedelta import relativedelta
from msgspec.structs import replace

from paisr import (
    AsyncPaisr,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    PermissionDeniedError,
    RateLimit,
    RowResult,
    UnprocessableEntityError,
)
from paisr._base.processes import current_process_token
from paisr._bulk import in_parallel
from paisr._recovery.store import AttemptStore

Results = list[RowResult]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"customer": "cus_123456", "summary": f"Rent {number}", "due": "In 3 days", **changes}


@pytest.fixture
def many(side: Any) -> Callable[..., Results]:
    """The results of `create_many`, in the order of the rows."""

    def many(client: Any, rows: Any, **options: Any) -> Results:
        results = client.invoices.create_many(rows, **options)
        if side.name == "sync":
            return list(results)

        async def collected() -> Results:
            return [one async for one in results]

        return sorted(side.run(collected()), key=lambda one: one.index)

    return many


@pytest.fixture
def client(side: Any, service: Any, path: Any) -> Any:
    return side.client(service, journal=path)


def test_each_row_has_its_invoice_and_a_second_call_sends_nothing(client: Any, service: Any, many: Any) -> None:
    rows = [row(number) for number in range(20)]
    first = many(client, iter(rows))
    assert [one.index for one in first] == list(range(20))
    assert sorted(one.created.id for one in first) == sorted(one["id"] for one in service.invoices)
    assert all(one.is_new and one.error is None for one in first)
    sent = len(service.requests)

    second = many(client, rows)
    assert len(service.requests) == sent == 20
    assert [(one.key, one.created.id) for one in second] == [(one.key, one.created.id) for one in first]
    assert not any(one.is_new for one in second)


def test_an_edited_list_does_not_shift_keys(client: Any, service: Any, many: Any) -> None:
    many(client, [row(1), row(2), row(3)])
    results = many(client, [row(0), row(3), row(1)])
    assert [one.is_new for one in results] == [True, False, False]
    assert service.posts == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"items": [{"description": "a", "quantity": "1", "unit_price": "75"}]},
         {"items": [{"unit_price": Decimal("75.00"), "quantity": 1, "description": "a"}]}),
        ({"due": timedelta(days=3)}, {"due": relativedelta(days=3)}),
        ({"items": ()}, {"items": None}),
        ({"currency": None}, {}),
    ],
)  # fmt: skip
def test_rows_with_the_same_meaning_have_the_same_key(
    one: dict[str, Any], other: dict[str, Any], client: Any, many: Any
) -> None:
    (first,), (second,) = many(client, [row(1, **one)], dry_run=True), many(client, [row(1, **other)], dry_run=True)
    assert first.key == second.key is not None


def test_rows_with_different_content_have_different_keys(client: Any, many: Any) -> None:
    def priced(price: str) -> dict[str, Any]:
        return row(1, items=[{"description": "a", "quantity": 1, "unit_price": price}])

    rows = [row(1), row(2), row(1, due="In 4 days"), row(1, currency="USD"), priced("1"), priced("10"), priced("100")]
    assert len({one.key for one in many(client, rows, dry_run=True)}) == len(rows)


def test_a_row_with_a_due_date_has_the_same_key_on_another_day(
    side: Any, service: Any, path: Any, time: Any, many: Any
) -> None:
    rows = [row(1, due=date(2024, 5, 20))]
    (first,) = many(side.client(service, journal=path, time=time), rows)
    day = timedelta(days=1)
    tomorrow = replace(time.runtime, now=lambda: time.now() + day, today=lambda: date(2024, 5, 1) + day)
    (second,) = many(side.client(service, journal=path, time=SimpleNamespace(runtime=tomorrow)), rows)
    assert (second.key, second.created, second.is_new) == (first.key, first.created, False)
    assert service.posts == 1


def later(time: Any, days: int) -> Any:
    """A clock that is DAYS ahead of TIME."""
    wall, today = timedelta(days=days), date(2024, 5, 1) + timedelta(days=days)
    return SimpleNamespace(runtime=replace(time.runtime, now=lambda: time.now() + wall, today=lambda: today))


@pytest.mark.parametrize("due", [date(2024, 5, 20), date(2024, 5, 2)])
@pytest.mark.parametrize("key", [None, "2024-05/1"])
@pytest.mark.skipif(not hasattr(time_of_day, "tzset"), reason="the time zone of a process is set on POSIX only")
def test_a_finished_row_stays_finished_in_another_time_zone(
    due: date, key: str | None, side: Any, service: Any, path: Any, time: Any, many: Any, zone: Callable[[str], None]
) -> None:
    """Half past ten in the evening in Paramaribo is the next day in UTC."""
    moment = datetime(2024, 5, 2, 1, 30, tzinfo=UTC)
    runtime = replace(time.runtime, now=lambda: moment, today=lambda: moment.astimezone().date())
    client = side.client(service, journal=path, time=SimpleNamespace(runtime=runtime))
    zone("SRT3")
    (first,) = many(client, [row(1, due=due, key=key)])
    zone("UTC0")
    (second,) = many(client, [row(1, due=due, key=key)])
    assert first.error is None
    assert (second.key, second.created, second.is_new) == (first.key, first.created, False)
    assert service.posts == 1


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Set the time zone of this process, for one test."""

    def zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time_of_day.tzset()

    yield zone
    monkeypatch.undo()
    time_of_day.tzset()


@pytest.mark.parametrize("key", [None, "2024-05/1"])
def test_a_finished_row_stays_finished_after_its_due_date(
    key: str | None, side: Any, service: Any, path: Any, time: Any, many: Any
) -> None:
    rows = [row(1, due=date(2024, 5, 4), key=key), row(2, due=date(2024, 5, 4))]
    (first, _) = many(side.client(service, journal=path, time=time), rows)
    rows[1] = row(3, due=date(2024, 5, 4))
    (second, new) = many(side.client(service, journal=path, time=later(time, 10)), rows)
    assert (second.key, second.created, second.is_new) == (first.key, first.created, False)
    assert "due=2024-05-04 is not after today" in str(new.error)
    assert service.posts == 2


def test_another_due_date_with_the_same_key_is_refused(
    side: Any, service: Any, path: Any, time: Any, many: Any
) -> None:
    client = side.client(service, journal=path, time=time)
    many(client, [row(1, due=date(2024, 5, 4), key="1")])
    for due in (date(2024, 5, 5), "In 4 days"):
        (result,) = many(client, [row(1, due=due, key="1")])
        assert "was used for another request, which differs in due" in str(result.error)


def test_a_row_can_have_its_own_key(client: Any, service: Any, many: Any) -> None:
    results = many(client, [row(1, key="2026-12/1"), row(1, key="2026-12/2")])
    assert [one.key for one in results] == ["2026-12/1", "2026-12/2"]
    assert service.posts == 2


@pytest.mark.parametrize("changes", [{}, {"key": "one"}])
def test_a_second_row_of_the_same_key_or_content_is_refused(
    changes: dict[str, Any], client: Any, service: Any, many: Any
) -> None:
    first, second = many(client, [row(1, **changes), row(1, **changes)])
    assert first.created is not None
    assert isinstance(second.error, InvalidArgumentError)
    assert "the row with index 0" in str(second.error)
    assert (first.duplicate_of, second.duplicate_of) == (None, 0)
    assert service.posts == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (row(1, items=[{"description": "a", "quantity": 1, "unit_price": "1.234"}], currency="SRD"),
         "items[0].unit_price=1.234 has more than 2 decimals, and SRD has 2"),
        (row(1, items=[{"description": "a", "quantity": 1, "unit_price": "0.001"}]), "the currency has 2"),
        (row(1, curency="SRD"), "A row has 'curency'; it can have customer, summary, currency, due, items and key"),
        (row(1, summary=None), "summary is None"),
        (row(1, due=None), "due is None"),
        (row(1, currency="GBP"), "'GBP' is not known to the API"),
        (row(1, key=7), "key is an int"),
        ("a text", "A row is a str"),
    ],
)  # fmt: skip
def test_an_invalid_row_is_refused_and_the_others_are_created(
    wrong: Any, message: str, client: Any, service: Any, many: Any
) -> None:
    refused, right = many(client, [wrong, row(2)])
    assert isinstance(refused.error, InvalidArgumentError)
    assert message in str(refused.error)
    assert (refused.created, refused.is_new, service.posts) == (None, False, 1)
    assert right.created is not None


def test_trailing_zeros_do_not_count_as_decimals(client: Any, many: Any) -> None:
    item = {"description": "a", "quantity": "1.125", "unit_price": "1.2300"}
    (result,) = many(client, [row(1, items=[item])])
    assert result.created is not None


def test_a_dry_run_checks_every_row_and_sends_nothing(side: Any, service: Any, many: Any) -> None:
    results = many(side.client(service), [row(1), row(2, due=""), row(3)], dry_run=True)
    assert [one.error is None for one in results] == [True, False, True]
    assert service.requests == []


def test_rows_that_the_service_refuses_are_results(client: Any, service: Any, many: Any) -> None:
    service.plan = [422]
    results = many(client, [row(1), row(2)])
    (refused,) = [one.error for one in results if one.error]
    assert isinstance(refused, UnprocessableEntityError)
    assert len(service.invoices) == 1


@pytest.mark.parametrize("problem", [401, 403, "no journal"])
def test_an_error_that_concerns_every_row_is_raised(
    problem: Any, side: Any, service: Any, path: Any, many: Any
) -> None:
    client = side.client(service, **({} if problem == "no journal" else {"journal": path}))
    service.plan = [problem] * 20
    kinds = {"no journal": ConfigurationError, 401: AuthenticationError, 403: PermissionDeniedError}
    with pytest.raises(kinds[problem]):
        many(client, (row(number) for number in range(100)))
    assert service.posts <= 8


@pytest.mark.parametrize("rows", [[], [{}]])
def test_a_missing_journal_is_an_error_for_any_rows(rows: Any, side: Any, service: Any, many: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^create_many needs a journal, .*; make the client with journal=\.$"):
        many(side.client(service), rows)


def test_undecided_rows_are_retried_after_the_others(side: Any, service: Any, path: Any, time: Any, many: Any) -> None:
    service.plan = ["lose", "drop"]
    client = side.client(service, journal=path, time=time)
    results = many(client, [row(number) for number in range(5)])
    assert len({one.created.id for one in results}) == 5
    assert len(service.invoices) == 5
    assert all(one.is_new for one in results)
    assert sum(time.slept) >= 60, "a lost request was decided before a create is settled"
    sent = len(service.requests)
    again = many(client, [row(number) for number in range(5)])
    by_row = sorted(results, key=lambda one: one.index)
    assert [one.created for one in again] == [one.created for one in by_row]
    assert len(service.requests) == sent, "a second call sent requests"


def test_a_run_uses_at_least_95_percent_of_the_rate(side: Any, service: Any, path: Any, time: Any, many: Any) -> None:
    client = side.client(service, journal=path, time=time, rate_limit=RateLimit(250, per=60))
    one_at_a_time = {} if side.name == "sync" else {"concurrency": 1}
    begun = time.seconds
    many(client, (row(number) for number in range(1001)), **one_at_a_time)
    windows = (time.seconds - begun) / 60
    assert 1000 / (windows * 250) >= 0.95


def test_memory_does_not_grow_with_the_rows(side: Any, service: Any, many: Any) -> None:
    client = side.client(service)

    def peak(count: int) -> int:
        tracemalloc.start()
        results = client.invoices.create_many((row(number) for number in range(count)), dry_run=True)
        if side.name == "sync":
            for _ in results:
                pass
        else:
            side.run(exhausted(results))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    async def exhausted(results: Any) -> None:
        async for _ in results:
            pass

    peak(10)
    assert (peak(4000) - peak(500)) / 3500 < 200, "more bytes for each row than a number for its key needs"


def test_an_undecided_row_is_a_result_and_the_next_call_continues(
    side: Any, service: Any, path: Any, time: Any, many: Any
) -> None:
    client = side.client(service, journal=path, time=time)
    service.plan = ["drop"]
    listing = service.response

    def no_lists(data: Any) -> httpx.Response:
        return httpx.Response(500) if "invoices" in data else listing(data)

    service.response = no_lists
    (result,) = many(client, [row(1)])
    assert result.error is not None
    assert result.error.outcome == "unknown"
    service.response = listing
    (result,) = many(client, [row(1)])
    assert result.created is not None
    assert len(service.invoices) == 1


@pytest.fixture
def left_open(side: Any, service: Any, path: Any, time: Any, many: Any) -> Callable[..., None]:
    """Leave a row with an unknown outcome."""

    def left_open(row: dict[str, Any]) -> None:
        service.plan = ["drop"]
        listing, service.response = service.response, lambda _data: httpx.Response(500)
        (result,) = many(side.client(service, journal=path, time=time), [row])
        assert result.error.outcome == "unknown"
        service.response = listing
        service.requests.clear()
        time.slept.clear()

    return left_open


def test_a_row_with_an_unknown_outcome_delays_no_other_row(
    side: Any, service: Any, path: Any, time: Any, many: Any, left_open: Any
) -> None:
    left_open(row(0))
    waiting: list[tuple[int, float]] = []
    results = many(
        side.client(service, journal=path, time=time),
        [row(number) for number in range(12)],
        on_undecided=lambda index, seconds: waiting.append((index, seconds)),
        **(
            {} if side.name == "sync" else {"concurrency": 1}
        ),  # with several at a time, the last rows are still in flight
    )
    assert all(one.created is not None for one in results)
    assert waiting[0] == (0, 1.0)
    methods = [one.method for one in service.requests]
    assert methods[:12] == ["POST"] * 11 + ["GET"], "the open row was reconciled before the others were sent"


def test_a_row_of_a_killed_run_waits_until_it_can_be_decided(
    side: Any, service: Any, path: Any, time: Any, many: Any, left_open: Any
) -> None:
    left_open(row(0))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE paisr_attempts SET state = 'open', ends_at = ?, ends_mono = ?, process = ?",
            [
                time.now().timestamp() + 90,
                time.seconds + 90,
                f"{current_process_token().rpartition(' ')[0]} {ended.pid}",
            ],
        )
    waiting: list[float] = []
    client = side.client(service, journal=path, time=time)
    (result,) = many(client, [row(0)], on_undecided=lambda _index, seconds: waiting.append(seconds))
    assert result.created is not None
    assert len(service.invoices) == 1
    # 90 s until the killed call has certainly ended, 60 s until its create is settled.
    assert waiting[-1] == pytest.approx(150, abs=2)
    assert len(waiting) <= 3


def test_an_open_row_that_is_now_invalid_is_reconciled_and_not_refused(
    side: Any, service: Any, path: Any, time: Any, many: Any, left_open: Any
) -> None:
    rows = [row(0, due=date(2024, 5, 4))]
    left_open(rows[0])
    client = side.client(service, journal=path, time=later(time, 10))
    (result,) = many(client, rows)
    assert result.error.outcome == "unknown"
    assert "due=2024-05-04 is not after today" in str(result.error)
    ((attempt, _),) = side.call(client, "reconcile_journal")
    assert result.error.attempt.id == attempt.id


def test_finished_rows_are_looked_up_in_batches(
    side: Any, client: Any, service: Any, many: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(number) for number in range(100)]
    many(client, rows)
    asked: list[int] = []
    by_keys = AttemptStore.by_keys

    def counted(self: AttemptStore, service: str, keys: Any, timeout: float) -> Any:
        asked.append(len(keys))
        return by_keys(self, service, keys, timeout)

    monkeypatch.setattr(AttemptStore, "by_keys", counted)
    monkeypatch.setattr(in_parallel, "MAX_COLLECTING", 60.0)
    assert not any(one.is_new for one in many(client, rows))
    assert sum(asked) == 100
    assert asked == ([1] * 100 if side.name == "sync" else [8, 16, 32, 44])


def test_rows_before_an_error_of_their_iterator_are_created(client: Any, service: Any, many: Any) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield from (row(number) for number in range(3))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        many(client, rows())
    assert service.posts == 3


def test_rows_are_retried_when_the_service_cannot_be_reached(
    side: Any, script: Any, path: Any, time: Any, many: Any, invoice: Any
) -> None:
    down = [httpx.ConnectError("down")] * 3
    client = side.client(script(*down, (200, invoice)), journal=path, time=time, max_retries=0)
    (result,) = many(client, [row(1)])
    assert result.created is not None
    assert sum(time.slept) == pytest.approx(15)


def test_the_wait_for_the_rate_limit_does_not_count_as_timeout(
    side: Any, service: Any, path: Any, time: Any, many: Any
) -> None:
    client = side.client(service, journal=path, time=time, rate_limit=RateLimit(5, per=60))
    one_at_a_time = {} if side.name == "sync" else {"concurrency": 1}
    results = many(client, [row(number) for number in range(12)], timeout=10, **one_at_a_time)
    assert all(one.created is not None for one in results)
    assert service.posts == 12
    assert sum(time.slept) >= 120


def test_rows_are_consumed_lazily(side: Any, client: Any, many: Any) -> None:
    taken = itertools.count()

    def rows() -> Iterator[dict[str, Any]]:
        for number in taken:
            yield row(number)

    results = client.invoices.create_many(rows())
    if side.name == "sync":
        next(results)
    else:

        async def first() -> None:
            async with contextlib.aclosing(results):
                await anext(results)

        side.run(first())
    assert next(taken) <= 10


def test_a_consumer_that_stops_early_leaves_no_row_undecided(side: Any, service: Any, client: Any, many: Any) -> None:
    if side.name == "sync":
        for _ in client.invoices.create_many(row(number) for number in range(50)):
            break
    else:

        async def first() -> None:
            async with contextlib.aclosing(client.invoices.create_many(row(number) for number in range(50))) as results:
                async for _ in results:
                    break

        side.run(first())
    assert service.posts <= 8
    assert side.call(client, "unresolved") == []


async def _never(_request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(3600)
    raise AssertionError("the request was not cancelled")


def test_concurrency_is_bounded_and_cancelling_the_consumer_cancels_the_rows(path: Any) -> None:
    async def scenario() -> int:
        async with AsyncPaisr("tok", journal=path, transport=httpx.MockTransport(_never)) as client:

            async def consume() -> None:
                async for _ in client.invoices.create_many((row(n) for n in range(50)), concurrency=3):
                    pass

            task = asyncio.create_task(consume())
            while len(await client.invoices.unresolved()) < 3:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return len(await client.invoices.unresolved())

    assert asyncio.run(scenario()) == 3


def test_async_rows_are_created_before_an_error_of_their_iterator(service: Any, path: Any) -> None:
    async def rows() -> AsyncIterator[dict[str, Any]]:
        yield row(1)
        raise LookupError("the rows end here")

    async def scenario() -> list[RowResult]:
        async with AsyncPaisr("tok", journal=path, transport=service.transport) as client:
            results = client.invoices.create_many(rows(), concurrency=1)
            found = [await anext(results)]
            with pytest.raises(LookupError):
                await anext(results)
        return found

    assert [one.created is not None for one in asyncio.run(scenario())] == [True]


def test_rows_in_flight_have_their_results_before_an_error_of_the_iterator(service: Any, path: Any) -> None:
    async def scenario() -> list[RowResult]:
        are_in_flight = asyncio.Event()

        async def rows() -> AsyncIterator[dict[str, Any]]:
            yield row(1)
            yield row(2)
            are_in_flight.set()
            raise LookupError("the rows end here")

        async def respond(request: httpx.Request) -> httpx.Response:
            await are_in_flight.wait()
            response: httpx.Response = service(request)
            return response

        async with AsyncPaisr("tok", journal=path, transport=httpx.MockTransport(respond)) as client:
            results = client.invoices.create_many(rows(), concurrency=3)
            found = [await anext(results), await anext(results)]
            with pytest.raises(LookupError):
                await anext(results)
        return found

    assert sorted((one.index, one.created is not None) for one in asyncio.run(scenario())) == [(0, True), (1, True)]


def test_a_consumer_that_stops_early_waits_for_no_further_row(service: Any, path: Any) -> None:
    async def rows() -> AsyncIterator[dict[str, Any]]:
        yield row(1)
        await asyncio.sleep(3600)
        raise AssertionError("the rows were not cancelled")

    async def scenario() -> RowResult:
        async with (
            AsyncPaisr("tok", journal=path, transport=service.transport) as client,
            contextlib.aclosing(client.invoices.create_many(rows(), concurrency=2)) as results,
        ):
            return await anext(results)

    assert asyncio.run(asyncio.wait_for(scenario(), 30)).created is not None


@pytest.mark.parametrize("concurrency", [0, -1, "x", None, 1.5, True])
def test_a_concurrency_that_is_no_number_of_rows_is_refused(concurrency: Any, path: Any, service: Any) -> None:
    async def scenario() -> None:
        async with AsyncPaisr("tok", journal=path, transport=service.transport) as client:
            async for _ in client.invoices.create_many([row(1)], concurrency=concurrency):
                pass

    with pytest.raises(
        InvalidArgumentError, match=rf"concurrency={concurrency!r} is no whole number above zero; give .*\.$"
    ):
        asyncio.run(scenario())
