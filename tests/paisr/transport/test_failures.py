"""An exception becomes a result with its message and its cause, but without its frames and its request."""

from __future__ import annotations

import ssl
from typing import Any

import h11
import httpcore
import httpx
import pytest

from paisr._base.secrets import Secret
from paisr._engine.deadlines import Deadline
from paisr._engine.steps import RawResponse
from paisr._transport.bodies import UnreadableBodyError
from paisr._transport.failures import MAX_REASON, clean, own_failure, without_frames
from paisr._transport.progress import NO_RESPONSE, Progress
from paisr._transport.user_transports import user_transport_failure

SECRET = Secret("CANARY/c0ffee")
UNCONNECTED = "could not connect to api.example:443"


def attempt(*, sent: bool = True) -> Progress:
    progress = Progress(Deadline(5.0, lambda: 0.0), "api.example:443")
    progress.sent, progress.timeout_reason = sent, NO_RESPONSE
    return progress


def ours(error: Exception, *, sent: bool = True) -> Any:
    return own_failure(error, attempt(sent=sent), SECRET)


def theirs(error: Exception, *, sent: bool = True) -> Any:
    return user_transport_failure(error, attempt(sent=sent), SECRET)


@pytest.mark.parametrize("sent", [True, False])
def test_sent_is_what_the_progress_recorded(sent: bool) -> None:
    for error in (ConnectionResetError(104, "reset"), TimeoutError(), h11.RemoteProtocolError("odd"), OSError("x")):
        assert ours(error, sent=sent).sent is sent
    assert ours(UnreadableBodyError("large"), sent=sent).sent is True


@pytest.mark.parametrize("sent", [True, False])
def test_a_connect_error_of_a_users_transport_means_not_sent(sent: bool) -> None:
    for error in (httpx.ReadError("x"), httpx.WriteTimeout("x"), TimeoutError(), ConnectionRefusedError(111, "no")):
        assert theirs(error, sent=sent).sent is sent
    for error in (httpx.ConnectError("x"), httpx.PoolTimeout("x"), httpcore.ConnectTimeout("x")):
        assert theirs(error, sent=sent).sent is False


def test_the_root_cause_decides_for_another_library() -> None:
    class ForeignError(Exception):
        """The cause of an exception of httpx, in a transport that uses another library."""

    assert theirs(raised(httpx.ConnectTimeout("x"), ForeignError("broke"))).sent is True  # type: ignore[arg-type] # an exception
    for root, sent, kind, reason in (
        (ConnectionRefusedError(111, "no"), False, "connection", f"{UNCONNECTED}: mapped"),
        (TimeoutError(), True, "timeout", "mapped"),
        (ConnectionResetError(104, "reset"), True, "connection", "mapped"),
    ):
        found = theirs(raised(ForeignError("mapped"), root))  # type: ignore[arg-type] # an exception
        assert (found.sent, found.kind, found.reason) == (sent, kind, reason)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (httpx.ConnectTimeout("no"), "timeout", f"{UNCONNECTED}: the connection was not made in time"),
        (httpx.ConnectError("refused"), "connection", f"{UNCONNECTED}: refused"),
        (httpx.PoolTimeout(""), "timeout", "no connection became free in time"),
        (httpx.ReadTimeout(""), "timeout", "the response did not come in time"),
        (TimeoutError(), "timeout", "the response did not come in time"),
        (httpx.WriteTimeout(""), "timeout", "the request could not be sent in time"),
        (httpx.ReadError("[Errno 104] reset."), "connection", "[Errno 104] reset"),
        (httpx.RemoteProtocolError(""), "connection", "RemoteProtocolError"),
    ],
)
def test_a_reason_is_a_readable_text(error: Exception, kind: str, reason: str) -> None:
    assert (theirs(error).kind, theirs(error).reason) == (kind, reason)
    assert (ours(TimeoutError()).kind, ours(TimeoutError()).reason) == ("timeout", NO_RESPONSE)


