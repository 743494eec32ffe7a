"""From an exception to what happened: its words and its cause are kept, its frames and its request are not."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx
import pytest

from paisr._engine.deadlines import Deadline
from paisr._transport.failures import clean, failure, without_frames
from paisr._transport.times import TimeLeft


def failed(error: Exception, *, sent: bool = True) -> Any:
    left = TimeLeft(Deadline(5.0, lambda: 0.0))
    left.sent = sent
    return failure(error, left)


@pytest.mark.parametrize("sent", [True, False])
def test_whether_it_was_sent_is_what_the_stream_saw_unless_the_connection_was_never_made(sent: bool) -> None:
    assert failed(httpcore.ReadError("x"), sent=sent).sent is sent
    assert failed(httpcore.WriteTimeout("x"), sent=sent).sent is sent
    assert failed(TimeoutError(), sent=sent).sent is sent
    assert failed(httpcore.ConnectError("x"), sent=sent).sent is False
    assert failed(httpcore.PoolTimeout("x"), sent=sent).sent is False


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (httpcore.ConnectTimeout("timed out"), "timeout", "the connection was not made in time"),
        (httpcore.PoolTimeout(), "timeout", "no connection became free in time"),
        (httpcore.ReadTimeout(), "timeout", "the response did not come in time"),
        (TimeoutError(), "timeout", "the response did not come in time"),
        (httpcore.WriteTimeout(), "timeout", "the request could not be sent in time"),
        (httpcore.ReadError("[Errno 104] reset."), "connection", "[Errno 104] reset"),
        (httpcore.RemoteProtocolError(), "connection", "RemoteProtocolError"),
    ],
)
def test_the_reason_is_in_words(error: Exception, kind: str, reason: str) -> None:
    assert (failed(error).kind, failed(error).reason) == (kind, reason)


def test_a_certificate_that_is_not_trusted_is_final() -> None:
    root = ssl.SSLCertVerificationError(1, "certificate verify failed")
    root.verify_message = "self-signed certificate"
    error = httpcore.ConnectError(str(root))
    error.__cause__ = root
    found = failed(error)
    assert (found.final, found.sent) == (True, False)
    assert found.reason == "the service's certificate is not trusted (self-signed certificate)"
    assert not failed(httpcore.ConnectError("refused")).final


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_cause_is_a_copy_without_frames_and_request() -> None:
    request = httpx.Request("GET", "https://api.example", headers={"Authorization": "Bearer CANARY"})
    original = raised(httpx.ConnectError("refused", request=request), raised(OSError(111, "refused")))
    copy: Any = clean(original, original.__cause__ or original)
    assert type(copy) is httpx.ConnectError
    assert copy is not original
    assert str(copy) == "refused"
    assert copy.__traceback__ is None
    assert copy._request is None
    assert (type(copy.__cause__), copy.__cause__.args) == (ConnectionRefusedError, (111, "refused"))
    assert copy.__cause__.__traceback__ is None


def test_a_cause_that_cannot_be_made_again_is_kept_in_words() -> None:
    request = httpx.Request("GET", "https://api.example")
    error = httpx.HTTPStatusError("no", request=request, response=httpx.Response(500))
    copy = clean(error, error)
    assert (type(copy), str(copy)) == (OSError, "HTTPStatusError: no")


def test_frames_are_taken_off_all_that_hangs_together() -> None:
    inner, context = raised(ValueError("inner")), raised(KeyError("context"))
    outer = raised(RuntimeError("outer"), inner)
    inner.__context__, context.__context__ = context, outer  # a ring
    assert without_frames(outer) is outer
    assert outer.__traceback__ is inner.__traceback__ is context.__traceback__ is None
    assert outer.__cause__ is inner
