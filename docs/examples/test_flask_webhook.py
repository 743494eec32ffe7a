import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_webhook import app

from paisr import LineItem, Paisr
from paisr_stub import Event, StubServer

PATH = "/webhooks/paisr"


@pytest.fixture
def receiver(paisr_stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", paisr_stub.webhook_secret)
    monkeypatch.setenv("PAYMENTS_DB", str(tmp_path / "payments.db"))
    return app.test_client()


def payments(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / "payments.db")) as connection:
        return connection.execute("SELECT invoice FROM payments").fetchall()


def test_a_payment_is_noted_once(receiver: FlaskClient, paisr_stub: StubServer, paisr: Paisr, tmp_path: Path) -> None:
    pizza = LineItem("Pizza Margherita", quantity=2, unit_price=75)
    created = paisr.invoices.create(customer="jane@example.com", summary="Order 17", due="In 3 days", items=[pizza])
    paisr_stub.pay(created.id)
    for event in (*paisr_stub.events, *paisr_stub.events):  # each of them twice
        assert paisr_stub.deliver(event, to=receiver, path=PATH).status == 204
    assert payments(tmp_path) == [(created.id,)]


def test_an_old_delivery_is_refused(receiver: FlaskClient, paisr_stub: StubServer) -> None:
    delivery = paisr_stub.delivery(Event("inv_17", "invoice.paid"), at=paisr_stub.now - timedelta(hours=1))
    response = receiver.post(PATH, data=delivery.body, headers=dict(delivery.headers))
    assert response.status_code == 400
    assert "replay" in response.text


def test_a_changed_body_is_refused(receiver: FlaskClient, paisr_stub: StubServer) -> None:
    delivery = paisr_stub.delivery(Event("inv_17", "invoice.paid"))
    body = delivery.body.replace(b"inv_17", b"inv_18")
    assert receiver.post(PATH, data=body, headers=dict(delivery.headers)).status_code == 400
