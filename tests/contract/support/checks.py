"""Checks of the meaning of a response, which the general checks of Schemathesis do not cover."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from support.contract import resolve

EXACT = Context(prec=2000)
CENT = Decimal("0.01")
# The vendor's checkout page, or the one that a stub serves.
CHECKOUT = re.compile(r"https://checkout\.paisr\.tech/\w+|http://127\.0\.0\.1:[0-9]+/checkout/\w+")


def undocumented(value: Any, schema: Mapping[str, Any], path: str = "$") -> list[str]:
    """The paths of all members of VALUE that SCHEMA does not name."""
    schema = resolve(schema)
    if "oneOf" in schema:
        if value is None:
            return []
        schema = next(resolve(one) for one in schema["oneOf"] if resolve(one).get("type") != "null")
    if isinstance(value, list):
        each = [undocumented(one, schema["items"], f"{path}[{index}]") for index, one in enumerate(value)]
        return [place for places in each for place in places]
    if not isinstance(value, dict):
        return []
    known = schema.get("properties", {})
    found = [f"{path}.{name}" for name in value if name not in known]
    for name in value.keys() & known.keys():
        found += undocumented(value[name], known[name], f"{path}.{name}")
    return found


def resources(invoice: Mapping[str, Any]) -> set[str]:
    """The ids under which a list request finds an invoice."""
    voucher = invoice["voucher"] or {}
    return {found for found in (invoice["customer"]["id"], invoice["subscription_id"], voucher.get("id")) if found}


def check_invoice(invoice: Mapping[str, Any]) -> None:
    """The totals add up, and status, times and session are consistent."""
    amount = {name: Decimal(value) for name, value in invoice["amount"].items()}
    assert set(amount) == {"sub_total", "discount_total", "net_total"}
    assert EXACT.subtract(amount["sub_total"], amount["discount_total"]) == amount["net_total"]
    assert 0 <= amount["discount_total"] <= amount["sub_total"]
    assert amount["discount_total"] == discount(amount["sub_total"], invoice["voucher"])
    status = invoice["status"]
    assert (invoice["paid_at"] is not None) is (status == "paid")
    assert (invoice["void_at"] is not None) is (status == "void")
    assert (invoice["session"] is not None) is (status == "unpaid")
    if invoice["session"] is not None:
        assert CHECKOUT.fullmatch(invoice["session"]["url"])
        assert invoice["session"]["expires_in"] == "30 minutes"
    created, due = moment(invoice["created_at"]), moment(invoice["due_at"])
    assert created <= due
    for ended in (invoice["paid_at"], invoice["void_at"]):
        assert ended is None or created <= moment(ended)
    assert isinstance(invoice["sid"], int)


def discount(sub_total: Decimal, voucher: Mapping[str, Any] | None) -> Decimal:
    """The discount of a voucher: a percentage of SUB_TOTAL, or a fixed amount that is at most SUB_TOTAL."""
    if voucher is None:
        return Decimal(0)
    rate = Decimal(voucher["rate"])
    if voucher["type"] == "fixed":
        return min(rate, sub_total)
    return rounded(EXACT.divide(EXACT.multiply(sub_total, rate), Decimal(100)))


def sub_total(items: Iterable[Mapping[str, Any]]) -> Decimal:
    """The sum of the items of a request, with their numbers as they were read from JSON."""
    total = Decimal(0)
    for item in items:
        total = EXACT.add(total, EXACT.multiply(Decimal(item["quantity"]), Decimal(item["unit_price"])))
    return rounded(total)


def rounded(value: Decimal) -> Decimal:
    """VALUE rounded to whole cents, half up; a value of at most two decimals is unchanged."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return value.quantize(CENT, rounding=ROUND_HALF_UP, context=EXACT) if exponent < -2 else value


def moment(text: str) -> datetime:
    """The time that TEXT names, which must have an offset."""
    found = datetime.fromisoformat(text)
    assert found.tzinfo is not None, f"{text} has no offset"
    return found


def check_list(response: list[dict[str, Any]], query: Mapping[str, str], everything: list[dict[str, Any]]) -> None:
    """A list respects its filters and its limit, lacks no match, and has each invoice as a read returns it."""
    matching = [invoice for invoice in everything if matches(invoice, query)]
    limit = int(query.get("limit", 1000))
    assert len(response) <= limit, "the limit is not respected"
    by_id = {invoice["id"]: invoice for invoice in matching}
    ids = [invoice["id"] for invoice in response]
    assert len(set(ids)) == len(ids), "an invoice is listed twice"
    for invoice in response:
        assert invoice["id"] in by_id, f"an invoice that does not match {dict(query)}"
        assert invoice == by_id[invoice["id"]]
    assert len(response) == min(limit, len(matching)), "invoices that match are missing"


def matches(invoice: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    return (
        query.get("resource_id") in (None, *resources(invoice))
        and query.get("currency") in (None, invoice["currency"])
        and query.get("status") in (None, invoice["status"])
    )


def check_created(
    created: Mapping[str, Any], read: Mapping[str, Any], sent: Mapping[str, Any], due_in: timedelta
) -> None:
    """The created invoice matches the request SENT, whose numbers are `Decimal`; DUE_IN is the meaning of its `due`."""
    for name in ("id", "status", "session"):
        assert created[name] == read[name], f"{name} differs between create and read"
    assert read["summary"] == sent["summary"]
    assert sent["customer"] in (read["customer"]["id"], read["customer"]["email"])
    assert sent.get("currency", read["currency"]) == read["currency"]
    assert Decimal(read["amount"]["sub_total"]) == sub_total(sent.get("items", []))
    assert moment(read["due_at"]) - moment(read["created_at"]) == due_in
    check_invoice(read)
