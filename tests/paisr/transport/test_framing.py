"""Where a response ends on its connection: after it and not a byte more, the connection may be used again."""

from __future__ import annotations

import pytest

from paisr._transport.framing import MAX_LINE, Framing

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"
TRAILER = b"HTTP/1.1 200 OK\r\ntransfer-encoding:chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
NONE = b"HTTP/1.1 204 No Content\r\n\r\n"
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH
WHOLE = [LENGTH, CHUNKED, TRAILER, EMPTY, NONE, UNCHANGED, CONTINUED]


def after(data: bytes, step: int = 10**6) -> Framing:
    framing = Framing()
    framing.sent()
    for start in range(0, len(data), step):
        framing.received(data[start : start + step])
    return framing


@pytest.mark.parametrize("response", WHOLE)
@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_after_a_whole_response_a_connection_may_be_used_again(response: bytes, step: int) -> None:
    assert after(response, step).reusable


@pytest.mark.parametrize("response", WHOLE)
def test_a_part_of_a_response_is_not_all_of_it(response: bytes) -> None:
    for end in range(len(response)):
        assert not after(response[:end]).reusable


@pytest.mark.parametrize("response", WHOLE)
@pytest.mark.parametrize("surplus", [b"\n", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", LENGTH])
@pytest.mark.parametrize("step", [1, 1000])
def test_a_surplus_byte_ends_the_use_of_a_connection(response: bytes, surplus: bytes, step: int) -> None:
    framing = after(response + surplus, step)
    assert not framing.reusable
    framing.sent()
    framing.received(LENGTH)
    assert not framing.reusable


def test_the_next_response_is_followed_too() -> None:
    framing = after(LENGTH)
    for response in WHOLE:
        framing.sent()
        assert not framing.reusable
        framing.received(response)
        assert framing.reusable


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 17 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * (MAX_LINE + 1),
        b"nothing of HTTP at all",
    ],
)
@pytest.mark.parametrize("step", [1, 10**6])
def test_what_is_not_understood_is_never_used_again(response: bytes, step: int) -> None:
    assert not after(response, step).reusable
