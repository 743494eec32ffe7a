"""Proxies of the environment, TLS settings and a user's own transport, over real connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trustme

from paisr import APIConnectionError, AsyncPaisr, Paisr

TOKEN = "tok_of_these_tests"
BODY = b'{"success": true, "data": {"id": "inv_1", "status": "paid"}}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture(params=["sync", "async"])
def get(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Read an invoice with a client of these settings, and return its id."""

    def read(**settings: Any) -> str:
        settings = {"max_retries": 0, "timeout": 5} | settings
        if request.param == "sync":
            with Paisr(TOKEN, **settings) as client:
                return client.invoices.get("inv_1").id
        return asyncio.run(read_async(settings))

    return read


async def read_async(settings: dict[str, Any]) -> str:
    async with AsyncPaisr(TOKEN, **settings) as client:
        return (await client.invoices.get("inv_1")).id


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(raw_server: Any, authority: trustme.CA) -> Any:
    """A TLS server for 127.0.0.1. It is also the proxy in front of api.example, and that service."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "api.example").configure_cert(context)

    def talk(server: Any, connection: socket.socket) -> None:
        if connection.recv(7, socket.MSG_PEEK) == b"CONNECT":
            server.read(connection)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as stream:
            while server.read(stream):
                stream.sendall(RESPONSE)

    return raw_server(talk)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_a_tls_context_decides_which_certificates_are_trusted(get: Any, secure: Any, authority: trustme.CA) -> None:
    url = secure.url.replace("http:", "https:")
    assert get(base_url=url, tls=trusting(authority)) == "inv_1"
    with pytest.raises(APIConnectionError, match="certificate is not trusted") as caught:
        get(base_url=url)
    assert caught.value.outcome == "not_sent"
    with pytest.raises(APIConnectionError, match="certificate is not trusted"):
        get(base_url=url.replace("127.0.0.1", "localhost"), tls=trusting(authority))


def test_a_connection_error_names_host_and_port(get: Any, raw_server: Any) -> None:
    refused, silent = free_port(), raw_server(lambda server, connection: server.read(connection))
    with pytest.raises(APIConnectionError, match=rf"could not connect to 127\.0\.0\.1:{refused}: ") as caught:
        get(base_url=f"http://127.0.0.1:{refused}/v2")
    assert TOKEN not in str(caught.value)
    with pytest.raises(APIConnectionError) as caught:
        get(base_url=silent.url)
    assert "could not connect" not in str(caught.value)


def test_a_connection_error_names_the_service_and_the_proxy_without_its_password(get: Any) -> None:
    port = free_port()
    expected = rf"could not connect to api\.example:443 through the proxy 127\.0\.0\.1:{port}: "
    with pytest.raises(APIConnectionError, match=expected) as caught:
        get(base_url="https://api.example/v2", proxy=f"http://user:password@127.0.0.1:{port}")
    assert "user" not in str(caught.value)
    assert "password" not in str(caught.value)


def test_a_connection_error_of_a_users_transport_names_host_and_port(get: Any) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("All connection attempts failed")

    expected = r"could not connect to \[::1\]:8000: All connection attempts failed"
    with pytest.raises(APIConnectionError, match=expected):
        get(base_url="http://[::1]:8000/v2", transport=httpx.MockTransport(refuse))


@pytest.mark.parametrize("port", ["", ":443"])
def test_the_proxy_of_the_environment_is_used(
    get: Any, secure: Any, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", secure.url.removesuffix("/v2"))
    assert get(base_url=f"https://api.example{port}/v2", tls=trusting(authority)) == "inv_1"
    tunnel, request = secure.requests
    assert tunnel.startswith(b"CONNECT api.example:443 ")
    assert TOKEN.encode() not in tunnel
    assert b"Authorization: Bearer " + TOKEN.encode() in request


def test_no_proxy_of_the_environment_is_respected(get: Any, raw_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = raw_server(lambda server, connection: server.read(connection))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.removesuffix("/v2"))
    monkeypatch.setenv("NO_PROXY", "invalid")
    with pytest.raises(APIConnectionError):
        get(base_url="https://api.invalid/v2", timeout=2)
    assert proxy.requests == []


def test_a_users_transport_ignores_the_proxy_of_the_environment(get: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=BODY)

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert get(transport=httpx.MockTransport(respond)) == "inv_1"
    (request,) = seen
    assert str(request.url) == "https://api.live.paisr.tech/v2/invoices/inv_1"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
