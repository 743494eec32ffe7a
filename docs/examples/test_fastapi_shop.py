from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from fastapi_shop import app, paid

from paisr_stub import Event, StubServer

ORDER = {"number": 17, "email": "jane@example.com", "pizzas": {"Margherita": 2}}


@pytest.fixture
def shop(paisr_stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("PAISR_TOKEN", paisr_stub.token)
    monkeypatch.setenv("PAISR_BASE_URL", paisr_stub.url)
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", paisr_stub.webhook_secret)
    monkeypatch.setenv("PAISR_JOURNAL", str(tmp_path / "creates.db"))
    with TestClient(app) as client:
        yield client


def test_an_order_is_billed_once(shop: TestClient, paisr_stub: StubServer) -> None:
    first, second = shop.post("/orders", json=ORDER), shop.post("/orders", json=ORDER)
    assert first.status_code == second.status_code == 201
    (invoice,) = paisr_stub.invoices
    assert first.json() == second.json() == {"invoice": invoice.id, "pay_at": invoice.session and invoice.session.url}
    assert invoice.amount.net_total == 150


def test_a_lost_response_is_not_billed_again(shop: TestClient, paisr_stub: StubServer) -> None:
    paisr_stub.fail_next(drop="after", operation="create")
    assert shop.post("/orders", json=ORDER).status_code == 503
    again = shop.post("/orders", json=ORDER)
    assert again.status_code == 201
    assert [invoice.id for invoice in paisr_stub.invoices] == [again.json()["invoice"]]


def test_a_pizza_that_nobody_makes(shop: TestClient, paisr_stub: StubServer) -> None:
    response = shop.post("/orders", json=ORDER | {"pizzas": {"Hawaii": 1}})
    assert (response.status_code, response.json()) == (422, {"detail": "There is no pizza Hawaii."})
    assert paisr_stub.invoices == []


def test_a_payment_arrives(shop: TestClient, paisr_stub: StubServer) -> None:
    invoice_id = shop.post("/orders", json=ORDER).json()["invoice"]
    paisr_stub.pay(invoice_id)
    for _twice in range(2):
        delivered = paisr_stub.deliver(paisr_stub.events[-1], to=shop, path="/webhooks/paisr")
        assert delivered.status == 204
    assert invoice_id in paid


def test_a_forged_payment_is_refused(shop: TestClient) -> None:
    with StubServer() as somebody_else:
        forged = somebody_else.deliver(Event("inv_forged", "invoice.paid"), to=shop, path="/webhooks/paisr")
    assert forged.status == 400
    assert "inv_forged" not in paid
