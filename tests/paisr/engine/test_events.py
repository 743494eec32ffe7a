"""Events for the `on_event` hook and lines in the log, both without the token."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr import (
    APITimeoutError,
    AsyncPaisr,
    CallEvent,
    ConfigurationError,
    PaisrError,
    RateLimit,
    RateLimitTimeoutError,
)

TOKEN = "CANARY-c0ffee-token"
LOST = httpx.ReadError("the response was lost")
REFUSED = httpx.ConnectError("refused")
WHERE = "could not connect to api.live.paisr.tech:443:"


@pytest.fixture
def events() -> list[CallEvent]:
    return []


def brief(events: list[CallEvent]) -> list[tuple[Any, ...]]:
    return [(event.name, event.attempt, event.seconds, event.status, event.error) for event in events]


def taking(time: Any, seconds: float, *response: Any) -> Callable[[httpx.Request], httpx.Response]:
    """A response after SECONDS."""

    def respond(_request: httpx.Request) -> httpx.Response:
        time.seconds += seconds
        return httpx.Response(response[0], json=response[1], headers=response[2] if len(response) > 2 else None)

    return respond


def test_a_retried_call_sends_an_event_for_each_step(
    side: Any, script: Any, time: Any, invoice: Any, events: list[CallEvent]
) -> None:
    responses = script(taking(time, 0.25, 503, {}, {"X-Request-Id": "req-1"}), REFUSED, taking(time, 0.5, 200, invoice))
    client = side.client(responses, time=time, on_event=events.append, base_url="https://api.example/v2")
    side.call(client, "get", "inv_123456")
    assert brief(events) == [
        ("sent", 1, 0.0, None, None),
        ("answered", 1, 0.25, 503, None),
        ("retried", 1, 0.5, 503, None),
        ("sent", 2, 0.0, None, None),
        ("answered", 2, 0.0, None, "connection"),
        ("retried", 2, 1.0, None, "connection"),
        ("sent", 3, 0.0, None, None),
        ("answered", 3, 0.5, 200, None),
        ("outcome", 3, 2.25, 200, None),
    ]
    assert {(event.operation, event.method, event.id, event.url) for event in events} == {
        ("get_invoice", "GET", "inv_123456", "https://api.example/v2/invoices/inv_123456")
    }
    assert len({event.call for event in events}) == 1
    assert [event.request_id for event in events if event.request_id] == ["req-1", "req-1"]
    assert [event.reason for event in events if event.reason] == ["could not connect to api.example:443: refused"] * 2
    assert [event.outcome for event in events if event.outcome] == ["succeeded"]


def test_a_known_key_sends_no_request_and_no_event(
    side: Any, script: Any, create: Any, invoice: Any, events: list[CallEvent], path: Path
) -> None:
    client = side.client(script((200, invoice)), on_event=events.append, journal=path)
    for _run in range(2):
        assert side.call(client, "create", **create, key="2026-12/17").id == "inv_123456"
    assert [event.name for event in events] == ["sent", "answered", "outcome"]


def test_every_call_has_a_number_of_its_own(side: Any, script: Any, invoice: Any, events: list[CallEvent]) -> None:
    client = side.client(script((200, invoice)), on_event=events.append)
    for _call in range(2):
        side.call(client, "get", "inv_123456")
    assert [event.name for event in events] == ["sent", "answered", "outcome"] * 2
    assert len({event.call for event in events}) == 2


def test_the_outcome_event_of_a_create_has_its_id(
    side: Any, script: Any, create: Any, invoice: Any, events: list[CallEvent]
) -> None:
    invoice["data"]["session"] = None
    side.call(side.client(script((200, invoice)), on_event=events.append), "create", **create)
    assert [(event.operation, event.method, event.id) for event in events] == [
        ("create_invoice", "POST", None),
        ("create_invoice", "POST", None),
        ("create_invoice", "POST", "inv_123456"),
    ]


@pytest.mark.parametrize(
    ("happens", "outcome", "error"),
    [
        ((422, {}), "rejected", "UnprocessableEntityError"),
        ((500, {}), "unknown", "ServerError"),
        (LOST, "unknown", "APIConnectionError"),
        (httpx.ConnectTimeout("slow"), "not_sent", "APITimeoutError"),
        ((200, {"success": True}), "unknown", "UnexpectedResponseError"),
    ],
)
def test_the_outcome_event_has_the_outcome_of_the_error(
    side: Any, script: Any, time: Any, create: Any, events: list[CallEvent], happens: Any, outcome: str, error: str
) -> None:
    client = side.client(script(happens), time=time, on_event=events.append, max_retries=0)
    with pytest.raises(PaisrError):
        side.call(client, "create", **create)
    assert (events[-1].name, events[-1].outcome, events[-1].error) == ("outcome", outcome, error)


def test_the_event_of_an_unreadable_body_has_a_status_and_an_error(
    side: Any, script: Any, time: Any, events: list[CallEvent], caplog: pytest.LogCaptureFixture
) -> None:
    responses = script((200, b"{}", [("Content-Encoding", "x-other")]))
    with caplog.at_level("DEBUG", logger="paisr"), pytest.raises(PaisrError):
        side.call(side.client(responses, time=time, on_event=events.append), "get", "inv_1")
    assert brief(events)[1:] == [
        ("answered", 1, 0.0, 200, "response"),
        ("outcome", 1, 0.0, 200, "UnexpectedResponseError"),
    ]
    [line] = [record.getMessage() for record in caplog.records]
    assert line == f"get_invoice attempt 1: {events[1].reason} in 0.000 s"


def test_a_call_that_is_refused_before_sending_sends_no_event(side: Any, script: Any, events: list[CallEvent]) -> None:
    with pytest.raises(PaisrError):
        side.call(side.client(script(LOST), on_event=events.append), "get", "../x")
    assert events == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_call_sends_its_outcome_event(
    side: Any, script: Any, events: list[CallEvent], interruption: type[BaseException]
) -> None:
    client = side.client(script(interruption()), on_event=events.append)
    with contextlib.suppress(interruption):
        side.call(client, "get", "inv_123456")
    assert brief(events)[-1][:2] == ("outcome", 1)
    assert (events[-1].error, events[-1].outcome) == (interruption.__name__, "unknown")


@pytest.mark.parametrize(("waits_for", "attempt", "outcome"), [("limit", 0, "not_sent"), ("response", 1, "unknown")])
def test_a_cancelled_call_sends_its_outcome_event(
    invoice: Any, events: list[CallEvent], waits_for: str, attempt: int, outcome: str
) -> None:
    reached = asyncio.Event()

    async def respond(_request: httpx.Request) -> httpx.Response:
        if waits_for == "response":
            reached.set()
            await asyncio.Event().wait()
        return httpx.Response(200, json=invoice)

    def hook(event: CallEvent) -> None:
        events.append(event)
        if event.name == "queued":
            reached.set()

    async def main() -> None:
        rate = RateLimit(1, per=60)
        async with AsyncPaisr(
            TOKEN, transport=httpx.MockTransport(respond), on_event=hook, rate_limit=rate, timeout=600
        ) as client:
            if waits_for == "limit":
                await client.invoices.get("inv_123456")
            call = asyncio.create_task(client.invoices.get("inv_123456"))
            await asyncio.wait_for(reached.wait(), 30)
            call.cancel()
            await asyncio.wait([call])
            assert call.cancelled()

    asyncio.run(main())
    assert (events[-1].name, events[-1].attempt, events[-1].error) == ("outcome", attempt, "CancelledError")
    assert events[-1].outcome == outcome


def limited(side: Any, script: Any, time: Any, invoice: Any, **settings: Any) -> Any:
    """A client that has used its ten requests in ten minutes, so that the next call waits."""
    rate = RateLimit(10, per=600)
    client = side.client(script((200, invoice)), time=time, rate_limit=rate, timeout=10_000, **settings)
    for _call in range(10):
        side.call(client, "get", "inv_123456")
    return client


def test_a_wait_for_the_rate_limit_is_one_event_with_its_total_duration(
    side: Any, script: Any, time: Any, invoice: Any, events: list[CallEvent]
) -> None:
    client = limited(side, script, time, invoice, on_event=events.append)
    events.clear()
    side.call(client, "get", "inv_123456")
    assert [(event.name, event.attempt) for event in events] == [
        ("queued", 0),
        ("sent", 1),
        ("answered", 1),
        ("outcome", 1),
    ]
    assert [event.seconds for event in events] == [pytest.approx(610), pytest.approx(610), 0.0, pytest.approx(610)]


def test_a_wait_beyond_the_deadline_sends_only_the_outcome_event(
    side: Any, script: Any, time: Any, invoice: Any, events: list[CallEvent]
) -> None:
    client = limited(side, script, time, invoice, on_event=events.append)
    events.clear()
    with pytest.raises(RateLimitTimeoutError):
        side.call(client, "get", "inv_123456", timeout=5.0)
    assert brief(events) == [("outcome", 0, 0.0, None, "RateLimitTimeoutError")]
    assert events[0].outcome == "not_sent"


def test_the_log_has_a_line_for_a_long_wait_and_for_each_retry(
    side: Any, script: Any, time: Any, invoice: Any, create: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = limited(side, script, time, invoice)
    with caplog.at_level("INFO", logger="paisr"):
        side.call(client, "get", "inv_123456")
        responses = script((429, {}, [("X-Request-Id", "req-7")]), REFUSED, (200, invoice))
        side.call(side.client(responses, time=time, rate_limit=None), "create", **create)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "get_invoice inv_123456 waits 610.0 s for the rate limit"),
        ("INFO", "create_invoice attempt 1: 429 (request id req-7), retried in 0.500 s"),
        ("INFO", f"create_invoice attempt 2: {WHERE} refused, retried in 1.000 s"),
    ]


def test_a_short_wait_is_not_logged(
    side: Any, script: Any, time: Any, invoice: Any, caplog: pytest.LogCaptureFixture, events: list[CallEvent]
) -> None:
    rate = RateLimit(1, per=0.5)
    client = side.client(script((200, invoice)), time=time, rate_limit=rate, on_event=events.append)
    with caplog.at_level("INFO", logger="paisr"):
        for _call in range(2):
            side.call(client, "get", "inv_123456")
    assert [event.name for event in events].count("queued") == 1
    assert caplog.records == []


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_event_and_no_log_line_has_a_token_that_the_service_echoes(
    side: Any, script: Any, time: Any, events: list[CallEvent], caplog: pytest.LogCaptureFixture, level: str
) -> None:
    echo = (503, TOKEN.encode(), [("X-Request-Id", f"req-{TOKEN}-7"), ("X-Echo", TOKEN)])
    made = (200, {"success": True, "data": {"id": f"inv_{TOKEN}", "status": "paid"}})
    client = side.client(
        script(echo, httpx.ConnectError(f"refused {TOKEN}"), made), token=TOKEN, time=time, on_event=events.append
    )
    with caplog.at_level(level, logger="paisr"):
        side.call(client, "get", f"inv_{TOKEN}")
    assert {(event.id, event.url.rpartition("/")[2]) for event in events} == {("inv_[secret]", "inv_[secret]")}
    assert [event.name for event in events].count("answered") == 3
    assert "req-[secret]-7" in [event.request_id for event in events]
    assert f"{WHERE} refused [secret]" in [event.reason for event in events]
    assert TOKEN not in repr(events)
    assert TOKEN not in "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)


def test_a_text_of_the_service_becomes_one_short_printable_line(
    side: Any, script: Any, time: Any, events: list[CallEvent]
) -> None:
    responses = script((500, {}, [("X-Request-Id", "a\x1b[31m" + "b" * 1000)]))
    with contextlib.suppress(PaisrError):
        side.call(side.client(responses, time=time, on_event=events.append, max_retries=0), "get", "inv_1")
    assert events[1].request_id is not None
    assert events[1].request_id.isprintable()
    assert len(events[1].request_id) <= 201


def test_a_hook_that_raises_does_not_fail_the_call_and_is_logged_once(
    side: Any, script: Any, time: Any, invoice: Any, caplog: pytest.LogCaptureFixture, events: list[CallEvent]
) -> None:
    def hook(event: CallEvent) -> None:
        events.append(event)
        raise LookupError("of the hook")

    client = side.client(script((503, {}), (200, invoice)), time=time, on_event=hook)
    with caplog.at_level(logging.WARNING, logger="paisr"):
        for _call in range(2):
            assert side.call(client, "get", "inv_123456").id == "inv_123456"
    assert len(events) == 9
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "on_event failed at 'sent'" in caplog.text
    assert "LookupError: of the hook" in caplog.text


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_a_hook_can_interrupt_before_anything_is_sent(
    side: Any, script: Any, create: Any, interruption: type[BaseException]
) -> None:
    def hook(event: CallEvent) -> None:
        if event.name == "sent":
            raise interruption

    responses = script(LOST)
    client = side.client(responses, on_event=hook)
    with contextlib.suppress(interruption):
        side.call(client, "create", **create)
    assert responses.requests == []
    assert side.call(client, "unresolved") == []


def test_a_hook_adds_headers_to_the_current_attempt(
    side: Any, script: Any, time: Any, invoice: Any, create: Any
) -> None:
    def hook(event: CallEvent) -> None:
        if event.name == "sent":
            event.add_header("X-Attempt", f"{event.attempt}")

    responses = script((429, {}), (200, invoice))
    side.call(side.client(responses, time=time, on_event=hook), "create", **create)
    assert [request.headers.get_list("X-Attempt") for request in responses.requests] == [["1"], ["2"]]
    assert {request.headers["Content-Type"] for request in responses.requests} == {"application/json"}


@pytest.mark.parametrize(
    ("name", "value"), [("Authorization", "x"), ("X-A\r\nX-B", "x"), ("X-A", "x\r\nX-B: y"), ("X-A", 7), ("", "x")]
)
def test_a_hook_cannot_add_an_invalid_or_reserved_header(
    side: Any, script: Any, invoice: Any, name: str, value: Any
) -> None:
    refused: list[ConfigurationError] = []

    def hook(event: CallEvent) -> None:
        with pytest.raises(ConfigurationError) as caught:
            event.add_header(name, value)
        refused.append(caught.value)

    responses = script((200, invoice))
    side.call(side.client(responses, on_event=hook), "get", "inv_123456")
    assert len(refused) == 3
    assert responses.requests[0].headers["Authorization"] == "Bearer tok_of_these_tests"
    assert not {"x-a", "x-b", ""} & set(responses.requests[0].headers)


def test_a_call_without_a_hook_creates_no_event(
    side: Any, script: Any, invoice: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paisr._engine.events.CallEvent", None)
    client = side.client(script((200, invoice)))
    with caplog.at_level("WARNING", logger="paisr"):
        side.call(client, "get", "inv_123456")
    with caplog.at_level("INFO", logger="paisr"), pytest.raises(TypeError):
        side.call(client, "get", "inv_123456")


def test_a_timeout_before_a_retry_reports_how_the_attempt_ended(
    side: Any, script: Any, time: Any, events: list[CallEvent]
) -> None:
    rate = RateLimit(1, per=60)
    client = side.client(script(REFUSED), time=time, rate_limit=rate, on_event=events.append, timeout=20)
    with pytest.raises(PaisrError) as caught:
        side.call(client, "get", "inv_1")
    assert not isinstance(caught.value, APITimeoutError | RateLimitTimeoutError)
    assert [event.name for event in events] == ["sent", "answered", "retried", "outcome"]
    assert events[-1].error == "APIConnectionError"
