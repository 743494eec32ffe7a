from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from paisr_stub import StubApp

ITEMS = [{"description": "Pizza", "quantity": 2, "unit_price": 75}]


def test_an_invoice_is_paid_once(app: StubApp, call: Any, clock: Any) -> None:
    invoice = call.created(items=ITEMS)
    clock.advance(61)
    app.pay(invoice["id"])
    paid = call("GET", f"/invoices/{invoice['id']}")[1]["data"]
    assert paid == {**invoice, "status": "paid", "session": None, "paid_at": "2025-01-31T12:01:01Z"}
    for again in (app.pay, app.void, app.issue):
        with pytest.raises(ValueError, match="is paid"):
            again(invoice["id"])


def test_an_invoice_is_voided_once(app: StubApp, call: Any) -> None:
    invoice = call.created(items=ITEMS)
    app.void(invoice["id"])
    void = call("GET", f"/invoices/{invoice['id']}")[1]["data"]
    assert void == {**invoice, "status": "void", "session": None, "void_at": "2025-01-31T12:00:00Z"}
    for again in (app.pay, app.void, app.issue):
        with pytest.raises(ValueError, match="is void"):
            again(invoice["id"])


def test_a_draft_is_issued_before_it_is_paid(app: StubApp, call: Any) -> None:
    invoice = call.created()
    with pytest.raises(
        ValueError, match=r"is draft and cannot become paid: only unpaid invoices can\. issue\(\) makes a draft unpaid"
    ):
        app.pay(invoice["id"])
    app.issue(invoice["id"])
    assert app.invoices[0]["status"] == "unpaid"
    assert app.invoices[0]["session"] is not None
    app.pay(invoice["id"])
    app.void(call.created()["id"])


def test_an_action_on_an_unknown_invoice_is_an_error(app: StubApp) -> None:
    for move in (app.pay, app.void, app.issue):
        with pytest.raises(ValueError, match="no invoice inv_1"):
            move("inv_1")


def test_the_items_are_kept_exactly(app: StubApp, call: Any) -> None:
    items = [
        {"description": "é\x00😀", "quantity": 1.5, "unit_price": 0.1},
        {"description": "", "quantity": 10**30, "unit_price": 0},
    ]
    kept = app.items(call.created(items=items)["id"])
    assert [(item.description, item.quantity, item.unit_price) for item in kept] == [
        ("é\x00😀", Decimal("1.5"), Decimal("0.1")),
        ("", Decimal(10**30), Decimal(0)),
    ]
    assert app.items("inv_1") == []


def test_amounts_beyond_the_precision_of_a_float_are_exact(app: StubApp, call: Any) -> None:
    raw = (
        b'{"customer": "cus_1", "summary": "s", "due": "In 1 day", "items": '
        b'[{"description": "d", "quantity": 1, "unit_price": 12345678901234567890.12}]}'
    )
    assert call("POST", "/invoices", raw)[0] == 200
    amount = app.invoices[0]["amount"]
    assert amount == {
        "sub_total": Decimal("12345678901234567890.12"),
        "discount_total": Decimal(0),
        "net_total": Decimal("12345678901234567890.12"),
    }


def test_customers_and_vouchers_have_ids_of_their_own(app: StubApp) -> None:
    assert app.add_customer(id="cus_100002") == "cus_100002"
    assert [app.add_customer(), app.add_customer()] == ["cus_100003", "cus_100004"]
    assert [app.add_voucher(), app.add_voucher(type="fixed", rate="0.5")] == ["vch_100001", "vch_100002"]
    with pytest.raises(ValueError, match="cus_100002"):
        app.add_customer(id="cus_100002")
    with pytest.raises(ValueError, match="vch_100001"):
        app.add_voucher(id="vch_100001")


@pytest.mark.parametrize("arguments", [{"rate": 101}, {"rate": -1}, {"rate": "NaN"}, {"type": "gift"}])
def test_an_invalid_voucher_is_refused(app: StubApp, arguments: Any) -> None:
    with pytest.raises(ValueError, match=r"voucher|neither"):
        app.add_voucher(**arguments)


def test_a_customer_has_addresses(app: StubApp, call: Any) -> None:
    billing = {"line_1": "Example Street 10", "city": "Paramaribo", "country": "SR"}
    app.add_customer(id="cus_9", name="Jane", email="j@example.com", billing_details=billing, shipping_details=billing)
    customer = call.created(customer="cus_9")["customer"]
    assert (customer["billing_details"], customer["shipping_details"]) == (billing, billing)
    with pytest.raises(ValueError, match="GBP"):
        app.add_customer(currency="GBP")


@pytest.mark.parametrize("token", ["", [], [""], ["a", ""]])
def test_an_empty_token_is_refused(token: Any) -> None:
    with pytest.raises(ValueError, match="token"):
        StubApp(token=token)
