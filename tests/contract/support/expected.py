"""A model of the invoices of the stub, for the tests of client and stub together."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from paisr import Invoice, LineItem
from support.checks import discount, sub_total

VOUCHERS: dict[str, dict[str, Any]] = {
    "cus_300002": {"id": "vch_300001", "type": "percentage", "rate": Decimal("12.5")},
    "cus_300003": {"id": "vch_300002", "type": "fixed", "rate": Decimal("20")},
}
CURRENCIES = {"cus_300001": "SRD", "cus_300002": "EUR", "cus_300003": "USD"}
ADDRESSES = {"cus_300001": "one@customer.example", "cus_300002": "two@customer.example"}
DUE: dict[Any, timedelta] = {
    "In 3 days": timedelta(days=3),
    timedelta(hours=36): timedelta(hours=36),
    timedelta(minutes=90): timedelta(minutes=90),
    timedelta(days=14): timedelta(days=14),
}


class Expected:
    """What a client that created an invoice can predict of it."""

    def __init__(self, *, customer: str, summary: str, currency: str | None, lines: list[LineItem], due: Any) -> None:
        self.customer, self.summary = customer, summary
        self.currency = currency or CURRENCIES[customer]
        self.voucher = VOUCHERS.get(customer) if lines else None
        self.sub_total = sub_total(
            {"quantity": Decimal(line.quantity), "unit_price": Decimal(line.unit_price)} for line in lines
        )
        self.due = DUE[due]
        self.status = "unpaid" if lines else "draft"

    def check(self, invoice: Invoice) -> None:
        assert invoice.status == self.status
        assert invoice.summary == self.summary
        assert invoice.currency == self.currency
        assert invoice.customer is not None
        assert invoice.customer.id == self.customer
        assert invoice.customer.email == ADDRESSES.get(self.customer)
        assert invoice.amount is not None
        assert invoice.amount.sub_total == self.sub_total
        assert invoice.amount.discount_total == discount(self.sub_total, self.voucher)
        assert invoice.amount.net_total == self.sub_total - discount(self.sub_total, self.voucher)
        if self.voucher is None:
            assert invoice.voucher is None
        else:
            assert invoice.voucher is not None
            assert (invoice.voucher.id, invoice.voucher.type) == (self.voucher["id"], self.voucher["type"])
            assert invoice.voucher.rate == self.voucher["rate"]
        assert invoice.due_at is not None
        assert invoice.created_at is not None
        assert invoice.due_at - invoice.created_at == self.due
        assert (invoice.paid_at is not None) is (self.status == "paid")
        assert (invoice.void_at is not None) is (self.status == "void")
        assert (invoice.session is not None) is (self.status == "unpaid")

    def matches(self, resource_id: str | None, currency: str | None, status: str | None) -> bool:
        named = {self.customer, self.voucher["id"] if self.voucher else None}
        return (
            (resource_id is None or resource_id in named)
            and currency in (None, self.currency)
            and status in (None, self.status)
        )
