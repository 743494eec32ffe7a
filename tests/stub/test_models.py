"""The models that the stub returns, which stay readable after it has stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr_stub import Invoice, StubApp, StubServer
from paisr_stub._record import Record

AUTHORIZED = {"Authorization": "Bearer test-token"}


def test_a_model_of_an_invoice_equals_the_json_of_the_api(app: StubApp, call: Any) -> None:
    app.seed(60)
    written = call.listed()
    held = app.invoices[::-1]
    assert json.loads(json.dumps(held, default=as_json)) == written
    assert {type(invoice) for invoice in held} == {Invoice}
    assert app.invoice(held[0].id) == held[0]
    with pytest.raises(ValueError, match="no invoice inv_1"):
        app.invoice("inv_1")


def as_json(value: object) -> object:
    return dict(value) if isinstance(value, Record) else float(value) if isinstance(value, Decimal) else None


def test_fields_are_available_as_attributes_and_as_keys(app: StubApp, call: Any) -> None:
    billing = {"line_1": "Example Street 10", "city": "Paramaribo", "country": "SR"}
    customer = app.add_customer(email="jane@example.com", billing_details=billing)
    app.add_voucher(customer=customer, rate=10)
    call.created(items=[{"description": "Pizza", "quantity": 2, "unit_price": 75}])
    (invoice,) = app.invoices
    assert invoice.amount.net_total == invoice["amount"]["net_total"] == Decimal(135)
    assert invoice.voucher is not None
    assert (invoice.voucher.type, invoice.customer.email) == ("percentage", "jane@example.com")
    assert invoice.customer.billing_details == billing
    assert invoice.customer.billing_details.line_2 is None
    assert "line_2" not in invoice.customer.billing_details
    assert app.items(invoice.id) == [{"description": "Pizza", "quantity": 2, "unit_price": 75}]
    with pytest.raises(FrozenInstanceError):
        invoice.status = "paid"  # type: ignore[misc]  # the test is that it cannot be set
    with pytest.raises(KeyError):
        invoice["keys"]


@pytest.mark.parametrize("in_file", [False, True])
def test_the_state_is_readable_after_the_stub_has_stopped(
    tmp_path: Path, pizza: Callable[..., dict[str, Any]], in_file: bool
) -> None:
    path = tmp_path / "db" if in_file else None
    with StubServer(token="test-token", db=path) as stub:
        made = httpx.post(f"{stub.url}/invoices", json=pizza(), headers=AUTHORIZED).json()["data"]["id"]
        stub.pay(made)
        invoices, items = stub.invoices, stub.items(made)
    assert stub.invoices == invoices
    assert stub.invoice(made).status == "paid"
    assert stub.items(made) == items != []
    assert [request.status for request in stub.requests] == [200]
    for change in (lambda: stub.void(made), lambda: stub.seed(1), stub.add_customer, stub.add_voucher):
        with pytest.raises(RuntimeError, match="has stopped"):
            change()
    if path is not None:
        path.unlink()  # the stub no longer has it open
        assert not list(tmp_path.iterdir())
    stub.stop()
    assert stub.invoices == invoices
