"""Which proxy a client goes through, and with what its pool is made."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from paisr import AsyncPaisr, ConfigurationError, Paisr
from paisr._base.route import Route
from paisr._base.secrets import Secret, wrap
from paisr._settings import read_service
from paisr._transport.pools import pool_arguments
from paisr._transport.proxies import choose_proxy
from paisr._transport.tls import shared_context

LIVE = "https://api.example/v2"


def route(proxy: Any = None, url: str = LIVE, tls: Any = None) -> Route:
    return Route(service=read_service(None, wrap(url)), proxy=wrap(proxy), tls=tls, token=Secret("tok"))


def chosen(proxy: Any = None, url: str = LIVE) -> str | None:
    found = choose_proxy(route(proxy, url))
    return None if found is None else found.reveal()


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p.example:3128"}, "http://p.example:3128"),
        ({"https_proxy": "http://p.example:3128"}, "http://p.example:3128"),
        ({"ALL_PROXY": "http://all.example"}, "http://all.example"),
        ({"ALL_PROXY": "http://all.example", "HTTPS_PROXY": "http://p.example"}, "http://p.example"),
        ({"HTTPS_PROXY": "p.example:3128"}, "http://p.example:3128"),
        ({"HTTP_PROXY": "http://p.example:3128"}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "api.example"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "other.example, .example"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p.example", "no_proxy": "api.example:443"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "api.example:8443"}, "http://p.example"),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "i.example"}, "http://p.example"),
    ],
)
def test_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch, variables: Any, proxy: str | None) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert chosen() == proxy


def test_a_proxy_that_is_given_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example")
    monkeypatch.setenv("NO_PROXY", "*")
    assert chosen("http://given.example:1") == "http://given.example:1"


def test_loopback_is_not_asked_for_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://p.example")
    monkeypatch.setenv("HTTP_PROXY", "http://p.example")
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert chosen(url=f"http://{host}/v2") is None
    assert chosen("http://given.example", url="http://127.0.0.1/v2") == "http://given.example"


@pytest.mark.parametrize(
    ("proxy", "said"),
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
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_when_the_client_is_made(proxy: Any, said: str) -> None:
    for kind in (Paisr, AsyncPaisr):
        with pytest.raises(ConfigurationError) as caught:
            kind("tok", base_url=LIVE, proxy=proxy)
        assert str(caught.value).startswith(said)
        assert str(caught.value).endswith(".")


def test_a_bad_proxy_of_the_environment_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://p.example")
    with pytest.raises(ConfigurationError, match="proxy"):
        Paisr("tok")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setattr("paisr._transport.proxies.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"^A SOCKS proxy needs .*: install httpx\[socks\]\.$"):
        Paisr("tok", proxy=f"{scheme}://p.example:1080")
    monkeypatch.setattr("paisr._transport.proxies.find_spec", lambda name: object())
    Paisr("tok", proxy=f"{scheme}://p.example:1080").close()


@pytest.mark.parametrize(
    ("url", "origin", "auth"),
    [
        ("http://p.example", b"http://p.example:80", None),
        ("https://p.example", b"https://p.example:443", None),
        ("socks5://p.example", b"socks5://p.example:1080", None),
        ("http://[::1]:3128", b"http://[::1]:3128", None),
        ("http://pröxy.example", b"http://xn--prxy-6qa.example:80", None),
        ("http://user:p%40ss@p.example:3128/", b"http://p.example:3128", (b"user", b"p@ss")),
        ("http://user@p.example", b"http://p.example:80", (b"user", b"")),
        ("http://usér:pä@p.example", b"http://p.example:80", ("usér".encode(), "pä".encode())),
    ],
)
def test_a_proxys_url_is_taken_apart(url: str, origin: bytes, auth: tuple[bytes, bytes] | None) -> None:
    proxy = pool_arguments(route(), Secret(url))["proxy"]
    found = proxy.url
    host = b"[%s]" % found.host if b":" in found.host else found.host
    assert b"%s://%s:%d" % (found.scheme, host, found.port or 0) == origin
    assert proxy.auth == auth
    assert "user" not in repr(proxy.auth)


def test_the_pool_gets_the_context_that_was_given_or_one_for_all() -> None:
    own = ssl.create_default_context()
    assert pool_arguments(route(tls=own), None)["ssl_context"] is own
    shared = pool_arguments(route(), None)["ssl_context"]
    assert shared is pool_arguments(route(), None)["ssl_context"] is shared_context.get()
    assert shared.verify_mode is ssl.CERT_REQUIRED
    assert shared.check_hostname
    assert "ssl_context" not in pool_arguments(route(url="http://127.0.0.1/v2"), None)
