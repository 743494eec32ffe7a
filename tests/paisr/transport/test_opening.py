"""The proxy that a client uses, the address that it connects to, and the first bytes that it sends."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from typing import Any

import pytest
from wire import wire

from paisr import AsyncPaisr, ConfigurationError, Paisr
from paisr._base.route import Route
from paisr._base.secrets import Secret, wrap
from paisr._engine.deadlines import Deadline
from paisr._settings import read_service
from paisr._transport.asynchronous import AsyncPool
from paisr._transport.opening import Opening
from paisr._transport.progress import Progress
from paisr._transport.proxies import Proxy, choose_proxy
from paisr._transport.synchronous import SyncPool
from paisr._transport.tls import shared_context

LIVE = "https://api.example/v2"


def route(url: str = LIVE, tls: Any = None) -> Route:
    return Route(service=read_service(None, wrap(url)), proxy=None, tls=tls, token=Secret("tok"))


def proxy_of(url: str) -> Proxy:
    found = Proxy.of(Secret(url))
    assert isinstance(found, Proxy)
    return found


def begun(opening: Opening) -> bytes:
    """What is written first on a new connection."""
    handshakes: Any = opening.handshakes(wire(), ample())
    written: bytes = handshakes.send(None)
    return written


def ample() -> Progress:
    return Progress(Deadline(60.0, lambda: 0.0), "127.0.0.1")


def chosen(proxy: Any = None, url: str = LIVE) -> str | None:
    found = choose_proxy(read_service(None, wrap(url)), wrap(proxy))
    return None if found is None else f"{found.scheme}://{found.host}:{found.port}"


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p.example:3128"}, "http://p.example:3128"),
        ({"https_proxy": "http://p.example:3128"}, "http://p.example:3128"),
        ({"ALL_PROXY": "http://all.example"}, "http://all.example:80"),
        ({"ALL_PROXY": "http://all.example", "HTTPS_PROXY": "http://p.example"}, "http://p.example:80"),
        ({"HTTPS_PROXY": "p.example:3128"}, "http://p.example:3128"),
        ({"HTTP_PROXY": "http://p.example:3128"}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "api.example"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "other.example, .example"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p.example", "no_proxy": "api.example:443"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "api.example:8443"}, "http://p.example:80"),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "i.example"}, "http://p.example:80"),
    ],
)
def test_the_proxy_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: Any, proxy: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert chosen() == proxy


def test_the_proxy_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example")
    monkeypatch.setenv("NO_PROXY", "*")
    assert chosen("http://given.example:1") == "http://given.example:1"


def test_a_service_on_loopback_does_not_use_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://p.example")
    monkeypatch.setenv("HTTP_PROXY", "http://p.example")
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert chosen(url=f"http://{host}/v2") is None


@pytest.mark.parametrize("proxy", ["http://given.example", "https://10.1.2.3:3128", "socks5://given.example"])
@pytest.mark.parametrize("kind", [Paisr, AsyncPaisr])
def test_a_proxy_on_another_machine_is_refused_for_a_service_on_loopback(
    proxy: str, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paisr._transport.proxies.find_spec", lambda name: object())
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        with pytest.raises(ConfigurationError, match=r"the token would be sent unencrypted; leave proxy= out"):
            kind("tok", base_url=f"http://{host}/v2", proxy=proxy)
        assert chosen("http://localhost:3128", url=f"http://{host}/v2") == "http://localhost:3128"


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("", "The proxy's URL is not one of http, https, socks5, socks5h with a host; give one such as"),
        ("p.example:3128", "The proxy's URL is not one of"),
        ("ftp://p.example", "The proxy's URL is not one of"),
        ("http://", "The proxy's URL is not one of"),
        ("http://p example", "The proxy's URL is not one of"),
        (f"http://{'a' * 64}.example", "The proxy's URL is not one of"),
        (b"http://p.example", "The proxy's URL is not one of"),
        (7, "The proxy's URL is not one of"),
        ("http://p.example:99999", "The proxy's URL cannot be read; give one such as"),
        ("http://[::1", "The proxy's URL cannot be read"),
        ("http://user:\udcff@p.example", "The proxy's URL cannot be read"),
        ("http://[::1]evil.example", "The proxy's URL is not one of"),
        ("http://user@evil[::1]:80", "The proxy's URL is not one of"),
    ],
)
def test_an_invalid_proxy_is_refused_by_the_constructor(proxy: Any, message: str) -> None:
    for kind in (Paisr, AsyncPaisr):
        with pytest.raises(ConfigurationError) as caught:
            kind("tok", base_url=LIVE, proxy=proxy)
        assert str(caught.value).startswith(message)
        assert str(caught.value).endswith(".")


def test_an_invalid_proxy_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://p.example")
    with pytest.raises(ConfigurationError, match="proxy"):
        Paisr("tok")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setattr("paisr._transport.proxies.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"^A SOCKS proxy needs .*: install httpx\[socks\]\.$"):
        Paisr("tok", proxy=f"{scheme}://p.example:1080")
    monkeypatch.setattr("paisr._transport.proxies.find_spec", lambda name: object())
    Paisr("tok", proxy=f"{scheme}://p.example:1080").close()


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "login"),
    [
        ("http://p.example", "http", "p.example", 80, None),
        ("https://p.example", "https", "p.example", 443, None),
        ("socks5://p.example", "socks5", "p.example", 1080, None),
        ("http://[::1]:3128", "http", "::1", 3128, None),
        ("http://pröxy.example", "http", "xn--prxy-6qa.example", 80, None),
        ("http://user:p%40ss@p.example:3128/", "http", "p.example", 3128, (b"user", b"p@ss")),
        ("http://user@p.example", "http", "p.example", 80, (b"user", b"")),
        ("http://usér:pä@p.example", "http", "p.example", 80, ("usér".encode(), "pä".encode())),
    ],
)
def test_the_url_of_a_proxy_is_parsed(url: str, scheme: str, host: str, port: int, login: Any) -> None:
    proxy = proxy_of(url)
    assert (proxy.scheme, proxy.host, proxy.port, proxy.login) == (scheme, host, port, login)
    assert "user" not in repr(proxy)


def test_the_address_to_connect_to_is_that_of_the_service_or_its_proxy() -> None:
    for url, port in (("https://api.example/v2", 443), ("https://api.example:8443/v2", 8443)):
        straight = Opening(route(url=url), None)
        assert straight.address == ("api.example", port)
    through = Opening(route(), proxy_of("http://p.example:3128"))
    assert through.address == ("p.example", 3128)


@pytest.mark.parametrize(("url", "port"), [(LIVE, 443), ("https://api.example:8443/v2", 8443)])
def test_connect_names_the_default_port(url: str, port: int) -> None:
    written = begun(Opening(route(url=url), proxy_of("http://p.example")))
    assert written.startswith(b"CONNECT api.example:%d HTTP/1.1\r\n" % port)


def test_a_service_without_tls_is_asked_for_through_a_tunnel_too() -> None:
    """The proxy gets its login, and no request: a refusal of its own is not taken for the service's response."""
    opening = Opening(route(url="http://127.0.0.1:8000/v2"), proxy_of("http://user:p%40ss@localhost:3128"))
    written = begun(opening)
    assert written.startswith(b"CONNECT 127.0.0.1:8000 HTTP/1.1\r\n")
    assert b64encode(b"user:p@ss") in written


