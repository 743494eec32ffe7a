"""HTTP/1.1 without a socket: the written bytes, the end of a response, and whether a connection is reusable."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from wire import wire

from paisr._engine.deadlines import Deadline
from paisr._engine.steps import RawResponse
from paisr._transport.http1 import Connection
from paisr._transport.progress import NO_RESPONSE, NOT_WRITTEN, Progress

GET = h11.Request(method="GET", target="/v2", headers=[("Host", "api.example")])
POST = h11.Request(method="POST", target="/v2", headers=[("Host", "api.example"), ("Content-Length", "4")])
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX-End: 1\r\n\r\n"


def progress() -> Progress:
    return Progress(Deadline(5.0, lambda: 0.0), "api.example:443")


def opened() -> Connection:
    return Connection(wire(), wire())


def exchanged(http: Connection, *came: bytes, request: h11.Request = GET, body: bytes | None = None, **how: Any) -> Any:
    """The response and the written bytes. Each read returns the next part of CAME; after the last one comes the end."""
    coroutine = http.exchange(request, body, how.get("progress", progress()))
    written, rest = b"", list(came)
    try:
        step = coroutine.send(None)
        while True:
            if step is None:
                step = coroutine.send(rest.pop(0) if rest else b"")
            elif "error" in how:
                step = coroutine.throw(how["error"])
            else:
                written += step
                step = coroutine.send(b"")
    except StopIteration as stop:
        return stop.value, written


@pytest.mark.parametrize("whole", [WHOLE, CHUNKED])
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_response_is_read_to_its_end_in_parts_of_any_size(whole: bytes, step: int) -> None:
    http = opened()
    came = [whole[start : start + step] for start in range(0, len(whole), step)]
    response, written = exchanged(http, *came)
    assert isinstance(response, RawResponse)
    assert (response.status, response.content) == (200, b"{}")
    assert written == b"GET /v2 HTTP/1.1\r\nHost: api.example\r\n\r\n"
    assert http.is_reusable
    assert exchanged(http, *came)[0] == response


def test_head_and_body_of_a_request_are_one_write() -> None:
    coroutine = opened().exchange(POST, b"{42}", progress())
    assert coroutine.send(None) == b"POST /v2 HTTP/1.1\r\nHost: api.example\r\nContent-Length: 4\r\n\r\n{42}"


def test_headers_keep_their_spelling_and_their_order() -> None:
    assert exchanged(opened(), WHOLE)[0].raw_headers == [(b"Content-Length", b"2"), (b"X-One", b"1")]


@pytest.mark.parametrize(
    "came",
    [
        WHOLE + b"x",
        WHOLE + WHOLE,
        CHUNKED + b"HTTP/1.1",
        WHOLE.replace(b"X-One: 1", b"Connection: close"),
        WHOLE.replace(b"1.1", b"1.0"),
        b"HTTP/1.1 200 OK\r\n\r\n{}",
    ],
)
def test_a_connection_with_surplus_data_or_connection_close_is_not_reusable(came: bytes) -> None:
    http = opened()
    assert exchanged(http, came)[0].content == b"{}"
    assert not http.is_reusable


def test_a_connection_is_not_reusable_before_and_during_an_exchange() -> None:
    http = opened()
    assert not http.is_reusable
    coroutine = http.exchange(GET, None, progress())
    coroutine.send(None)
    assert coroutine.send(b"") is None
    assert coroutine.send(WHOLE[:-1]) is None
    assert not http.is_reusable


def test_interim_responses_are_skipped() -> None:
    assert exchanged(opened(), b"HTTP/1.1 102 Wait\r\n\r\n" * 3 + WHOLE)[0].content == b"{}"


@pytest.mark.parametrize(
    ("came", "message"),
    [
        (b"", "the connection was closed before a response came"),
        (WHOLE[:20], "the connection was closed before a response came"),
        (b"HTTP/1.1 102 Wait\r\n\r\n", "the connection was closed before a response came"),
        (WHOLE[:-1], "peer closed connection without sending complete message body"),
        (b"HTTP/1.1 101 Go\r\n\r\n", "101|upgrade|SWITCH"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "illegal status line"),
        (WHOLE.replace(b": 2", b": many"), "bad Content-Length"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Long: 1\r\n" * 20_000, "too long|too much"),
    ],
)
def test_an_incomplete_response_is_an_error(came: bytes, message: str) -> None:
    http = opened()
    with pytest.raises(h11.RemoteProtocolError, match=message):
        exchanged(http, came)
    assert not http.is_reusable


def test_a_response_before_a_broken_pipe_is_read() -> None:
    refusal = b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"
    response, _written = exchanged(opened(), refusal, request=POST, body=b"{42}", error=BrokenPipeError())
    assert response.status == 413
    with pytest.raises(TimeoutError):
        exchanged(opened(), refusal, request=POST, body=b"{42}", error=TimeoutError())


def test_the_progress_of_an_exchange_is_recorded() -> None:
    noted = progress()
    coroutine = opened().exchange(GET, None, noted)
    coroutine.send(None)
    assert (noted.timeout_reason, noted.head) == (NOT_WRITTEN, None)
    coroutine.send(b"")
    assert noted.timeout_reason == NO_RESPONSE
    coroutine.send(WHOLE[:-1])
    assert noted.head == (200, [(b"Content-Length", b"2"), (b"X-One", b"1")])
