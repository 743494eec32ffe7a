"""The bytes sent to a proxy, and the handling of its replies."""

from __future__ import annotations

from typing import Any

import pytest
from wire import wire

from paisr._base.route import Service
from paisr._transport.opening import ask_http_proxy, ask_socks_proxy

LOGIN = (b"user", b"p@ss")
GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb"


progress: Any = None


def service(host: str) -> Service:
    return Service(scheme="https", host=host, port=None, path="/v2")


def written(coroutine: Any, *replies: bytes) -> list[bytes]:
    """The written bytes when each read returns the next reply."""
    written, left = [], list(replies)
    try:
        step = coroutine.send(None)
        while True:
            if step is None:
                step = coroutine.send(left.pop(0) if left else b"")
            else:
                written.append(step)
                step = coroutine.send(b"")
    except StopIteration:
        return written


def http(*replies: bytes) -> list[bytes]:
    return written(ask_http_proxy(wire(), service("api.example"), LOGIN, progress), *replies)


@pytest.mark.parametrize("reply", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 204 \r\nX-Via: p\r\n\r\n"])
@pytest.mark.parametrize("step", [1, 100])
def test_an_http_proxy_is_asked_for_a_tunnel(reply: bytes, step: int) -> None:
    written = http(*[reply[start : start + step] for start in range(0, len(reply), step)])
    assert written == [
        b"CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (b"HTTP/1.1 407 Who are you\r\n\r\n", "^the proxy responded with 407$"),
        (b"HTTP/1.1 502 \r\n\r\n", "^the proxy responded with 502$"),
        (b"", "the proxy closed the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK", "the proxy sent bytes before"),
        (b"p@ss\r\n\r\n", "^the proxy does not speak HTTP/1.1$"),
        (b"HTTP/1.1 407 No\r\np@ss\r\n\r\n", "^the proxy does not speak HTTP/1.1$"),
    ],
)
def test_the_refusal_of_an_http_proxy_is_an_error_with_its_reason(reply: bytes, problem: str) -> None:
    with pytest.raises(ConnectionError, match=problem):
        http(reply)


def socks(*replies: bytes, host: str = "api.example", login: Any = None) -> list[bytes]:
    return written(ask_socks_proxy(wire(), service(host), login, progress), *replies)


def test_an_http_proxy_without_a_login_gets_none() -> None:
    (request,) = written(ask_http_proxy(wire(), service("::1"), None, progress), b"HTTP/1.1 200 OK\r\n\r\n")
    assert request == b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"


def test_a_socks_proxy_gets_the_name_and_resolves_it_itself() -> None:
    assert socks(b"\x05\x00", GRANTED) == [b"\x05\x01\x00", b"\x05\x01\x00\x03\x0bapi.example\x01\xbb"]
    assert socks(b"\x05\x00", GRANTED, host="10.1.2.3")[1] == b"\x05\x01\x00\x01\x0a\x01\x02\x03\x01\xbb"


def test_a_socks_proxy_gets_the_user_name_and_password() -> None:
    written = socks(b"\x05\x02", b"\x01\x00", GRANTED, login=LOGIN)
    assert written[:2] == [b"\x05\x01\x02", b"\x01\x04user\x04p@ss"]


@pytest.mark.parametrize(
    ("replies", "login", "problem"),
    [
        ([b"\x05\xff"], None, "another authentication method"),
        ([b"\x05\x02", b"\x01\x01"], LOGIN, "does not accept the user name and password"),
        ([b"\x05\x00", b"\x05\x05" + GRANTED[2:]], None, r"could not connect \(connection refused\)"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], None, "does not speak SOCKS 5$"),
        ([b""], None, "does not speak SOCKS 5$"),
    ],
)
def test_the_refusal_of_a_socks_proxy_is_an_error_with_its_reason(
    replies: list[bytes], login: Any, problem: str
) -> None:
    with pytest.raises(ConnectionError, match=problem):
        socks(*replies, login=login)
