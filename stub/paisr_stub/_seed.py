"""Generates realistic data: the same seed and the same clock give the same invoices."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from paisr_stub._money import Voucher, amount
from paisr_stub._records import Customer, NewInvoice, timestamp
from paisr_stub._store import Store
from paisr_stub._validation import Item

_BILLING = {"line_1": "Example Street 10", "city": "Paramaribo", "country": "SR"}
_FULL_BILLING = {**_BILLING, "line_2": "Example Street 11", "state": "Kwatta", "zip_code": "0000"}
_SHIPPING = {"name": "Jane Smith", **_BILLING, "phone": "+597-8123456"}

CUSTOMERS = (
    Customer("cus_500001", "Jane Smith", "jane@example.com", "SRD", _FULL_BILLING, _SHIPPING),
    Customer("cus_500002", "Corner Bakery", "office@bakery.example", "SRD", _BILLING),
    Customer(
        "cus_500003", "Rivière & Søn Travel", "travel@riviere.example", "EUR", {**_BILLING, "city": "Nieuw Nickerie"}
    ),
    Customer("cus_500004", "Workshop 12", "pay@workshop.example", "USD"),
    Customer("cus_500005", "印刷所", "print@insatsu.example", "USD", None, {**_SHIPPING, "name": "印刷所"}),
    Customer("cus_500006", "Harbour Logistics", "invoices@harbour.example", "SRD", _FULL_BILLING),
)
VOUCHERS = (Voucher("vch_500001", "percentage", Decimal(10)), Voucher("vch_500002", "fixed", Decimal("12.5")))
_GOODS = (
    ("Pizza", "75"), ("Delivery", "7.5"), ("Hosting, one month", "12.99"), ("Consulting, one hour", "85"),
    ("Paper, A4, box", "23.45"), ("Sticker", "0.1"), ("Machine, refurbished", "14999.95"), ("Advice", "0"),
)  # fmt: skip
_SPACING = timedelta(hours=2)


def seed(store: Store, count: int, *, number: int, now: datetime) -> list[str]:
    """Add `count` invoices, the last of them made two hours before `now`; returns their ids in that order."""
    if count < 0:
        raise ValueError("A number of invoices is not negative.")
    chance = random.Random(f"{number}:{store.count()}")
    with store.transaction():
        _add_customers_and_vouchers(store)
        made = [_made(chance, now - _SPACING * (count - position)) for position in range(count)]
        return [str(store.add_invoice(invoice)["id"]) for invoice in made]


def _add_customers_and_vouchers(store: Store) -> None:
    if store.customer(CUSTOMERS[0].id) is not None:
        return
    for customer in CUSTOMERS:
        store.add_customer(customer)
    for voucher in VOUCHERS:
        store.add_voucher(voucher)


def _made(chance: random.Random, created: datetime) -> NewInvoice:
    customer = chance.choice(CUSTOMERS)
    status = chance.choices(("draft", "unpaid", "paid", "void"), weights=(1, 4, 4, 1))[0]
    goods = chance.sample(_GOODS, k=0 if status == "draft" else chance.randint(1, 4))
    items = tuple(Item(name, Decimal(chance.randint(1, 5)), Decimal(price)) for name, price in goods)
    voucher = chance.choice(VOUCHERS) if items and chance.random() < 0.25 else None
    ended = timestamp(created + timedelta(minutes=chance.randint(1, 100)))
    return NewInvoice(
        customer_id=customer.id,
        summary=f"{goods[0][0]} for {customer.name}" if goods else f"Not yet filled in for {customer.name}",
        amount=amount(((item.quantity, item.unit_price) for item in items), voucher),
        status=status,
        currency=customer.currency if chance.random() < 0.8 else chance.choice(("SRD", "USD", "EUR")),
        due_at=timestamp(created + timedelta(days=chance.choice((1, 3, 14, 30)))),
        created_at=timestamp(created),
        items=items,
        subscription_id=f"sub_50000{chance.randint(1, 3)}" if chance.random() < 0.3 else None,
        voucher_id=None if voucher is None else voucher.id,
        paid_at=ended if status == "paid" else None,
        void_at=ended if status == "void" else None,
    )
