"""The records that the stub returns, with the fields of the API's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from paisr_stub._money import Amount, Voucher
from paisr_stub._record import Record


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Address(Record):
    """A billing or shipping address. A field without a value is None and is not a key, as in the API's JSON."""

    line_1: str | None = None
    line_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    country: str | None = None
    name: str | None = None
    phone: str | None = None

    def _names(self) -> tuple[str, ...]:
        return tuple(field for field in Record._names(self) if getattr(self, field) is not None)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Customer(Record):
    """The customer of an invoice."""

    id: str
    name: str | None
    email: str | None
    billing_details: Address | None
    shipping_details: Address | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckoutSession(Record):
    """Where an invoice can be paid. `expires_in` is the documentation's text; it does not count down."""

    url: str
    expires_in: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Invoice(Record):
    """An invoice as the API writes it. Amounts are `Decimal` in major units, times RFC 3339 texts in UTC."""

    id: str
    sid: int
    subscription_id: str | None
    customer: Customer
    voucher: Voucher | None
    summary: str
    amount: Amount
    status: str
    currency: str
    session: CheckoutSession | None
    due_at: str
    paid_at: str | None
    void_at: str | None
    created_at: str


def invoice_of(written: Mapping[str, Any]) -> Invoice:
    """The record of an invoice in the API's JSON."""
    voucher, session = written["voucher"], written["session"]
    parts: dict[str, Any] = {
        "customer": _customer(written["customer"]),
        "voucher": None if voucher is None else Voucher(**voucher),
        "amount": Amount(**written["amount"]),
        "session": None if session is None else CheckoutSession(**session),
    }
    return Invoice(**{**written, **parts})


def _customer(written: Mapping[str, Any]) -> Customer:
    kinds = ("billing_details", "shipping_details")
    addresses = {kind: None if written[kind] is None else Address(**written[kind]) for kind in kinds}
    return Customer(**cast("dict[str, Any]", {**written, **addresses}))
