"""Requests and results of both clients, over a transport and over sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import httpcore
import httpx
import pytest

from paisr import (
    APIConnectionError,
    APITimeoutError,
    AsyncPaisr,
    ConfigurationError,
    InvalidArgumentError,
    InvoiceStatus,
    LineItem,
    NotFoundError,
    OutcomeUnknownError,
    Paisr,
    PaisrError,
    ServerError,
    __version__,
)


def body_for(target: str) -> bytes:
    """A body that is both an invoice, with the requested id if there is one, and an empty list."""
    name = unquote(target.partition("?")[0].rpartition("/")[2])
    data = {"id": name if name.startswith("inv_") else "inv_1", "status": "unpaid", "invoices": []}
    return json.dumps({"success": True, "data": data}).encode()


INVOICE = body_for("")


def respond(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=body_for(request.url.raw_path.decode()))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(INVOICE) + INVOICE


def responding(server: Any, connection: socket.socket) -> None:
    while request := server.read(connection):
        body = body_for(request.split()[1].decode())
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture(params=["transport", "pool"])
def sent(request: pytest.FixtureRequest, side: Any, script: Any, raw_server: Any) -> Any:
    """Make a call and return its request: method, target, headers (pairs with lower-case names) and body."""
    responses = script(respond)
    server = raw_server(responding)
    if request.param == "transport":
        client = side.client(responses, base_url=server.url)
    else:
        client = side.client(base_url=server.url)

    def sent(name: str, *arguments: Any, **named: Any) -> tuple[str, str, list[tuple[str, str]], bytes]:
        side.call(client, name, *arguments, **named)
        if request.param == "transport":
            [outgoing] = responses.requests
            headers = [(key.decode().lower(), value.decode()) for key, value in outgoing.headers.raw]
            return outgoing.method, outgoing.url.raw_path.decode(), headers, outgoing.content
        [raw] = server.requests
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        return method, target, [(line.split(": ")[0].lower(), line.split(": ", 1)[1]) for line in lines], body

    return sent


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({}, ""),
        ({"limit": 1}, "?limit=1"),
        ({"limit": 1000, "status": "paid"}, "?status=paid&limit=1000"),
        ({"resource_id": "cus_1", "currency": "GBP"}, "?resource_id=cus_1&currency=GBP"),
        ({"resource_id": "a b&c=d/é?#%+"}, "?resource_id=a%20b%26c%3Dd%2F%C3%A9%3F%23%25%2B"),
    ],
)
def test_a_list_sends_its_filters(sent: Any, filters: dict[str, Any], query: str) -> None:
    method, target, headers, body = sent("list", **filters)
    assert (method, target, body) == ("GET", f"/v2/invoices{query}", b"")
    assert "content-type" not in dict(headers)
    assert "content-length" not in dict(headers)


@pytest.mark.parametrize(
    ("invoice_id", "path"),
    [
        ("inv_123456", "inv_123456"),
        ("inv_..", "inv_.."),
        ("inv_a?b#c", "inv_a%3Fb%23c"),
        ("inv_%2e", "inv_%252e"),
        ("inv_é~", "inv_%C3%A9~"),
    ],
)
def test_an_id_is_one_segment_of_the_path(sent: Any, invoice_id: str, path: str) -> None:
    method, target, _headers, body = sent("get", invoice_id)
    assert (method, target, body) == ("GET", f"/v2/invoices/{path}", b"")


def test_a_create_sends_exact_digits_and_no_omitted_fields(sent: Any) -> None:
    items = [LineItem("Pizza é🍕", "2", Decimal("62.50")), {"description": "", "quantity": 1, "unit_price": "0.10"}]
    method, target, headers, body = sent("create", customer="a@b.example", summary="x\n", due="In 3 days", items=items)
    assert (method, target) == ("POST", "/v2/invoices")
    assert b'"unit_price":62.50' in body
    assert b'"unit_price":0.10' in body
    assert json.loads(body) == {
        "customer": "a@b.example",
        "summary": "x\n",
        "due": "In 3 days",
        "items": [
            {"description": "Pizza é🍕", "quantity": 2, "unit_price": 62.5},
            {"description": "", "quantity": 1, "unit_price": 0.1},
        ],
    }
    assert dict(headers)["content-type"] == "application/json"
    assert dict(headers)["content-length"] == str(len(body))
    assert "transfer-encoding" not in dict(headers)


def test_a_request_has_exactly_these_headers(sent: Any, request: pytest.FixtureRequest) -> None:
    _method, _target, headers, _body = sent("get", "inv_1")
    foreign = request.node.callspec.params["sent"] == "transport"
    # A user's transport may keep a surplus response for the next call, so the client asks it to close each connection.
    assert [value for name, value in headers if name == "connection"] == (["close"] if foreign else [])
    names = sorted(name for name, _value in headers if name != "connection")
    assert names == ["accept", "accept-encoding", "authorization", "host", "user-agent"]
    values = dict(headers)
    assert values["authorization"] == "Bearer tok_of_these_tests"
    assert values["accept"] == "application/json"
    assert values["user-agent"].startswith(f"paisr/{__version__} python/3.")
    assert values["host"].startswith("127.0.0.1:")


def test_no_cookie_is_sent_back_and_no_redirect_is_followed(side: Any, script: Any) -> None:
    elsewhere = [("Set-Cookie", "a=b"), ("Location", "https://elsewhere.example/")]
    responses = script((200, INVOICE, elsewhere), (307, INVOICE, elsewhere))
    client = side.client(responses)
    side.call(client, "get", "inv_1")
    with pytest.raises(PaisrError, match="redirects are not followed"):
        side.call(client, "get", "inv_1")
    assert len(responses.requests) == 2
    assert "cookie" not in responses.requests[1].headers


REQUEST = httpx.Request("GET", "https://api.example")
EXCEPTIONS = [
    (httpx.ConnectError("refused"), APIConnectionError, "not_sent"),
    (httpx.ConnectTimeout("late"), APITimeoutError, "not_sent"),
    (httpx.PoolTimeout("late"), APITimeoutError, "not_sent"),
    (httpx.ProxyError("407"), APIConnectionError, "not_sent"),
    (httpx.UnsupportedProtocol("what"), APIConnectionError, "not_sent"),
    (httpx.LocalProtocolError("bad"), APIConnectionError, "not_sent"),
    (httpx.InvalidURL("long"), APIConnectionError, "not_sent"),
    (httpx.ReadTimeout("late"), APITimeoutError, "unknown"),
    (httpx.WriteTimeout("late"), APITimeoutError, "unknown"),
    (httpx.ReadError(""), APIConnectionError, "unknown"),
    (httpx.WriteError("broke"), APIConnectionError, "unknown"),
    (httpx.CloseError("broke"), APIConnectionError, "unknown"),
    (httpx.RemoteProtocolError("odd"), APIConnectionError, "unknown"),
    (httpx.DecodingError("odd"), APIConnectionError, "unknown"),
    (httpx.TooManyRedirects("many"), APIConnectionError, "unknown"),
    (httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(500)), APIConnectionError, "unknown"),
    (httpx.StreamConsumed(), APIConnectionError, "unknown"),
    (httpcore.ConnectError("refused"), APIConnectionError, "not_sent"),
    (httpcore.ReadTimeout("late"), APITimeoutError, "unknown"),
    (httpcore.RemoteProtocolError("odd"), APIConnectionError, "unknown"),
    (httpcore.ConnectionNotAvailable("none"), APIConnectionError, "unknown"),
    (TimeoutError(), APITimeoutError, "unknown"),
    (ConnectionResetError(104, "reset"), APIConnectionError, "unknown"),
]


@pytest.mark.parametrize(("raised", "kind", "outcome"), EXCEPTIONS, ids=lambda value: type(value).__name__)
def test_no_exception_of_the_http_libraries_escapes(
    side: Any, script: Any, time: Any, create: Any, raised: Exception, kind: type[PaisrError], outcome: str
) -> None:
    client = side.client(script(raised), time=time)
    with pytest.raises(PaisrError) as caught:
        side.call(client, "get", "inv_1")
    assert type(caught.value) is kind
    assert caught.value.outcome == outcome
    assert str(caught.value).endswith(".")
    assert ": ." not in str(caught.value)
    assert caught.value.__cause__ is not None
    with pytest.raises(PaisrError) as caught:
        side.call(client, "create", **create)
    assert type(caught.value) is (kind if outcome == "not_sent" else OutcomeUnknownError)
    assert caught.value.outcome == outcome


def test_a_read_is_retried_after_a_pause_and_a_create_is_not(side: Any, script: Any, time: Any, create: Any) -> None:
    responses = script((503, b""), httpx.ReadError("broke"), (200, INVOICE))
    client = side.client(responses, time=time)
    assert side.call(client, "with_response.get", "inv_1").attempts == 3
    assert time.slept == [0.5, 1.0]
    responses = script((503, b""))
    with pytest.raises(OutcomeUnknownError) as caught:
        side.call(side.client(responses, time=time), "create", **create)
    assert len(responses.requests) == 1
    assert isinstance(caught.value.__cause__, ServerError)


def test_the_limiter_of_a_client_applies_to_all_its_calls(side: Any, script: Any, time: Any) -> None:
    from paisr import RateLimit

    client = side.client(
        script(respond),
        time=time,
        rate_limit=RateLimit(2, per=10),
    )
    for _call in range(5):
        side.call(client, "get", "inv_1")
    assert 20 <= sum(time.slept) <= 21
    client = side.client(
        script(respond),
        time=time,
        rate_limit=None,
    )
    time.slept.clear()
    for _call in range(300):
        side.call(client, "get", "inv_1")
    assert time.slept == []


def test_a_call_of_a_closed_client_is_an_error(side: Any, script: Any) -> None:
    responses = script(respond)
    client = side.client(responses)
    side.call(client, "get", "inv_1")
    side.close(client)
    side.close(client)
    with pytest.raises(ConfigurationError, match="closed"):
        side.call(client, "get", "inv_1")
    assert len(responses.requests) == 1


def test_clients_are_context_managers(script: Any) -> None:
    with Paisr(
        "tok",
        transport=script(
            lambda request: httpx.Response(200, content=body_for(request.url.raw_path.decode()))
        ).transport,
    ) as client:
        assert client.invoices.get("inv_1").id == "inv_1"
    assert repr(client).endswith(", closed>")

    async def awaited() -> AsyncPaisr:
        async with AsyncPaisr(
            "tok",
            transport=script(
                lambda request: httpx.Response(200, content=body_for(request.url.raw_path.decode()))
            ).transport,
        ) as client:
            assert (await client.invoices.get("inv_1")).id == "inv_1"
        return client

    assert repr(asyncio.run(awaited())).endswith(", closed>")


def test_a_connection_is_reused_but_not_after_a_surplus_byte(side: Any, raw_server: Any) -> None:
    server = raw_server(responding)
    client = side.client(base_url=server.url)
    for _call in range(3):
        side.call(client, "get", "inv_1")
    assert (server.connections, len(server.requests)) == (1, 3)

    def surplus(server: Any, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(OK + OK.replace(b"inv_1", b"inv_X"))
        server.stopped.wait(5)

    server = raw_server(surplus)
    client = side.client(base_url=server.url)
    assert [side.call(client, "get", "inv_1").id for _call in range(3)] == ["inv_1"] * 3
    assert server.connections == 3


def test_threads_share_a_client(raw_server: Any) -> None:
    server = raw_server(responding)
    found: list[str] = []
    with Paisr("tok", base_url=server.url) as client:
        threads = [threading.Thread(target=lambda: found.append(client.invoices.get("inv_1").id)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["inv_1"] * 16


def test_a_second_event_loop_gets_connections_of_its_own(raw_server: Any) -> None:
    server = raw_server(responding)
    client = AsyncPaisr("tok", base_url=server.url)

    async def get() -> str:
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(client._transport.close)
            return (await client.invoices.get("inv_1")).id

    assert [asyncio.run(get()) for _loop in range(2)] == ["inv_1"] * 2
    assert server.connections == 2


def test_a_cancelled_call_leaves_the_client_usable(raw_server: Any) -> None:
    def slow_once(server: Any, connection: socket.socket) -> None:
        if server.connections == 1:
            server.read(connection)
            server.stopped.wait(5)
        else:
            responding(server, connection)

    server = raw_server(slow_once)

    async def run() -> str:
        async with AsyncPaisr("tok", base_url=server.url) as client:
            task = asyncio.create_task(client.invoices.get("inv_1"))
            while not server.requests:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await client.invoices.get("inv_1")).id

    assert asyncio.run(run()) == "inv_1"


def test_both_clients_create_read_list_and_wait_with_the_stub(side: Any, need: Any) -> None:
    try:
        from paisr_stub import StubServer
    except ModuleNotFoundError:
        StubServer = need(None, "the stub's packages, paisr[stub]")
    with StubServer() as stub:
        client = side.client(token=stub.token, base_url=stub.url)
        customer = stub.add_customer(email="jane@example.com")
        items = [LineItem("Pizza", 2, "62.50")]
        made = side.call(client, "create", customer=customer, summary="Pizza", due="In 3 days", items=items)
        stub.pay(made.id)
        paid = side.call(client, "wait", made.id, timeout=5)
        assert (paid.status, paid.amount.net_total) == ("paid", Decimal(125))
        assert side.call(client, "list", status="paid", resource_id=customer)[0] == paid
        with pytest.raises(NotFoundError):
            side.call(client, "get", "inv_none")
        side.close(client)


def test_an_email_address_as_resource_id_is_refused(side: Any, script: Any) -> None:
    responses = script((200, {"success": True, "data": {"invoices": []}}))
    client = side.client(responses)
    for call in ("list", "with_response.list"):
        with pytest.raises(InvalidArgumentError) as caught:
            side.call(client, call, resource_id="jane@example.com")
        assert str(caught.value) == (
            "resource_id='jane@example.com' is an e-mail address; "
            "give the customer's id, such as an invoice's customer.id."
        )
    assert responses.requests == []
    side.call(client, "list", resource_id="cus_1")


@pytest.mark.parametrize(("status", "is_known"), [("unpaid", True), ("on_hold", False)])
def test_an_unknown_status_of_a_created_invoice_is_kept(
    side: Any, script: Any, create: Any, status: str, is_known: bool
) -> None:
    client = side.client(script((200, {"success": True, "data": {"id": "inv_1", "status": status}})))
    made = side.call(client, "create", **create)
    assert isinstance(made.status, InvoiceStatus)
    assert (made.status, made.status.is_known) == (status, is_known)
