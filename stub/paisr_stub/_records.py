"""The records that the store keeps, and how an invoice looks when the API writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from paisr_stub import _exact
from paisr_stub._money import Amount
from paisr_stub._validation import Item

FIRST_SID = 600_001
SESSION_LENGTH = timedelta(minutes=30)
# The base of checkout links in process. No server shows the page there, so the links lead nowhere.
CHECKOUT_URL = "https://checkout.paisr.tech"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; an address is a mapping with the documented keys, or None."""

    id: str
    name: str | None
    email: str | None
    currency: str = "SRD"
    billing_details: Mapping[str, str] | None = None
    shipping_details: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice before the store gives it its numbers; times are RFC 3339 texts."""

    customer_id: str
    summary: str
    amount: Amount
    status: str
    currency: str
    due_at: str
    created_at: str
    items: Sequence[Item] = ()
    subscription_id: str | None = None
    voucher_id: str | None = None
    paid_at: str | None = None
    void_at: str | None = None


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, as on the documentation's pages: `2023-11-07T05:31:56Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def made_id(sid: int, seed: int) -> str:
    """A different id for each sid, in no visible order: 7919 and 900,000 have no common factor."""
    block, position = divmod(sid - FIRST_SID, 900_000)
    return f"inv_{block * 1_000_000 + 100_000 + (position * 7919 + seed * 101 + 23_456) % 900_000}"


def address(text: str | None) -> dict[str, str] | None:
    return None if text is None else cast("dict[str, str]", _exact.loads(text.encode()))


def session(status: str, url: str, *, expires_at: str | None, now: str) -> dict[str, object] | None:
    """Inferred: an invoice has a checkout session while it is unpaid. `expires_in` is the documented text.

    Choices of the stub: an expired session reads as null, no new session replaces it, and `expires_in` does not count
    down. None of this is documented.
    """
    if status != "unpaid":
        return None
    if expires_at is None or expires_at <= now:
        return None
    return {"url": url, "expires_in": "30 minutes"}


def written(row: sqlite3.Row, *, checkout_url: str, now: str) -> dict[str, object]:
    """The invoice as the API writes it; `now` decides whether its checkout session has expired."""
    found: Any = row  # sqlite3.Row gives Any for every column
    voucher = None
    if found["voucher_id"] is not None:
        voucher = {
            "id": found["voucher_id"],
            "type": found["voucher_type"],
            "rate": Decimal(found["voucher_rate"]),
        }
    return {
        "id": found["id"],
        "sid": found["sid"],
        "subscription_id": found["subscription_id"],
        "customer": {
            "id": found["customer_id"],
            "name": found["name"],
            "email": found["email"],
            "billing_details": address(found["billing"]),
            "shipping_details": address(found["shipping"]),
        },
        "voucher": voucher,
        "summary": found["summary"],
        "amount": {
            "sub_total": Decimal(found["sub_total"]),
            "discount_total": Decimal(found["discount_total"]),
            "net_total": Decimal(found["net_total"]),
        },
        "status": found["status"],
        "currency": found["currency"],
        "session": session(
            found["status"],
            f"{checkout_url}/{found['session_key']}",
            expires_at=found["session_expires_at"],
            now=now,
        ),
        "due_at": found["due_at"],
        "paid_at": found["paid_at"],
        "void_at": found["void_at"],
        "created_at": found["created_at"],
    }
