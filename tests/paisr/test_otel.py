"""Spans and metrics of calls and attempts follow the semantic conventions for HTTP clients, without secrets."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from typing import Any

import httpx
import pytest
from opentelemetry import baggage, context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from paisr import APIConnectionError, PaisrError, RateLimit
from paisr.otel import Telemetry

TOKEN = "CANARY/c0ffee/token"
SERVICE = {"http.request.method": "POST", "server.address": "api.example", "server.port": 443}


class Recorded:
    """The exported spans and metrics, in memory."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers, self.meters = TracerProvider(), MeterProvider([self.reader])
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.telemetry = Telemetry(tracer_provider=self.tracers, meter_provider=self.meters)

    @property
    def spans(self) -> list[Any]:
        """The spans in order of their start."""
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    @property
    def points(self) -> dict[str, list[Any]]:
        """The data points by the name of their metric."""
        data = self.reader.get_metrics_data()
        scopes = [scope for one in data.resource_metrics for scope in one.scope_metrics] if data else []
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}

    def shut_down(self) -> None:
        self.tracers.shutdown()
        self.meters.shutdown()


@pytest.fixture
def recorded() -> Any:
    recorded = Recorded()
    yield recorded
    recorded.shut_down()


def assert_nothing_is_kept(recorded: Recorded) -> None:
    assert (recorded.telemetry._calls, recorded.telemetry._attempts) == ({}, {})


@pytest.fixture
def client(side: Any, time: Any, recorded: Recorded) -> Any:
    def client(script: Any, **settings: Any) -> Any:
        given = {"on_event": recorded.telemetry, "base_url": "https://api.example/v2", "time": time, **settings}
        return side.client(script, **given)

    return client


def test_a_retried_create_is_a_tree_of_spans(
    side: Any, script: Any, create: Any, invoice: Any, client: Any, recorded: Recorded
) -> None:
    responses = script((429, {}, [("X-Request-Id", "req-7")]), httpx.ConnectError("refused"), (200, invoice))
    with recorded.tracers.get_tracer("caller").start_as_current_span("billing run") as outer:
        side.call(client(responses), "create", **create)
    run, call, *attempts = recorded.spans
    assert (run.name, call.name, [one.name for one in attempts]) == ("billing run", "create_invoice", ["POST"] * 3)
    assert call.parent.span_id == outer.get_span_context().span_id
    assert {one.parent.span_id for one in attempts} == {call.context.span_id}
    assert {one.context.trace_id for one in recorded.spans} == {outer.get_span_context().trace_id}
    assert (call.kind.name, {one.kind.name for one in attempts}) == ("INTERNAL", {"CLIENT"})
    url = {"url.full": "https://api.example/v2/invoices"}
    assert [dict(one.attributes) for one in (call, *attempts)] == [
        {"paisr.outcome": "succeeded", "paisr.attempts": 3, "paisr.id": "inv_123456"},
        {
            **SERVICE,
            **url,
            "http.response.status_code": 429,
            "error.type": "429",
            "paisr.request_id": "req-7",
        },
        {**SERVICE, **url, "http.request.resend_count": 1, "error.type": "connection"},
        {**SERVICE, **url, "http.request.resend_count": 2, "http.response.status_code": 200},
    ]
    assert [one.status.status_code.name for one in (call, *attempts)] == ["UNSET", "ERROR", "ERROR", "UNSET"]
    assert [request.headers["traceparent"] for request in responses.requests] == [
        f"00-{one.context.trace_id:032x}-{one.context.span_id:016x}-{one.context.trace_flags:02x}" for one in attempts
    ]
    assert_nothing_is_kept(recorded)


def test_metrics_record_waits_retries_and_durations(
    side: Any, script: Any, time: Any, create: Any, invoice: Any, client: Any, recorded: Recorded
) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        time.seconds += 0.25
        return httpx.Response(200, json=invoice)

    limited = client(script((503, {}), slow), rate_limit=RateLimit(1, per=6), timeout=60)
    side.call(limited, "get", "inv_123456")
    points = recorded.points
    assert set(points) == {"http.client.request.duration", "paisr.rate_limit.wait", "paisr.retries"}
    about = {"http.request.method": "GET", "server.address": "api.example", "server.port": 443}
    assert [(dict(one.attributes), one.count, one.sum) for one in points["http.client.request.duration"]] == [
        ({**about, "http.response.status_code": 503, "error.type": "503"}, 1, 0.0),
        ({**about, "http.response.status_code": 200}, 1, 0.25),
    ]
    assert points["http.client.request.duration"][0].explicit_bounds[0] == 0.005
    [wait] = points["paisr.rate_limit.wait"]
    # From the first request on: 6 s and the margin of the limiter, without the pause before the retry.
    assert (dict(wait.attributes), wait.count, wait.sum) == (
        {"paisr.operation": "get_invoice"},
        1,
        pytest.approx(5.6),
    )
    [retries] = points["paisr.retries"]
    assert (dict(retries.attributes), retries.value) == ({"paisr.operation": "get_invoice"}, 1)


