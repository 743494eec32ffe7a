"""The events of a call, for the client's `on_event` and the log."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, Self

from attrs import field, frozen
from msgspec.structs import replace

from paisr._base.errors import PaisrError
from paisr._base.headers import check_header
from paisr._base.secrets import Secret
from paisr._engine.envelope import clipped
from paisr._engine.steps import RawResponse

if TYPE_CHECKING:
    import logging

    from paisr._base.errors import Outcome
    from paisr._engine.steps import AttemptResult
    from paisr_generated.operations import Request

EventName = Literal["queued", "sent", "answered", "retried", "outcome"]
# No request id is documented; services commonly send one in these headers.
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id")
# Seconds. A longer wait for the rate limit is logged, and one that has grown by more is reported again.
LONG_WAIT = 1.0
NOT_QUEUED = -math.inf
INFO = 20
_numbers = count(1)


@frozen(kw_only=True)
class CallEvent:
    """An event of a call. No event has a body or the token, even if the service echoes the token.

    `name`, with the meaning of `seconds`: ``queued``: the request has to wait for the rate limit (the expected wait in
    all); ``sent``: an attempt begins (its wait for the rate limit); ``answered``: the attempt ended with a `status` or
    an `error` (its duration); ``retried``: another attempt follows (the delay before it); ``outcome``: the call ended
    (its duration).

    `call` is the number that all events of one call share. `operation` is its name, such as ``create_invoice``;
    `method` and `url` are those of its request. `attempt` counts from 1, and is 0 before the first. `id` is the one in
    the URL, or the one in the response to a create. `status` and `request_id` are those of the last response; a request
    id is not documented, and is read from ``X-Request-Id``, ``Request-Id`` or ``X-Correlation-Id``. `error` of an
    attempt is ``connection``, ``timeout`` or ``response``, and `reason` explains it; `error` of a call is the name of
    its exception. `outcome` is ``succeeded``, or the exception's.
    """

    name: EventName
    call: int
    operation: str
    method: str
    url: str
    id: str | None
    attempt: int = 0
    seconds: float = 0.0
    status: int | None = None
    request_id: str | None = None
    error: str | None = None
    reason: str | None = None
    outcome: Literal["succeeded"] | Outcome | None = None
    _headers: dict[str, str] = field(factory=dict[str, str], repr=False, eq=False)

    def add_header(self, name: str, value: str) -> None:
        """Send a header with this attempt, as tracing does; only at ``sent``. The client's own headers are refused."""
        check_header(name, Secret(value))
        self._headers[name] = value


OnEvent = Callable[[CallEvent], object]


def harmless(on_event: OnEvent) -> OnEvent:
    """A user's `on_event`, wrapped: its exceptions do not break a call, and the first one is logged."""
    failed: list[str] = []

    def report(event: CallEvent) -> None:
        try:
            on_event(event)
        except Exception:
            if not failed:
                failed.append(event.name)
                _log().exception("on_event failed at %r; calls go on, and further failures are not logged", event.name)

    return report


def _is_logged() -> bool:
    """Whether the log takes events: not before the program has imported `logging` and set it up."""
    return "logging" in sys.modules and _log().isEnabledFor(INFO)


@cache
def _log() -> logging.Logger:
    import logging  # here, because it is a thirtieth of the start of a program that does not log

    return logging.getLogger("paisr")


class Watch:
    """Reports the events of one call. Without a listener it makes no events."""

    def __init__(
        self, request: Request, on_event: OnEvent | None, service: str, secret: Secret, clock: Callable[[], float]
    ) -> None:
        self._listeners: list[OnEvent] = [log_event] if _is_logged() else []
        if on_event is not None:
            self._listeners.append(on_event)
        if self._listeners:
            self._scrub, self._clock = secret.scrub, clock
            self._began = self._queued_at = self._sent = clock()
            self._queued_until = NOT_QUEUED
            # The fields that all events of the call share, and those that the next event repeats from the last one.
            self._call: dict[str, Any] = {
                "call": next(_numbers),
                "operation": request.operation,
                "method": request.method,
                "url": self._scrub(service + request.target),
                "id": request.id and self._scrub(request.id),
                "attempt": 0,
            }
            self._last: dict[str, Any] = self._call

    def queued(self, wait: float) -> None:
        """The call has to wait for the limiter, `wait` seconds from now."""
        if self._listeners:
            now = self._clock()
            self._queued_at = now if self._queued_until == NOT_QUEUED else self._queued_at
            if now + wait > self._queued_until + LONG_WAIT:
                self._queued_until = now + wait
                self.report("queued", self._queued_until - self._queued_at)

    def sent(self, request: Request) -> Request:
        """An attempt begins; returns the request with the headers that listeners have added."""
        if not self._listeners:
            return request
        self._sent = self._clock()
        waited = 0.0 if self._queued_until == NOT_QUEUED else self._sent - self._queued_at
        headers: dict[str, str] = {}
        attempt, self._last, self._queued_until = self._last["attempt"] + 1, self._call, NOT_QUEUED
        self.report("sent", waited, attempt=attempt, headers=headers)
        return replace(request, headers=(*request.headers, *headers.items())) if headers else request

    def ended(self, result: AttemptResult) -> None:
        if self._listeners:
            taken = self._clock() - self._sent
            if isinstance(result, RawResponse):
                found = next((result.headers[name] for name in REQUEST_ID_HEADERS if name in result.headers), None)
                request_id = None if found is None else clipped(self._scrub(found))
                self.report("answered", taken, status=result.status, request_id=request_id)
            else:
                reason = clipped(self._scrub(result.reason))
                self.report("answered", taken, status=result.status or None, error=result.kind, reason=reason)

    def succeeded(self, data: object) -> None:
        if self._listeners:
            new_id = getattr(data, "id", None)
            known_id = clipped(self._scrub(new_id)) if isinstance(new_id, str) else self._last["id"]
            self.report("outcome", self._clock() - self._began, id=known_id, outcome="succeeded")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        # An abandoned call is not reported: the garbage collector may end it, at any point of the program.
        if kind is not None and kind is not GeneratorExit and self._listeners:
            interrupted = "unknown" if self._last["attempt"] else "not_sent"
            outcome = error.outcome if isinstance(error, PaisrError) else interrupted
            self.report("outcome", self._clock() - self._began, error=kind.__name__, outcome=outcome)

    def report(self, name: EventName, seconds: float, **changes: Any) -> None:
        if self._listeners:
            self._last = {**self._last, "name": name, "seconds": seconds, **changes}
            event = CallEvent(**self._last)
            for listener in self._listeners:
                listener(event)


def log_event(event: CallEvent) -> None:
    """INFO for a long wait and for each retry, DEBUG for each attempt."""
    result = event.reason or f"{event.status}"
    call = event.operation if event.id is None else f"{event.operation} {event.id}"
    if event.name == "queued" and event.seconds > LONG_WAIT:
        _log().info("%s waits %.1f s for the rate limit", call, event.seconds)
    elif event.name == "retried":
        request = "" if event.request_id is None else f" (request id {event.request_id})"
        _log().info("%s attempt %d: %s%s, retried in %.3f s", call, event.attempt, result, request, event.seconds)
    elif event.name == "answered":
        _log().debug("%s attempt %d: %s in %.3f s", event.operation, event.attempt, result, event.seconds)
