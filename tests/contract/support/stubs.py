"""A stub with data (customers, vouchers, subscriptions, invoices in every status), and requests to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from paisr_stub import StubApp
from support.contract import Operation
from support.values import example

TOKEN = "token-of-the-suite"
# The contract has no grammar for `due` and no list of customers. The stub accepts these values.
DUE_TEXTS = {
    "In 3 days": timedelta(days=3),
    "In 1 hour": timedelta(hours=1),
    "In 45 minutes": timedelta(minutes=45),
    "In 2 weeks": timedelta(weeks=2),
}
CUSTOMERS = ("cus_300001", "jane@customer.example", "cus_300003")
VOUCHERS = {"vch_300001": "cus_300003"}


def ticking() -> Any:
    """A clock that advances by a second with each reading, so that every run is the same."""
    seconds = itertools.count()
    return lambda: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))


def settings() -> dict[str, Any]:
    """The arguments of a stub of these suites."""
    return {"token": TOKEN, "clock": ticking()}


def fill(stub: StubApp) -> None:
    """Fill a stub through its control methods."""
    stub.add_customer(id="cus_300001", name="Jane Smith", email="jane.smith@customer.example", currency="EUR")
    stub.add_customer(id="cus_300002", email="jane@customer.example", currency="USD")
    stub.add_customer(id="cus_300003", name="Corner Bakery")
    stub.add_voucher(id="vch_300001", customer="cus_300003", type="percentage", rate="12.5")
    stub.seed(60)


def resource_ids(stub: StubApp) -> list[str]:
    """A few ids of each kind that `resource_id` can name: customers, subscriptions and vouchers."""
    invoices: Any = stub.invoices
    kinds = (
        {invoice["customer"]["id"] for invoice in invoices},
        {invoice["subscription_id"] for invoice in invoices} - {None},
        {invoice["voucher"]["id"] for invoice in invoices if invoice["voucher"]},
    )
    return [found for kind in kinds for found in sorted(kind)[:3]]


# By the name of a parameter: values that exist in the stub, where the contract cannot list them.
KNOWN: dict[str, Callable[[StubApp], Sequence[str]]] = {
    "invoice_id": lambda stub: [str(invoice["id"]) for invoice in stub.invoices[:50]],
    "resource_id": resource_ids,
    "customer": lambda _stub: CUSTOMERS,
    "due": lambda _stub: list(DUE_TEXTS),
}


def request(
    session: requests.Session, url: str, operation: Operation, values: dict[str, Any], **more: Any
) -> requests.Response:
    """Send a request with these values, by the names of the contract."""
    given = {place: {one.name: values[one.name] for one in operation.at(place) if one.name in values}
             for place in ("path", "query", "header", "body")}  # fmt: skip
    path = operation.path
    for name, value in given["path"].items():
        path = path.replace(f"{{{name}}}", requests.utils.quote(str(value), safe=""))
    body = {"json": given["body"]} if operation.body else {}
    more = {"headers": {name: str(value) for name, value in given["header"].items()}, **body, **more}
    return session.request(operation.method, url + path, params=given["query"], **more)


def values_for(operation: Operation, stub: StubApp) -> dict[str, Any]:
    """The values of a request that the stub accepts, with the required parameters only."""
    return {
        one.name: KNOWN[one.name](stub)[0] if one.name in KNOWN else example(one.schema)
        for one in operation.parameters
        if one.required
    }
