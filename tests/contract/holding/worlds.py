"""A stand-in with something in it: customers, vouchers, subscriptions, and invoices in every status."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from paisr_stub import StubApp

TOKEN = "token-of-the-suite"
# Of `due`, no grammar is documented, and a customer is one that the service knows: texts that it can be asked to take.
DUE_TEXTS = {
    "In 3 days": timedelta(days=3),
    "In 1 hour": timedelta(hours=1),
    "In 45 minutes": timedelta(minutes=45),
    "In 2 weeks": timedelta(weeks=2),
}
CUSTOMERS = ("cus_300001", "jane@customer.example", "cus_300003")
VOUCHERS = {"vch_300001": "cus_300003"}


def ticking() -> Any:
    """A clock that goes on by a second whenever it is asked, so that a run is the same every time."""
    seconds = itertools.count()
    return lambda: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))


def settings() -> dict[str, Any]:
    """How a stand-in of the suite is made."""
    return {"token": TOKEN, "clock": ticking()}


def furnish(stub: StubApp) -> None:
    """Fill a stand-in through its control methods."""
    stub.add_customer(id="cus_300001", name="Jane Smith", email="jane.smith@customer.example", currency="EUR")
    stub.add_customer(id="cus_300002", email="jane@customer.example", currency="USD")
    stub.add_customer(id="cus_300003", name="Corner Bakery")
    stub.add_voucher(id="vch_300001", customer="cus_300003", type="percentage", rate="12.5")
    stub.seed(60)


def resource_ids(stub: StubApp) -> list[str]:
    """Some of each kind that `resource_id` can name: customers, subscriptions and vouchers."""
    invoices: Any = stub.invoices
    kinds = (
        {invoice["customer"]["id"] for invoice in invoices},
        {invoice["subscription_id"] for invoice in invoices} - {None},
        {invoice["voucher"]["id"] for invoice in invoices if invoice["voucher"]},
    )
    return [found for kind in kinds for found in sorted(kind)[:3]]