def test_an_untrusted_certificate_is_final() -> None:
    root = ssl.SSLCertVerificationError(1, "certificate verify failed")
    root.verify_message = "self-signed certificate"
    error = ConnectionError(str(root))
    error.__cause__ = root
    for found in (ours(root, sent=False), ours(error, sent=False), theirs(httpx.ConnectError("x"))):
        assert found.sent is False
    assert ours(error, sent=False).final
    assert ours(root).reason == "the service's certificate is not trusted (self-signed certificate)"
    assert not ours(ConnectionRefusedError(111, "refused")).final


def test_a_programming_error_is_raised_unchanged() -> None:
    for judge in (own_failure, user_transport_failure):
        with pytest.raises(KeyError):
            judge(KeyError("slip"), attempt(), SECRET)


def test_the_status_of_an_error_response_is_known_although_its_body_failed() -> None:
    for error in (ConnectionResetError(104, "reset"), TimeoutError(), UnreadableBodyError("large")):
        progress = attempt()
        progress.head = 503, [(b"Retry-After", b"1")]
        assert own_failure(error, progress, SECRET) == RawResponse(503, [(b"Retry-After", b"1")], b"")
        progress.head = 200, []
        assert not isinstance(own_failure(error, progress, SECRET), RawResponse)


@pytest.mark.parametrize("token", ["CANARY/c0ffee", "CANARY'c0ffee", "CANARY\\c0ffee", "CANARY\"c0ffee'"])
@pytest.mark.parametrize(
    "quoted",
    [
        *(repr, lambda token: repr(token.encode())),
        lambda token: (
            "x" * (MAX_REASON - len("illegal header line: CANARY")) + token
        ),  # shortened in the middle of the token
    ],
)
def test_an_echo_of_the_token_is_in_no_reason_and_no_cause(token: str, quoted: Any) -> None:
    error = h11.RemoteProtocolError(f"illegal header line: {quoted(token)}")
    error.__cause__ = ValueError(f"of {quoted(token)}")
    for judge in (own_failure, user_transport_failure):
        found: Any = judge(error, attempt(), Secret(token))
        assert "CANARY" not in f"{found.reason} {found.cause!r} {found.cause.__cause__!r}"
        assert "c0ffee" not in f"{found.reason} {found.cause!r} {found.cause.__cause__!r}"
        assert type(found.cause) is h11.RemoteProtocolError


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_cause_is_a_copy_without_frames_and_request() -> None:
    request = httpx.Request("GET", "https://api.example", headers={"Authorization": "Bearer CANARY"})
    original = raised(httpx.ConnectError("refused", request=request), raised(OSError(111, "refused")))
    copy: Any = clean(original, original.__cause__ or original, SECRET)
    assert type(copy) is httpx.ConnectError
    assert copy is not original
    assert str(copy) == "refused"
    assert copy.__traceback__ is None
    assert copy._request is None
    assert (type(copy.__cause__), copy.__cause__.args) == (ConnectionRefusedError, (111, "refused"))
    assert copy.__cause__.__traceback__ is None


def test_a_cause_that_cannot_be_copied_is_kept_as_text() -> None:
    request = httpx.Request("GET", "https://api.example")
    error = httpx.HTTPStatusError(f"no {SECRET.reveal()}", request=request, response=httpx.Response(500))
    copy = clean(error, error, SECRET)
    assert (type(copy), str(copy)) == (OSError, "HTTPStatusError: no [secret]")


def test_frames_are_removed_from_causes_and_contexts() -> None:
    inner, context = raised(ValueError("inner")), raised(KeyError("context"))
    outer = raised(RuntimeError("outer"), inner)
    inner.__context__, context.__context__ = context, outer  # a cycle
    assert without_frames(outer) is outer
    assert outer.__traceback__ is inner.__traceback__ is context.__traceback__ is None
    assert outer.__cause__ is inner
