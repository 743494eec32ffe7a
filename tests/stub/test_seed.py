from __future__ import annotations

from typing import Any

import pytest

from paisr_stub import StubApp, create_app


def test_the_same_seed_gives_the_same_invoices(app: StubApp, clock: Any) -> None:
    other, different = create_app(clock=clock), create_app(clock=clock, seed=1)
    try:
        assert app.seed(30) + app.seed(5) == other.seed(30) + other.seed(5)
        assert app.invoices == other.invoices
        different.seed(35)
        assert [one["amount"] for one in different.invoices] != [one["amount"] for one in app.invoices]
        assert [one["id"] for one in different.invoices] != [one["id"] for one in app.invoices]
    finally:
        other.close()
        different.close()


def test_seeded_invoices_are_varied_and_plausible(app: StubApp) -> None:
    ids = app.seed(300)
    held: Any = app.invoices
    assert len(set(ids)) == 300
    assert {one["status"] for one in held} == {"draft", "unpaid", "paid", "void"}
    assert {one["currency"] for one in held} == {"SRD", "USD", "EUR"}
    assert {one["voucher"]["type"] for one in held if one["voucher"]} == {"percentage", "fixed"}
    assert {one["subscription_id"] is None for one in held} == {True, False}
    assert {one["customer"]["billing_details"] is None for one in held} == {True, False}
    assert {one["customer"]["shipping_details"] is None for one in held} == {True, False}
    for one in held:
        amount = one["amount"]
        assert amount["sub_total"] - amount["discount_total"] == amount["net_total"] >= 0
        assert (one["paid_at"] is not None) == (one["status"] == "paid")
        assert (one["void_at"] is not None) == (one["status"] == "void")
        assert (one["session"] is not None) == (one["status"] == "unpaid")
        assert one["created_at"] < one["due_at"]
        assert one["created_at"] < "2025-01-31T12:00:00Z"
    assert [one["created_at"] for one in held] == sorted(one["created_at"] for one in held)


def test_a_seed_of_zero_adds_nothing_and_a_negative_one_is_refused(app: StubApp) -> None:
    assert app.seed(0) == []
    with pytest.raises(ValueError, match="negative"):
        app.seed(-1)
