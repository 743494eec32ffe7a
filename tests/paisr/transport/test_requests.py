"""The headers of a request: the client's own, the default headers, and headers of one attempt, which win."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from paisr import AsyncPaisr, CallEvent, Paisr, __version__

BODY = b'{"success": true, "data": {"id": "inv_1", "status": "unpaid"}}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
Sent = list[tuple[str, str]]


def over_a_transport(_server: Any, settings: dict[str, Any]) -> Sent:
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=BODY)

    with Paisr("tok", transport=httpx.MockTransport(respond), **settings) as client:
        client.invoices.get("inv_1")
    return [(name.decode().lower(), value.decode()) for name, value in requests[0].headers.raw]


def over_a_pool(server: Any, settings: dict[str, Any]) -> Sent:
    with Paisr("tok", base_url=server.url, **settings) as client:
        client.invoices.get("inv_1")
    return sent_to(server)


async def get(server: Any, settings: dict[str, Any]) -> None:
    async with AsyncPaisr("tok", base_url=server.url, **settings) as client:
        await client.invoices.get("inv_1")


def over_an_async_pool(server: Any, settings: dict[str, Any]) -> Sent:
    asyncio.run(get(server, settings))
    return sent_to(server)


def sent_to(server: Any) -> Sent:
    lines = server.requests[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return [(line.split(": ")[0].lower(), line.split(": ", 1)[1]) for line in lines]


WAYS = [over_a_transport, over_a_pool, over_an_async_pool]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def sent(request: pytest.FixtureRequest, raw_server: Any) -> Callable[..., Sent]:
    """The sent headers of a call of a client with these settings."""

    def talk(server: Any, connection: Any) -> None:
        while server.read(connection):
            connection.sendall(RESPONSE)

    return lambda **settings: request.param(raw_server(talk), settings)


def test_default_headers_are_sent_in_addition_to_the_client_s_own(sent: Any) -> None:
    headers = sent(default_headers={"X-Team": "billing", "x-key": "a, b=c"})
    assert ("x-team", "billing") in headers
    assert ("x-key", "a, b=c") in headers
    assert ("authorization", "Bearer tok") in headers
    names = sorted(name for name, _value in headers if name != "connection")
    assert names == ["accept", "accept-encoding", "authorization", "host", "user-agent", "x-key", "x-team"]


@pytest.mark.parametrize(
    ("user_agent", "added"), [(None, ""), ("billing/1.0 (+https://e.example)", " billing/1.0 (+https://e.example)")]
)
def test_a_user_agent_is_appended_to_the_client_s_own(sent: Any, user_agent: str | None, added: str) -> None:
    [agent] = [value for name, value in sent(user_agent=user_agent) if name == "user-agent"]
    assert re.fullmatch(rf"paisr/{re.escape(__version__)} python/3\.[0-9.]+{re.escape(added)}", agent)


def test_a_header_of_one_attempt_replaces_a_default_header(sent: Any) -> None:
    def hook(event: CallEvent) -> None:
        if event.name == "sent":
            event.add_header("traceparent", "of the attempt")

    headers = sent(default_headers={"Traceparent": "of every request", "X-Team": "billing"}, on_event=hook)
    assert [value for name, value in headers if name == "traceparent"] == ["of the attempt"]
    assert ("x-team", "billing") in headers