def test_the_tls_context_is_the_argument_or_the_shared_default(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Any] = []

    def note(below: Any, context: Any, host: str) -> Any:
        used.append((context, host))
        raise LookupError

    monkeypatch.setattr("paisr._transport.opening.Tls", note)
    own = ssl.create_default_context()
    for opening in (Opening(route(tls=own), None), Opening(route(), None)):
        with pytest.raises(LookupError):
            begun(opening)
    assert used == [(own, "api.example"), (shared_context(), "api.example")]
    assert shared_context().verify_mode is ssl.CERT_REQUIRED
    assert shared_context().check_hostname
    with pytest.raises(StopIteration):
        begun(Opening(route(url="http://127.0.0.1/v2"), None))
    secure_proxy = Opening(route(url="http://127.0.0.1/v2"), proxy_of("https://p.example"))
    with pytest.raises(LookupError):
        begun(secure_proxy)
    assert used[-1] == (shared_context(), "p.example")


class Refused:
    """A fake opening: the peer refuses the first bytes."""

    def __init__(self, listener: socket.socket) -> None:
        self.address = listener.getsockname()
        self.streams: list[Any] = []

    async def handshakes(self, stream: Any, progress: Any) -> Any:
        self.streams.append(stream)
        raise ConnectionError("refused")


@pytest.mark.parametrize("kind", [SyncPool, AsyncPool])
def test_a_connection_that_is_refused_is_closed_while_its_error_is_held(kind: Any) -> None:
    """The traceback of an error refers to the connection for as long as the error is held."""

    async def open_it() -> None:
        await kind(opening).open(ample())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        opening = Refused(listener)
        with pytest.raises(ConnectionError, match="refused") as caught:
            asyncio.run(open_it())
    assert caught.value.__traceback__ is not None
    assert [one.socket.fileno() for one in opening.streams] == [-1]
