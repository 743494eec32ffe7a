"""From an attempt's result to the call's response, or to its error: the class, the outcome, and one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from paisr._base.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    PaisrError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
    status_error_type,
)
from paisr._engine.envelope import clipped, error_message, excerpt
from paisr._engine.retry import requested_wait
from paisr._engine.steps import RawResponse, TransportFailure
from paisr_generated.responses import ApiResponse, Headers

if TYPE_CHECKING:
    from datetime import datetime

    from paisr._base.errors import Outcome
    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult, PreparedCall

T = TypeVar("T")
HINTS = {
    401: "check the token: it may be wrong or expired",
    403: "the token may lack the scope that this call needs",
    404: "check that the base URL ends in the version, such as /v2",
    429: "the service allows 250 requests a minute",
    **dict.fromkeys(range(300, 400), "redirects are not followed, because they could leak the token: check base_url"),
}


def read(raw: RawResponse, call: PreparedCall[T], secret: Secret, attempts: int) -> ApiResponse[T]:
    """The response with its data; if the data cannot be read, an `UnexpectedResponseError` that has the response."""
    try:
        data = call.decode(raw)
    except UnexpectedResponseError as error:
        error.response = _scrubbed(raw, secret, attempts)
        error.__traceback__ = None  # the frames below hold the data, which may echo a secret
        raise
    return ApiResponse(data=data, status_code=raw.status, headers=raw.headers, content=raw.content, attempts=attempts)


def _scrubbed(raw: RawResponse, secret: Secret, attempts: int) -> ApiResponse[None]:
    """The response for an error to carry, without the token in its headers and body."""
    hidden = secret.scrub_bytes
    return ApiResponse(
        data=None,
        status_code=raw.status,
        headers=Headers([(hidden(name), hidden(value)) for name, value in raw.raw_headers]),
        content=hidden(raw.content),
        attempts=attempts,
    )


def error_for(
    result: AttemptResult, call: PreparedCall[Any], deadline: Deadline, secret: Secret, *, now: datetime, attempts: int
) -> PaisrError:
    """The error of a call whose last attempt had this result."""
    error: PaisrError
    if isinstance(result, TransportFailure):
        error = _failure(result, call.request.operation, deadline, secret)
        result = RawResponse(result.status, [], b"")
    else:
        error = _status_error(result, call, deadline, secret, now)
    if isinstance(error, (APIStatusError, UnexpectedResponseError)):
        error.response = _scrubbed(result, secret, attempts)
    return error


def _failure(failed: TransportFailure, operation: str, deadline: Deadline, secret: Secret) -> PaisrError:
    reason = clipped(secret.scrub(failed.reason)).rstrip(".")
    outcome: Outcome = "unknown" if failed.sent else "not_sent"
    if failed.kind == "response":
        return UnexpectedResponseError(
            f"The response to {operation} could not be read: {reason}.",
            path="$",
            status_code=failed.status,
            excerpt="",
        )
    if failed.kind == "timeout":
        return APITimeoutError(
            f"No response to {operation} within the {deadline.timeout:g} s of this call: {reason}.",
            outcome=outcome,
        )
    return APIConnectionError(f"No response to {operation}: {reason}.", outcome=outcome)


def _status_error(
    raw: RawResponse, call: PreparedCall[Any], deadline: Deadline, secret: Secret, now: datetime
) -> PaisrError:
    message = error_message(raw.content)
    if message is not None:
        message = secret.scrub(message)
    quoted = f'"{clipped(message)}"' if message else excerpt(raw.content, secret) or "no message"
    hint = call.hints.get(raw.status) or HINTS.get(raw.status)
    advice = f"; {hint}" if hint else ""
    text = f"The service responded to {call.request.operation} with {raw.status}: {quoted}{advice}."
    asked = requested_wait(raw, now)
    if asked is not None and asked >= deadline.remaining():
        text = f"{text} It asks to wait {asked:g} s, longer than this call may take."
    # A gateway may send a 408 after it has passed the request on, and a 3xx does not say whether anything was done.
    refused = 400 <= raw.status < 500 and raw.status != 408
    error = status_error_type(raw.status)(
        text, status_code=raw.status, message=message, outcome="rejected" if refused else "unknown"
    )
    if isinstance(error, (RateLimitError, ServerError)):
        error.retry_after = asked
    return error
