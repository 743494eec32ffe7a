"""The effects of `advance` on sessions, due dates and the rate limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from paisr_stub import StubApp, StubServer, create_app
from paisr_stub._clock import TravelClock

ITEMS = [{"description": "Pizza", "quantity": 2, "unit_price": 75}]
MINUTE = timedelta(minutes=1)


def test_a_checkout_session_expires_after_thirty_minutes(app: StubApp, call: Any) -> None:
    invoice = call.created(items=ITEMS)
    app.advance(29 * MINUTE + timedelta(seconds=59))
    assert call("GET", f"/invoices/{invoice['id']}")[1]["data"] == invoice
    app.advance(timedelta(seconds=1))
    assert call("GET", f"/invoices/{invoice['id']}")[1]["data"] == {**invoice, "session": None}
    assert app.invoice(invoice["id"]).session is None
    app.pay(invoice["id"])
    assert app.invoice(invoice["id"]).paid_at == "2025-01-31T12:30:00Z"


def test_a_session_begins_when_the_invoice_is_unpaid(app: StubApp, call: Any) -> None:
    draft = call.created()["id"]
    ids = app.seed(50)
    unpaid = next(one for one in ids if app.invoice(one).status == "unpaid")
    app.advance(20 * MINUTE)
    app.issue(draft)
    app.advance(20 * MINUTE)
    assert app.invoice(draft).session is not None
    assert app.invoice(unpaid).session is None


def test_advance_passes_due_dates_and_moves_the_clock(app: StubApp, call: Any) -> None:
    invoice = call.created(due="In 3 days", items=ITEMS)
    assert invoice["due_at"] > app.now.isoformat()
    app.advance(timedelta(days=3, seconds=1))
    assert app.now == datetime(2025, 2, 3, 12, 0, 1, tzinfo=UTC)
    assert app.invoice(invoice["id"]).due_at < app.now.isoformat()
    assert call.created(due="In 1 day")["due_at"] == "2025-02-04T12:00:01Z"


def test_advance_moves_the_window_of_the_rate_limit() -> None:
    with StubServer(token="test-token", rate_limit=250) as stub:
        headers = {"Authorization": "Bearer test-token"}
        with httpx.Client(base_url=stub.url, headers=headers) as http:
            statuses = [http.get("/invoices?limit=1").status_code for _ in range(251)]
            assert statuses == [200] * 250 + [429]
            assert http.get("/invoices").json() == {"success": False, "message": "Too many requests."}
            stub.advance(MINUTE)
            assert http.get("/invoices").status_code == 200


@pytest.mark.parametrize("span", [-MINUTE, timedelta(days=3_000_000)])
def test_an_invalid_time_span_is_refused(clock: Any, span: timedelta) -> None:
    travel = TravelClock(clock)
    with pytest.raises(ValueError, match=r"not negative|beyond the year 9999"):
        travel.advance(span)
    assert travel() == clock()


def test_a_clock_in_another_time_zone_is_converted_to_utc() -> None:
    zone = datetime(2025, 1, 31, 9, tzinfo=UTC).astimezone(None).tzinfo
    app = create_app(clock=lambda: datetime(2025, 1, 31, 12, tzinfo=UTC).astimezone(zone))
    try:
        assert (app.now, app.now.tzinfo) == (datetime(2025, 1, 31, 12, tzinfo=UTC), UTC)
    finally:
        app.close()
