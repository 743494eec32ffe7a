"""Makes realistic responses as bytes, in which all invoices differ."""

from __future__ import annotations

import json
from typing import Any

STATUSES = ("draft", "unpaid", "paid", "void")
ADDRESS = {
    "line_1": "Example Street 10",
    "line_2": "Example Street 11",
    "city": "Paramaribo",
    "state": "Kwatta",
    "country": "SR",
    "zip_code": None,
}


def invoice(number: int) -> dict[str, Any]:
    """One invoice with the documentation's fields; about 660 bytes."""
    status = STATUSES[number % 4]
    cents = 14_995 + 137 * number
    discount = cents // 10
    voucher = {"id": f"vch_{number % 7:06}", "type": "percentage", "rate": 10}
    return {
        "id": f"inv_{number:06}",
        "sid": 600_000 + number,
        "subscription_id": f"sub_{number:06}" if number % 3 else None,
        "customer": {
            "id": f"cus_{number % 50:06}",
            "name": "Jane Smith",
            "email": f"jane{number % 50}@example.com",
            "billing_details": ADDRESS if number % 2 else None,
            "shipping_details": {"name": "Jane Smith", "phone": "+597-8123456", **ADDRESS} if number % 8 == 1 else None,
        },
        "voucher": voucher if number % 5 else None,
        "summary": f"A simple pizza order, number {number}",
        "amount": {"sub_total": cents / 100, "discount_total": discount / 100, "net_total": (cents - discount) / 100},
        "status": status,
        "currency": ("SRD", "USD", "EUR")[number % 3],
        "session": {"url": "https://checkout.paisr.tech/ey7bTCm6tur63CR6mzbuq23r", "expires_in": "30 minutes"}
        if status == "unpaid"
        else None,
        "due_at": "2023-11-07T05:31:56Z",
        "paid_at": "2023-11-07T05:31:56Z" if status == "paid" else None,
        "void_at": "2023-11-07T05:31:56Z" if status == "void" else None,
        "created_at": f"2023-11-{number % 28 + 1:02}T05:{number % 60:02}:56Z",
    }


def get_response() -> bytes:
    return json.dumps({"success": True, "data": invoice(1)}).encode()


def create_response(number: int = 1) -> bytes:
    return json.dumps(
        {"success": True, "data": {"id": f"inv_{number:09}", "status": "unpaid", "session": None}}
    ).encode()


def list_response(count: int) -> bytes:
    invoices = [invoice(number) for number in range(count)]
    return json.dumps({"success": True, "data": {"invoices": invoices}}).encode()
