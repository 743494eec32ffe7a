"""`AsyncPaisr` over aiohttp: when it goes that way, and that nothing which aiohttp does by itself is let through."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from paisr import APIConnectionError, APIStatusError, AsyncPaisr, OutcomeUnknownError
from paisr._transport.aiohttp import AiohttpTransport
from paisr._transport.asynchronous import AsyncPoolTransport, AsyncUserTransport

TOKEN = "tok_of_these_tests"
PROXY = "http://proxy.example:3128"


def response(name: str, *headers: str, status: int = 200) -> bytes:
    body = json.dumps({"success": True, "data": {"id": name, "status": "unpaid"}})
    head = [f"HTTP/1.1 {status} OK", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def responses(*data: bytes) -> Callable[[Any, socket.socket], None]:
    """On each connection, these responses, one for each request; then it is closed."""

    def talk(server: Any, connection: socket.socket) -> None:
        for one in data:
            if not server.read(connection):
                return
            connection.sendall(one)

    return talk


@pytest.fixture
def run() -> Iterator[Callable[[Awaitable[Any]], Any]]:
    with asyncio.Runner() as runner:
        yield lambda awaitable: runner.run(awaited(awaitable))


async def awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


@pytest.fixture
def client(run: Any) -> Iterator[Callable[..., AsyncPaisr]]:
    """A client of a raw server, without retries."""
    made: list[AsyncPaisr] = []

    def make(server: Any, **settings: Any) -> AsyncPaisr:
        made.append(AsyncPaisr(TOKEN, **{"base_url": server.url, "max_retries": 0, "timeout": 5} | settings))
        assert isinstance(made[-1]._transport, AiohttpTransport)
        return made[-1]

    yield make
    for one in made:
        run(one.aclose())


def test_it_is_taken_where_it_is_installed_and_nothing_speaks_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(AsyncPaisr(TOKEN)._transport, AiohttpTransport)
    assert isinstance(AsyncPaisr(TOKEN, transport=httpx.AsyncHTTPTransport())._transport, AsyncUserTransport)
    assert isinstance(AsyncPaisr(TOKEN, proxy=PROXY)._transport, AsyncPoolTransport)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert isinstance(AsyncPaisr(TOKEN)._transport, AsyncPoolTransport)
    monkeypatch.setenv("NO_PROXY", "paisr.tech")
    assert isinstance(AsyncPaisr(TOKEN)._transport, AiohttpTransport)
    monkeypatch.setitem(sys.modules, "paisr._transport.aiohttp", None)
    assert isinstance(AsyncPaisr(TOKEN)._transport, AsyncPoolTransport)


def test_a_request_goes_out_as_it_was_made(run: Any, client: Any, raw_server: Any) -> None:
    server = raw_server(responses(response("inv_a?b@c%2Fd~é")))
    run(client(server).invoices.get("inv_a?b@c%2Fd~é"))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    assert line == b"GET /v2/invoices/inv_a%3Fb%40c%252Fd~%C3%A9 HTTP/1.1"
    names = sorted(header.split(b":")[0].lower() for header in headers)
    assert names == [b"accept", b"accept-encoding", b"authorization", b"host", b"user-agent"]
    assert body == b""


def test_a_large_body_arrives_whole(run: Any, client: Any, raw_server: Any, create: Any) -> None:
    server = raw_server(responses(response("inv_1")))
    run(client(server).invoices.create(**create | {"summary": "x" * 3_000_000}))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()
    assert len(json.loads(body)["summary"]) == 3_000_000


def test_cookies_are_not_kept(run: Any, client: Any, raw_server: Any) -> None:
    server = raw_server(responses(response("inv_1", "Set-Cookie: crumb=1; Path=/"), response("inv_2")))
    # aiohttp's own jar keeps none of an address, so a name.
    own = client(server, base_url=server.url.replace("127.0.0.1", "localhost"))
    run(own.invoices.get("inv_1"))
    run(own.invoices.get("inv_2"))
    assert server.connections == 1
    assert b"crumb" not in server.requests[1]


def test_a_redirect_is_not_followed(run: Any, client: Any, raw_server: Any) -> None:
    server = raw_server(responses(response("inv_1", "Location: /v2/invoices/inv_2", status=307), response("inv_2")))
    with pytest.raises(APIStatusError):
        run(client(server).invoices.get("inv_1"))
    assert len(server.requests) == 1


def test_a_read_that_breaks_on_a_kept_connection_is_not_repeated_unseen(run: Any, client: Any, raw_server: Any) -> None:
    def talk(server: Any, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(response("inv_1"))
        server.read(connection)

    server = raw_server(talk)
    own = client(server)
    run(own.invoices.get("inv_1"))
    with pytest.raises(APIConnectionError) as caught:
        run(own.invoices.get("inv_1"))
    assert len(server.requests) == 2
    assert caught.value.outcome == "unknown"


def test_a_create_whose_connection_breaks_is_sent_once(run: Any, client: Any, raw_server: Any, create: Any) -> None:
    server = raw_server(lambda server, connection: server.read(connection))
    with pytest.raises(OutcomeUnknownError) as caught:
        run(client(server, max_retries=3).invoices.create(**create))
    assert len(server.requests) == 1
    assert isinstance(caught.value.__cause__.__cause__, ConnectionError)


def test_a_create_that_found_nobody_was_not_sent(run: Any, create: Any, client: Any, raw_server: Any) -> None:
    server = raw_server(lambda server, connection: None)
    server.close()
    with pytest.raises(APIConnectionError) as caught:
        run(client(server).invoices.create(**create))
    assert caught.value.outcome == "not_sent"
    assert TOKEN not in repr(caught.value.__cause__)


@pytest.mark.parametrize("together", [response("inv_stale"), response("inv_stale")[:20], b"x"])
def test_bytes_behind_a_response_are_not_the_next_one(run: Any, client: Any, raw_server: Any, together: bytes) -> None:
    server = raw_server(responses(response("inv_1") + together, response("inv_stale")))
    own = client(server, max_retries=1)
    for name in ("inv_1", "inv_1"):
        try:
            assert run(own.invoices.get(name)).id == "inv_1"
        except APIConnectionError:
            # aiohttp may see at once that what follows is no HTTP, and then does not trust the response before it.
            assert together == b"x"


def test_bytes_that_come_while_idle_are_not_the_next_response(run: Any, client: Any, raw_server: Any) -> None:
    def talk(server: Any, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(response("inv_1"))
        server.read(second)
        connection.sendall(response("inv_stale"))
        second.close()
        server.read(connection)

    second, signal = socket.socketpair()
    server = raw_server(talk)
    own = client(server)
    assert run(own.invoices.get("inv_1")).id == "inv_1"
    # The loop does not run while these arrive: nobody but a look at the socket can see them.
    signal.sendall(b"go\r\n\r\n")
    signal.recv(1)
    signal.close()
    server._talk = lambda connection: responses(response("inv_2"))(server, connection)
    assert run(own.invoices.get("inv_2")).id == "inv_2"


def test_each_event_loop_has_its_own_connections(raw_server: Any) -> None:
    server = raw_server(responses(*[response("inv_1")] * 4))
    own = AsyncPaisr(TOKEN, base_url=server.url, max_retries=0)

    async def twice() -> None:
        try:
            for _ in range(2):
                assert (await own.invoices.get("inv_1")).id == "inv_1"
        finally:
            await own._transport.close()

    for loops in (1, 2):
        asyncio.run(twice())
        assert server.connections == loops


def test_a_forked_child_makes_its_own_and_leaves_the_parents_alone(run: Any, client: Any, raw_server: Any) -> None:
    server = raw_server(responses(response("inv_1"), response("inv_2")))
    own = client(server)
    run(own.invoices.get("inv_1"))
    wire = own._transport
    before = dict(wire._sessions._made)
    wire._sessions.after_fork()
    run(own.invoices.get("inv_1"))
    assert server.connections == 2
    assert [dict(kept) for kept in wire._sessions._parents] == [before], (
        "collected, it would disturb the parent's event loop"
    )
    for session in before.values():
        run(session.http.close())