def test_the_span_of_a_failed_call_has_its_error(
    side: Any, script: Any, create: Any, client: Any, recorded: Recorded
) -> None:
    with pytest.raises(PaisrError):
        side.call(client(script(httpx.ReadError("lost"))), "create", **create)
    call, attempt = recorded.spans
    assert dict(call.attributes) == {
        "error.type": "APIConnectionError",
        "paisr.outcome": "unknown",
        "paisr.attempts": 1,
    }
    assert attempt.attributes["error.type"] == "connection"
    assert {one.status.status_code.name for one in (call, attempt)} == {"ERROR"}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_call_leaves_no_span_open(
    side: Any, script: Any, client: Any, recorded: Recorded, interruption: type[BaseException]
) -> None:
    with contextlib.suppress(interruption):
        side.call(client(script(interruption())), "get", "inv_123456")
    assert [(one.name, one.attributes["error.type"]) for one in recorded.spans] == [
        ("get_invoice", interruption.__name__),
        ("GET", interruption.__name__),
    ]
    assert_nothing_is_kept(recorded)


def test_spans_of_concurrent_calls_do_not_mix(script: Any, invoice: Any, recorded: Recorded) -> None:
    from paisr import AsyncPaisr

    tracer = recorded.tracers.get_tracer("caller")

    async def respond(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(200, json={**invoice, "data": {**invoice["data"], "id": request.url.path.split("/")[-1]}})

    async def one(client: AsyncPaisr, number: int) -> None:
        with tracer.start_as_current_span(f"caller of inv_{number}"):
            await client.invoices.get(f"inv_{number}")

    async def main() -> None:
        transport = httpx.MockTransport(respond)
        async with AsyncPaisr("tok", transport=transport, on_event=recorded.telemetry) as client:
            await asyncio.gather(*(one(client, number) for number in range(10)))

    asyncio.run(main())
    spans = {span.context.span_id: span for span in recorded.spans}
    calls = [span for span in spans.values() if span.name == "get_invoice"]
    assert len(calls) == 10
    assert all(spans[call.parent.span_id].name == f"caller of {call.attributes['paisr.id']}" for call in calls)
    attempts = [span for span in spans.values() if span.name == "GET"]
    assert sorted(spans[attempt.parent.span_id].attributes["paisr.id"] for attempt in attempts) == sorted(
        call.attributes["paisr.id"] for call in calls
    )
    assert all(
        attempt.attributes["url.full"].endswith(spans[attempt.parent.span_id].attributes["paisr.id"])
        for attempt in attempts
    )


def test_no_secret_is_exported_and_no_baggage_is_sent(
    side: Any, script: Any, create: Any, client: Any, recorded: Recorded
) -> None:
    body = f'{{"success": false, "message": "the token {TOKEN}"}}'.encode()
    responses = script((429, body, [("X-Request-Id", TOKEN), ("X-Echo", TOKEN)]), (422, body))
    attached = context.attach(baggage.set_baggage("customer", "jane@example.com"))
    try:
        with pytest.raises(PaisrError):
            side.call(client(responses, token=TOKEN), "create", **create)
    finally:
        context.detach(attached)
    shown = "\n".join(span.to_json() for span in recorded.spans) + repr(recorded.points)
    for secret in (TOKEN, "CANARY", "Bearer", create["customer"], create["summary"], "the token"):
        assert secret not in shown
    assert "[secret]" in shown
    assert {"baggage"} & {name for request in responses.requests for name in request.headers} == set()


def test_a_span_has_address_and_port_of_the_service(side: Any, script: Any, client: Any, recorded: Recorded) -> None:
    for url in ("http://127.0.0.1:8123/v2", "http://localhost/v2", "https://[::1]/v2"):
        with pytest.raises(APIConnectionError):
            side.call(client(script(httpx.ConnectError("no")), base_url=url, max_retries=0), "get", "inv_1")
    attempts = [span.attributes for span in recorded.spans if span.name == "GET"]
    assert [(one["server.address"], one["server.port"], one["url.full"]) for one in attempts] == [
        ("127.0.0.1", 8123, "http://127.0.0.1:8123/v2/invoices/inv_1"),
        ("localhost", 80, "http://localhost/v2/invoices/inv_1"),
        ("::1", 443, "https://[::1]/v2/invoices/inv_1"),
    ]


def test_an_import_without_opentelemetry_names_the_extra() -> None:
    program = "import sys; sys.modules['opentelemetry'] = None; import paisr.otel"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "ImportError: paisr.otel needs OpenTelemetry; install paisr[otel]."


def test_a_client_does_not_load_opentelemetry_by_itself() -> None:
    program = (
        "import sys; import paisr; paisr.Paisr('tok', on_event=print).close();"
        "print('opentelemetry' in sys.modules); import paisr.otel; print('opentelemetry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]
