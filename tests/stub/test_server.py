from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr_stub import Invoice, StubServer

AUTHORIZED = {"Authorization": "Bearer test-token"}
Body = Callable[..., dict[str, Any]]


def raw(stub: StubServer, request: bytes) -> bytes:
    """Send bytes and read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as connection:
        connection.sendall(request)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks)


def test_a_server_has_the_urls_of_the_api_and_the_control(stub: StubServer) -> None:
    assert stub.url == f"http://127.0.0.1:{stub.port}/v2"
    assert stub.url_for_control == f"http://127.0.0.1:{stub.port}/__stub__"


def test_a_default_token_is_random(tmp_path: Path) -> None:
    with StubServer() as one, StubServer() as other:
        assert one.token != other.token
        assert one.port != other.port
        for stub in (one, other):
            assert (
                httpx.get(f"{stub.url}/invoices", headers={"Authorization": f"Bearer {stub.token}"}).status_code == 200
            )
        assert httpx.get(f"{one.url}/invoices", headers={"Authorization": f"Bearer {other.token}"}).status_code == 401


def test_a_server_stops_at_once_with_idle_busy_and_silent_connections() -> None:
    stub = StubServer(token="test-token").start()
    stub.fail_next(delay=60)
    with httpx.Client(headers=AUTHORIZED) as idle, socket.create_connection(("127.0.0.1", stub.port)) as silent:
        silent.sendall(b"POST /v2/invoices HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        waiting = threading.Thread(target=_ignore_errors, args=(f"{stub.url}/invoices",))
        waiting.start()
        while not stub.requests:
            time.sleep(0.001)
        assert idle.get(f"{stub.url}/invoices").status_code == 200
        start = time.monotonic()
        stub.stop()
        assert time.monotonic() - start < 1
        waiting.join(5)
        assert not waiting.is_alive()
        with pytest.raises(httpx.TransportError):
            idle.get(f"{stub.url}/invoices")
    stub.stop()


def _ignore_errors(url: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(url, headers=AUTHORIZED, timeout=10)


def test_a_server_stops_under_load_after_complete_responses(pizza: Body) -> None:
    stub = StubServer(token="test-token").start()
    kept: list[str] = []

    def load() -> None:
        with httpx.Client(headers=AUTHORIZED) as client:
            while True:
                try:
                    kept.append(client.post(f"{stub.url}/invoices", json=pizza()).json()["data"]["id"])
                except httpx.TransportError:
                    return

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(kept) < 20:
        time.sleep(0.001)
    start = time.monotonic()
    stub.stop()
    assert time.monotonic() - start < 1
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert len(set(kept)) == len(kept)


def test_concurrent_creates_get_different_numbers(stub: StubServer, pizza: Body) -> None:
    def create(number: int) -> str:
        with httpx.Client(headers=AUTHORIZED) as client:
            responses = [client.post(f"{stub.url}/invoices", json=pizza(summary=f"{number}.{n}")) for n in range(10)]
        return ",".join(response.json()["data"]["id"] for response in responses)

    with ThreadPoolExecutor(8) as pool:
        ids = ",".join(pool.map(create, range(8))).split(",")
    assert len(ids) == len(set(ids)) == 80
    held = stub.invoices
    assert {invoice["id"] for invoice in held} == set(ids)
    assert [invoice["sid"] for invoice in held] == list(range(600001, 600081))
    assert len({str(invoice["customer"]) for invoice in held}) == 1
    assert len(stub.requests) == 80


def test_a_file_keeps_the_state_after_the_server_stops(tmp_path: Path, pizza: Body) -> None:
    path = tmp_path / "stub.sqlite"
    with StubServer(db=path, token="test-token") as stub:
        ids = stub.seed(5)
        made = httpx.post(f"{stub.url}/invoices", json=pizza(), headers=AUTHORIZED).json()["data"]["id"]
        stub.pay(made)
        before = stub.invoices
    with StubServer(db=path, token="test-token") as stub:
        assert [without_checkout_url(invoice) for invoice in stub.invoices] == [
            without_checkout_url(one) for one in before
        ]
        assert [invoice["id"] for invoice in before] == [*ids, made]
        again = httpx.post(f"{stub.url}/invoices", json=pizza(), headers=AUTHORIZED).json()["data"]["id"]
        assert again not in {*ids, made}


def without_checkout_url(invoice: Invoice) -> dict[str, Any]:
    """An invoice without the URL of its checkout page, which depends on the running server."""
    return {**invoice, "session": invoice.session is not None}


def test_two_servers_share_a_file(tmp_path: Path, pizza: Body) -> None:
    path = tmp_path / "stub.sqlite"
    with StubServer(db=path, token="test-token") as one, StubServer(db=path, token="test-token") as other:
        with ThreadPoolExecutor(4) as pool:
            urls = [one.url, other.url] * 20
            responses = list(
                pool.map(lambda url: httpx.post(f"{url}/invoices", json=pizza(), headers=AUTHORIZED), urls)
            )
        assert {response.status_code for response in responses} == {200}
        assert (
            len({response.json()["data"]["id"] for response in responses})
            == len(one.invoices)
            == len(other.invoices)
            == 40
        )


def test_a_chosen_port_that_is_in_use_is_an_error(stub: StubServer) -> None:
    with pytest.raises(OSError, match="in use"):
        StubServer(port=stub.port).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", "", "8.8.8.8"])
def test_a_host_that_is_not_loopback_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        StubServer(host=host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_every_loopback_address_is_accepted(host: str) -> None:
    try:
        stub = StubServer(host=host).start()
    except OSError as error:
        pytest.skip(f"this machine has no {host}: {error}")
    with httpx.Client(headers={"Authorization": f"Bearer {stub.token}"}) as client:
        assert client.get(f"{stub.url}/invoices").status_code == 200
        assert client.post(f"{stub.url_for_control}/seed", json={"count": 1}).status_code == 200
    stub.stop()


def test_remote_access_needs_an_option_and_a_long_token() -> None:
    with StubServer(host="0.0.0.0", allow_remote=True) as stub:
        assert stub.url == f"http://127.0.0.1:{stub.port}/v2"
        assert httpx.get(f"{stub.url}/invoices").status_code == 401
    for token in ("short", ["t" * 16, "short"]):
        with pytest.raises(ValueError, match="at least 16 characters"):
            StubServer(host="0.0.0.0", allow_remote=True, token=token)
    with pytest.raises(ValueError, match="not an address"):
        StubServer(host="example.com", allow_remote=True)


@pytest.mark.parametrize(
    "url",
    ["stub:8000", "ftp://stub", "http://", "http://stub/v2", "http://stub?x", "http://a@stub", "http://stub:99999"],
)
def test_an_invalid_public_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="public_url"):
        StubServer(public_url=url)


def test_a_server_that_is_not_started_or_started_twice_is_an_error() -> None:
    stub = StubServer()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = stub.url
    with stub, pytest.raises(RuntimeError, match="started before"):
        stub.start()


def test_an_unknown_method_is_refused_with_the_allowed_ones(http: httpx.Client) -> None:
    for path, allow in (("/invoices", "GET, POST"), ("/invoices/inv_1", "GET")):
        for method in ("DELETE", "OPTIONS", "TRACE", "PUT"):
            response = http.request(method, path)
            assert (response.status_code, response.headers["allow"], response.json()["success"]) == (405, allow, False)
        head = http.head(path)
        assert (head.status_code, head.headers["allow"], head.content) == (405, allow, b"")


@pytest.mark.parametrize("size", [(1 << 20) + 1, (8 << 20) + 1])
def test_a_body_that_is_too_large_is_refused_with_413(http: httpx.Client, size: int) -> None:
    response = http.post("/invoices", content=(b"x" * 65536 for _ in range(size // 65536 + 1)))
    assert (response.status_code, response.json()["success"]) == (413, False)
    assert http.get("/invoices").status_code == 200


def test_a_declared_gigabyte_is_refused_without_being_read(stub: StubServer) -> None:
    head = b"POST /v2/invoices HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
    assert raw(stub, head).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("request_", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\nHost: x\r\n\r\n"])
def test_invalid_http_is_400_in_the_envelope(stub: StubServer, request_: bytes) -> None:
    head, _, body = raw(stub, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["success"] is False


def test_requests_are_recorded_unchanged(stub: StubServer, http: httpx.Client) -> None:
    http.post("/invoices?a=%20b", content=b'{"x": 0.10}', headers={"Content-Type": "application/json", "X-A": "1"})
    http.get("/nowhere")
    first, second = stub.requests
    assert (first.method, first.path, first.query, first.status) == ("POST", "/v2/invoices", "a=%20b", 422)
    assert (first.body, first.operation, first.headers["x-a"]) == (b'{"x": 0.10}', "create", "1")
    assert first.headers["authorization"] == "Bearer test-token"
    assert "test-token" not in repr(first)
    assert (second.path, second.operation, second.status) == ("/v2/nowhere", None, 404)
    stub.fail_next(status=429)
    http.get("/invoices")
    third = stub.requests[-1]
    assert (third.status, third.is_planned, second.is_planned) == (429, True, False)
    stub.forget_requests()
    assert stub.requests == []


def test_a_response_is_not_delayed_by_forty_milliseconds(http: httpx.Client) -> None:
    # The delay of Nagle's algorithm and delayed acknowledgements for a response that is written in two parts.
    durations = []
    for _ in range(10):
        start = time.perf_counter()
        http.get("/invoices")
        durations.append(time.perf_counter() - start)
    assert min(durations[1:]) < 0.03


def test_the_package_imports_neither_the_client_nor_the_generated_code() -> None:
    code = "import sys, paisr_stub; print([m for m in sys.modules if m.split('.')[0] in ('paisr', 'paisr_generated')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
