"""`with_options`: the new client shares connections and journal with the original, which owns and closes them."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest

from paisr import ConfigurationError, Journal, RateLimitError, ServerError


@pytest.mark.parametrize(("options", "attempts"), [({}, 3), ({"max_retries": 0}, 1), ({"timeout": 0.25}, 1)])
def test_options_change_only_the_new_client(side: Any, script: Any, time: Any, options: Any, attempts: int) -> None:
    responses = script((503, b""))
    client = side.client(responses, time=time)
    other = client.with_options(**options)
    assert type(other) is type(client)
    for one, sent in ((other, attempts), (client, 3)):
        responses.requests.clear()
        with pytest.raises(ServerError):
            side.call(one, "get", "inv_1")
        assert len(responses.requests) == sent


def test_an_option_applies_to_creates_too(side: Any, service: Any, create: Any, time: Any) -> None:
    service.plan = [429]
    client = side.client(service, time=time, rate_limit=None)
    with pytest.raises(RateLimitError):
        side.call(client.with_options(max_retries=0), "create", **create)
    service.plan = [429]
    assert side.call(client, "create", **create).id == "inv_1"


def test_drift_goes_to_the_new_clients_callback(side: Any, script: Any, invoice: Any) -> None:
    invoice["data"]["colour"] = "green"
    received: list[tuple[str, str]] = []
    client = side.client(script((200, invoice)))
    side.call(client.with_options(on_drift=lambda *what: received.append(what)), "get", "inv_123456")
    side.call(client, "get", "inv_123456")
    assert received == [("get_invoice", "$.data.colour")]


def test_events_go_to_the_new_clients_callback(side: Any, script: Any, invoice: Any) -> None:
    received: list[Any] = []
    client = side.client(script((200, invoice)))
    side.call(client.with_options(on_event=received.append), "get", "inv_123456")
    so_far = len(received)
    side.call(client, "get", "inv_123456")
    assert so_far == len(received) > 0


def test_an_invalid_option_is_refused_as_by_the_constructor(side: Any) -> None:
    client = side.client()
    for options in ({"timeout": 0}, {"max_retries": -1}, {"on_drift": 7}, {"on_event": 7}):
        with pytest.raises(ConfigurationError) as caught:
            client.with_options(**options)
        with pytest.raises(ConfigurationError) as same:
            side.type("tok", **options)
        assert str(caught.value) == str(same.value)


def test_the_journal_is_shared(side: Any, service: Any, create: Any, path: Path) -> None:
    client = side.client(service, journal=path)
    made = side.call(client.with_options(timeout=5), "create", key="k", **create)
    assert side.call(client, "create", key="k", **create) == made
    assert service.posts == 1
    assert len(Journal(path).entries()) == 1


def test_connections_are_shared(side: Any, raw_server: Any) -> None:
    def talk(server: Any, connection: Any) -> None:
        while server.read(connection):
            body = b'{"success": true, "data": {"id": "inv_1", "status": "paid"}}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    server = raw_server(talk)
    client = side.client(base_url=server.url)
    for one in (client, client.with_options(timeout=5), client.with_options(max_retries=0)):
        side.call(one, "get", "inv_1")
    assert (server.connections, len(server.requests)) == (1, 3)


def test_closing_the_original_client_closes_all(side: Any, script: Any, invoice: Any) -> None:
    client = side.client(script((200, invoice)))
    other, third = client.with_options(timeout=5), client.with_options(timeout=5).with_options(max_retries=0)
    side.close(other)
    assert repr(other).endswith(", closed>")
    with pytest.raises(ConfigurationError, match="This client is closed"):
        side.call(other, "get", "inv_123456")
    assert side.call(client, "get", "inv_123456").id == side.call(third, "get", "inv_123456").id
    side.close(client)
    assert repr(third).endswith(", closed>")
    with pytest.raises(ConfigurationError, match="This client is closed"):
        side.call(third, "get", "inv_123456")


def test_a_client_with_other_options_keeps_the_original_client_alive(side: Any, script: Any, invoice: Any) -> None:
    client = side.type("tok", transport=script((200, invoice)).transport)
    other, seen = client.with_options(timeout=5), weakref.ref(client)
    del client
    gc.collect()
    assert seen() is not None
    assert side.call(other, "get", "inv_123456").id == "inv_123456"
