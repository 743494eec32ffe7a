"""Models of an invoice for other libraries, with the same fields as ours."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import new_class
from typing import Any


class Status(StrEnum):
    DRAFT = "draft"
    UNPAID = "unpaid"
    PAID = "paid"
    VOID = "void"


class Currency(StrEnum):
    SRD = "SRD"
    USD = "USD"
    EUR = "EUR"


class Kind(StrEnum):
    PERCENTAGE = "percentage"
    FIXED = "fixed"


def response_model(base: type, number: type) -> Any:
    """The model of a list response: a subclass of `base` with annotations. `number`: the type of amounts."""

    def model(title: str, required: dict[str, Any], **optional: Any) -> Any:
        annotations = required | {key: kind | None for key, kind in optional.items()}
        body = {"__annotations__": annotations, "__module__": __name__, **dict.fromkeys(optional)}
        return new_class(title, (base,), exec_body=lambda namespace: namespace.update(body))

    place: dict[str, Any] = {"line_1": str, "city": str, "country": str}
    rest: dict[str, Any] = {"line_2": str, "state": str, "zip_code": str}
    billing = model("Billing", place, **rest)
    shipping = model("Shipping", {**place, "name": str}, phone=str, **rest)
    customer = model("Customer", {}, id=str, name=str, email=str, billing_details=billing, shipping_details=shipping)
    invoice = model(
        "Invoice",
        {"id": str, "status": Status},
        sid=int,
        subscription_id=str,
        customer=customer,
        voucher=model("Voucher", {}, id=str, type=Kind, rate=number),
        summary=str,
        amount=model("Amount", {}, sub_total=number, discount_total=number, net_total=number),
        currency=Currency,
        session=model("Session", {}, url=str, expires_in=str),
        due_at=datetime,
        paid_at=datetime,
        void_at=datetime,
        created_at=datetime,
    )
    data = model("Data", {"invoices": list[invoice]})
    return model("Response", {"success": bool, "data": data})


def one_response_model(base: type, number: type) -> Any:
    """The model of the response with one invoice; arguments as for `response_model`."""
    listed = response_model(base, number).__annotations__["data"].__annotations__["invoices"]
    (invoice,) = listed.__args__
    body = {"__annotations__": {"success": bool, "data": invoice}, "__module__": __name__}
    return new_class("OneResponse", (base,), exec_body=lambda namespace: namespace.update(body))


__all__ = ["Decimal", "one_response_model", "response_model"]
