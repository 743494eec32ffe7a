"""Webhook deliveries: their content, their receivers, their retries and their clock."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from werkzeug.test import Client
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response as WsgiResponse

from paisr import WebhookError, webhooks
from paisr_stub import Event, StubApp, StubServer, create_app
from paisr_stub._sending import checked_url

SECRET = "whsec_test"
ITEMS = [{"description": "Pizza", "quantity": 2, "unit_price": 75}]
SECOND = timedelta(seconds=1)


@pytest.fixture
def delivering(clock: Any, receiver: Any) -> Iterator[StubApp]:
    """A stub that delivers to the receiver, with a fake clock."""
    app = create_app(token="test-token", clock=clock, webhook_url=receiver.url, webhook_secret=SECRET)
    yield app
    app.close()


def delivered_events(receiver: Any) -> list[dict[str, str]]:
    return [json.loads(body) for _, _, body in receiver.received]


def test_a_delivery_is_as_documented(delivering: StubApp, call: Any, receiver: Any, clock: Any) -> None:
    call.app = delivering
    invoice_id = call.created(items=ITEMS)["id"]
    delivering.wait_for_deliveries()
    ((path, headers, body),) = receiver.received
    assert path == "/webhooks?from=stub"
    assert body == f'{{"id":"{invoice_id}","event":"invoice.created"}}'.encode()
    timestamp = str(int(clock().timestamp()))
    expected = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert (headers["X-PCB-Timestamp"], headers["X-PCB-Signature"]) == (timestamp, expected)
    assert headers["Content-Type"] == "application/json"
    (attempt,) = delivering.deliveries
    assert (attempt.number, attempt.status, attempt.error, attempt.next_at) == (1, 200, None, None)
    assert (attempt.accepted, attempt.sent_at, attempt.delivery.body) == (True, "2025-01-31T12:00:00Z", body)


def test_only_create_pay_and_void_send_events(delivering: StubApp, call: Any, receiver: Any) -> None:
    call.app = delivering
    paid, void = call.created(items=ITEMS)["id"], call.created()["id"]
    delivering.issue(void)
    delivering.pay(paid)
    delivering.void(void)
    delivering.seed(5)
    with pytest.raises(ValueError, match="is paid"):
        delivering.pay(paid)
    call.create(due="soon")
    delivering.wait_for_deliveries()
    expected = [
        {"id": paid, "event": "invoice.created"},
        {"id": void, "event": "invoice.created"},
        {"id": paid, "event": "invoice.paid"},
        {"id": void, "event": "invoice.removed"},
    ]
    assert delivered_events(receiver) == delivering.events == expected


def test_the_client_verifies_a_delivery(receiver: Any, pizza: Callable[..., dict[str, Any]]) -> None:
    with StubServer(token="test-token") as stub:
        stub.send_webhooks(receiver.url, secret=SECRET)
        httpx.post(f"{stub.url}/invoices", json=pizza(), headers={"Authorization": "Bearer test-token"})
        stub.advance(timedelta(days=400))  # the clock of the receiver does not change
        stub.pay(stub.invoices[0].id)
        stub.wait_for_deliveries()
        for (_, headers, body), event in zip(receiver.received, stub.events, strict=True):
            verified = webhooks.verify(
                body, signature=headers["X-PCB-Signature"], timestamp=headers["X-PCB-Timestamp"], secret=SECRET
            )
            assert (verified.id, verified.event) == (event.id, event.event)


def test_a_refused_delivery_is_retried_with_growing_pauses(delivering: StubApp, call: Any, receiver: Any) -> None:
    call.app = delivering
    receiver.statuses = [500, 302, 404, 201]
    call.create()
    delivering.wait_for_deliveries()
    assert len(receiver.received) == 1
    for seconds, attempts in ((0.9, 1), (0.1, 2), (1.9, 2), (0.1, 3), (3.9, 3), (0.1, 4), (10_000, 4)):
        delivering.advance(timedelta(seconds=seconds))
        delivering.wait_for_deliveries()
        assert len(receiver.received) == attempts
    assert [attempt.status for attempt in delivering.deliveries] == [500, 302, 404, 201]
    assert [attempt.number for attempt in delivering.deliveries] == [1, 2, 3, 4]
    assert [attempt.next_at for attempt in delivering.deliveries] == [
        "2025-01-31T12:00:01Z",
        "2025-01-31T12:00:03Z",
        "2025-01-31T12:00:07Z",
        None,
    ]


def test_a_delivery_is_retried_at_most_ten_times(delivering: StubApp, call: Any, receiver: Any) -> None:
    call.app = delivering
    receiver.statuses = [500] * 100
    call.create()
    delivering.advance(1022 * SECOND)
    delivering.wait_for_deliveries()
    assert len(receiver.received) == 10
    delivering.advance(SECOND)
    delivering.wait_for_deliveries()
    delivering.advance(timedelta(days=1))
    delivering.wait_for_deliveries()
    assert len(receiver.received) == 11
    assert delivering.deliveries[-1].next_at is None


def test_retries_use_the_given_clock(delivering: StubApp, call: Any, receiver: Any, clock: Any) -> None:
    call.app = delivering
    receiver.statuses = [500]
    call.create()
    delivering.wait_for_deliveries()
    clock.advance(1)
    delivering.wait_for_deliveries()
    assert [attempt.status for attempt in delivering.deliveries] == [500, 200]


def test_a_refused_connection_is_an_attempt_with_an_error(call: Any, clock: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    app = call.app = create_app(token="test-token", clock=clock, webhook_url=url)
    try:
        call.create()
        app.wait_for_deliveries()
        (attempt,) = app.deliveries
        assert (attempt.status, attempt.accepted) == (None, False)
        assert attempt.error is not None
        assert attempt.error.startswith("ConnectionRefusedError")
    finally:
        app.close()


def test_a_silent_receiver_does_not_delay_the_end_of_the_stub(call: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = call.app = create_app(token="test-token", webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        call.create()
        accepted, _ = silent.accept()
        with accepted:
            with pytest.raises(TimeoutError, match="still due after"):
                app.wait_for_deliveries(timeout=0.01)
            start = time.monotonic()
            thread = app._deliverer._thread
            app.close()
            assert thread is not None
            thread.join(5)
            assert not thread.is_alive()
            assert time.monotonic() - start < 1


def test_deliveries_are_readable_after_the_stub_has_stopped(delivering: StubApp, call: Any) -> None:
    call.app = delivering
    call.create()
    delivering.wait_for_deliveries()
    before = delivering.deliveries
    delivering.close()
    assert delivering.deliveries == before
    assert before[0].delivery.event == delivering.events[0]


def verified(body: bytes, headers: Any) -> int:
    try:
        webhooks.verify(
            body, signature=headers.get("X-PCB-Signature"), timestamp=headers.get("X-PCB-Timestamp"), secret=SECRET
        )
    except WebhookError:
        return 400
    return 204


async def asgi_hook(request: Request) -> Response:
    return Response(status_code=verified(await request.body(), request.headers))


@WsgiRequest.application
def wsgi_hook(request: WsgiRequest) -> WsgiResponse:
    if (request.path, request.mimetype) != ("/hooks", "application/json"):
        return WsgiResponse(status=404)
    return WsgiResponse(status=verified(request.get_data(), request.headers))


def starlette_client(*routes: Route) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends httpx2
        from starlette.testclient import TestClient
    return TestClient(Starlette(routes=routes))


CLIENTS = {
    "starlette": lambda: starlette_client(Route("/hooks", asgi_hook, methods=["POST"])),
    "werkzeug": lambda: Client(wsgi_hook),
}


@pytest.mark.parametrize("kind", sorted(CLIENTS))
def test_deliver_can_use_the_test_client_of_a_framework(kind: str) -> None:
    app, client = create_app(webhook_secret=SECRET), CLIENTS[kind]()
    try:
        event = Event("inv_123456", "invoice.paid")
        good = app.deliver(event, to=client, path="/hooks")
        assert (good.status, good.accepted, good.url) == (204, True, "/hooks")
        app.send_webhooks(None, secret="another")
        assert app.deliver(event, to=client, path="/hooks").status == 400
        assert app.deliver(event, to=client).status == 404
        assert [attempt.status for attempt in app.deliveries] == [204, 400, 404]
    finally:
        app.close()


def test_deliver_to_a_url_sends_once(app: StubApp, receiver: Any) -> None:
    receiver.statuses = [500]
    attempt = app.deliver(Event("inv_1", "invoice.created"), to=receiver.url)
    assert (attempt.status, attempt.next_at) == (500, None)
    assert delivered_events(receiver) == [{"id": "inv_1", "event": "invoice.created"}]


def test_a_delivery_has_headers_and_body_for_any_client(app: StubApp) -> None:
    delivery = app.delivery(Event("inv_1", "invoice.paid"), at=datetime(2020, 1, 1, tzinfo=UTC))
    assert delivery.headers["X-PCB-Timestamp"] == "1577836800"
    with pytest.raises(WebhookError) as caught:
        webhooks.verify(
            delivery.body,
            signature=delivery.headers["X-PCB-Signature"],
            timestamp=delivery.headers["X-PCB-Timestamp"],
            secret=app.webhook_secret,
        )
    assert caught.value.reason == "timestamp"
    with pytest.raises(TypeError, match="is a coroutine"):
        app.deliver(delivery.event, to=httpx.AsyncClient())


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8000", "ftp://127.0.0.1/", "http://", "http://a:b@127.0.0.1/", "http://127.0.0.1:99999/",
     "http://127.0.0.1:0/", "http://127.0.0.1/ x", "http://127.0.0.1/\n", "http://127.0.0.1/ü", "http://[::1/"],
)  # fmt: skip
def test_an_invalid_url_of_a_receiver_is_refused(app: StubApp, url: str) -> None:
    for give in (checked_url, app.send_webhooks):
        with pytest.raises(ValueError, match="is a URL such as"):
            give(url)
    with pytest.raises(ValueError, match="at least one character"):
        app.send_webhooks(None, secret="")


def test_a_name_that_cannot_be_looked_up_is_an_error_of_the_attempt(app: StubApp) -> None:
    attempt = app.deliver(Event("inv_1", "invoice.paid"), to=f"http://{'a' * 70}.example/")
    assert (attempt.status, attempt.error is None) == (None, False)
