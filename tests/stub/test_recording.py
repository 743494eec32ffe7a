"""The recording of requests keeps within its bounds."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import httpx
import pytest

from paisr_stub import StubApp
from paisr_stub._app import MAX_BODY as MAX_READ
from paisr_stub._app import MAX_DRAINED
from paisr_stub._recording import MAX_BODY, MAX_BYTES, MAX_REQUESTS, OVERHEAD, Recording


def add(recording: Recording, **changes: Any) -> None:
    parts: dict[str, Any] = {"method": "POST", "path": "/", "query": "", "headers": {}, "body": b""}
    recording.add(**{**parts, "status": 200, "operation": None, **changes})


def test_the_newest_requests_are_kept() -> None:
    recording = Recording()
    for number in range(MAX_REQUESTS + 5):
        add(recording, query=str(number))
    kept = recording.all()
    assert (len(kept), kept[0].query, kept[-1].query) == (MAX_REQUESTS, "5", str(MAX_REQUESTS + 4))
    recording.clear()
    assert recording.all() == []


def test_a_large_body_is_truncated_and_its_json_says_so() -> None:
    recording = Recording()
    add(recording, body=b"[" + b"1," * MAX_BODY + b"1]")
    add(recording, body=b"[0.10]")
    large, small = recording.all()
    assert (len(large.body), large.body_size) == (MAX_BODY, 2 * MAX_BODY + 3)
    with pytest.raises(ValueError, match="131075 bytes, of which 65536 were kept"):
        large.json()
    assert (small.body_size, str(small.json())) == (6, "[Decimal('0.10')]")


@pytest.mark.parametrize("part", ["body", "path", "query", "headers"])
def test_the_total_size_is_bounded(part: str) -> None:
    recording = Recording()
    large: dict[str, Any] = {
        "body": bytes(MAX_BODY),
        "path": "p" * MAX_BODY,
        "query": "q" * MAX_BODY,
        "headers": {"h": "h" * (MAX_BODY - 1)},
    }
    for _ in range(2 * MAX_BYTES // MAX_BODY):
        add(recording, **{part: large[part]})
    assert len(recording.all()) == MAX_BYTES // (MAX_BODY + OVERHEAD + 10)
    for _ in range(100):
        add(recording)
    assert len(recording.all()) > 100


def test_a_cleared_recording_keeps_as_much_as_a_new_one() -> None:
    recording = Recording()
    kept: list[int] = []
    for _ in range(2):
        for _ in range(2 * MAX_BYTES // MAX_BODY):
            add(recording, body=bytes(MAX_BODY))
        kept.append(len(recording.all()))
        recording.clear()
    assert kept[0] == kept[1]


def test_an_endless_body_without_a_token_is_read_up_to_a_bound_and_recorded_without_its_bytes(app: StubApp) -> None:
    chunk = 1 << 16
    most = MAX_DRAINED // chunk + 1
    received: list[int] = []
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        assert len(received) < most, "the stub reads on"
        received.append(chunk)
        return {"type": "http.request", "body": bytes(chunk), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v2/invoices", "query_string": b"", "headers": []}
    tracemalloc.start()
    try:
        asyncio.run(app(scope, receive, send))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(received) == most
    assert peak < 3 * MAX_READ
    (request,) = app.requests
    assert (sent[0]["status"], request.status, request.body, request.operation) == (413, 413, b"", None)


def test_memory_does_not_grow_with_many_large_requests(app: StubApp) -> None:
    body = bytes(1 << 20)

    async def post(times: int) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://stub/v2") as client:
            for _ in range(times):
                assert (await client.post("/invoices", content=body)).status_code == 401

    tracemalloc.start()
    try:
        asyncio.run(post(100))
        before, _ = tracemalloc.get_traced_memory()
        asyncio.run(post(700))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert before < after < 1.1 * MAX_BYTES  # of 800 MiB that were sent
    assert app.requests[-1].body_size == 1 << 20
