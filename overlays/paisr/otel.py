"""OpenTelemetry spans and metrics of calls: ``Paisr(on_event=Telemetry())``. It needs ``paisr[otel]``.

A call is an ``INTERNAL`` span with the operation's name, below the current span. Each of its attempts is a ``CLIENT``
span below it, follows the semantic conventions for HTTP clients, and sends its ``traceparent``. No span has a body, a
header or the token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

try:
    from opentelemetry import metrics, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as _missing:
    raise ImportError("paisr.otel needs OpenTelemetry; install paisr[otel].") from _missing

from paisr._base.route import DEFAULT_PORTS
from paisr._base.version import __version__

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

    from paisr._engine.events import CallEvent

    Attributes = dict[str, AttributeValue]

__all__ = ["Telemetry"]

# Seconds, as the conventions advise.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
# Without baggage, because the service is a third party.
PROPAGATOR = TraceContextTextMapPropagator()


class Telemetry:
    """An `on_event` for any number of clients. The providers are OpenTelemetry's global ones unless given.

    Metrics: ``http.client.request.duration`` of each attempt, ``paisr.rate_limit.wait`` (seconds) of each attempt that
    had to wait, and ``paisr.retries``.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer("paisr", __version__, tracer_provider)
        meter = metrics.get_meter("paisr", __version__, meter_provider)
        self._duration = meter.create_histogram(
            "http.client.request.duration", "s", explicit_bucket_boundaries_advisory=BUCKETS
        )
        self._wait = meter.create_histogram("paisr.rate_limit.wait", "s")
        self._retries = meter.create_counter("paisr.retries", "{retry}")
        self._calls: dict[int, trace.Span] = {}
        self._attempts: dict[int, trace.Span] = {}

    def __call__(self, event: CallEvent) -> None:
        if event.call not in self._calls:
            self._calls[event.call] = self._tracer.start_span(event.operation)
        operation: Attributes = {"paisr.operation": event.operation}
        if event.name == "sent":
            if event.seconds:
                self._wait.record(event.seconds, operation)
            self._begin_attempt(event)
        elif event.name == "answered":
            self._end_attempt(event)
        elif event.name == "retried":
            self._retries.add(1, operation)
        elif event.name == "outcome":
            self._end_call(event)

    def _begin_attempt(self, event: CallEvent) -> None:
        resent: Attributes = {"http.request.resend_count": event.attempt - 1} if event.attempt > 1 else {}
        span = self._attempts[event.call] = self._tracer.start_span(
            event.method,
            trace.set_span_in_context(self._calls[event.call]),
            trace.SpanKind.CLIENT,
            {**_request(event), "url.full": event.url, **resent},
        )
        headers: dict[str, str] = {}
        PROPAGATOR.inject(headers, trace.set_span_in_context(span))
        for name, value in headers.items():
            event.add_header(name, value)

    def _end_attempt(self, event: CallEvent) -> None:
        failed = event.error if event.status is None or event.status < 400 else str(event.status)
        response = _without_none({"http.response.status_code": event.status, "error.type": failed})
        self._duration.record(event.seconds, {**_request(event), **response})
        _finish(self._attempts.pop(event.call), {**response, **_without_none({"paisr.request_id": event.request_id})})

    def _end_call(self, event: CallEvent) -> None:
        error = _without_none({"error.type": event.error})
        if interrupted := self._attempts.pop(event.call, None):
            _finish(interrupted, error)
        outcome = _without_none({"paisr.id": event.id, "paisr.outcome": event.outcome, "paisr.attempts": event.attempt})
        _finish(self._calls.pop(event.call), {**outcome, **error})


def _without_none(attributes: dict[str, AttributeValue | None]) -> Attributes:
    return {name: value for name, value in attributes.items() if value is not None}


def _request(event: CallEvent) -> Attributes:
    url = urlsplit(event.url)
    port = url.port or DEFAULT_PORTS[url.scheme]
    return {"http.request.method": event.method, "server.address": url.hostname or "", "server.port": port}


def _finish(span: trace.Span, attributes: Attributes) -> None:
    span.set_attributes(attributes)
    if "error.type" in attributes:
        span.set_status(trace.StatusCode.ERROR)
    span.end()
