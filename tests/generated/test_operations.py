"""The generated operations: the request of each, and the models of its answers, as plain data."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

import paisr_generated
from paisr_generated import api, contract, models
from paisr_generated.api.invoices import create_invoice, get_invoice, list_invoices
from paisr_generated.types import Request

PACKAGE = Path(paisr_generated.__file__).parent


def test_the_request_of_a_create() -> None:
    body = models.CreateInvoiceRequest(
        customer="cus_1",
        summary="Één pizza €",
        currency=models.Currency.SRD,
        due="In 3 days",
        items=[models.InvoiceItem(description="Pizza", quantity=Decimal("2"), unit_price=Decimal("75.10"))],
    )
    request = create_invoice.request(body=body)
    assert (request.operation, request.method, request.target) == ("create_invoice", "POST", "/invoices")
    assert request.body is not None
    assert "Één pizza €".encode() in request.body
    assert json.loads(request.body, parse_float=Decimal) == {
        "customer": "cus_1",
        "summary": "Één pizza €",
        "due": "In 3 days",
        "currency": "SRD",
        "items": [{"description": "Pizza", "quantity": 2, "unit_price": Decimal("75.10")}],
    }


def test_what_is_not_given_is_not_sent() -> None:
    body = models.CreateInvoiceRequest(customer="c", summary="s", due="d")
    assert json.loads(create_invoice.request(body=body).body or b"") == {"customer": "c", "summary": "s", "due": "d"}
    assert list_invoices.request() == Request(operation="list_invoices", method="GET", target="/invoices")


@pytest.mark.parametrize("digits", ["0.1", "1.10", "12345678901234567890.123456789", "1E+3"])
def test_a_decimal_is_sent_with_exactly_its_digits(digits: str) -> None:
    item = models.InvoiceItem(description="x", quantity=Decimal(1), unit_price=Decimal(digits))
    body = models.CreateInvoiceRequest(customer="c", summary="s", due="d", items=[item])
    assert f'"unit_price":{digits}'.encode() in (create_invoice.request(body=body).body or b"")


def test_the_query_is_encoded_and_in_the_contracts_order() -> None:
    request = list_invoices.request(limit=3, status=models.InvoiceStatus.PAID, currency="SRD", resource_id="a b&c=/é+")
    assert request.target == "/invoices?resource_id=a%20b%26c%3D%2F%C3%A9%2B&currency=SRD&status=paid&limit=3"
    assert request.body is None


def test_an_unknown_status_and_a_zero_are_sent() -> None:
    assert list_invoices.request(status=models.InvoiceStatus("refunded"), limit=0).target.endswith(
        "?status=refunded&limit=0"
    )


@pytest.mark.parametrize(
    ("invoice_id", "target"),
    [
        ("inv_1", "/invoices/inv_1"),
        ("a/b", "/invoices/a%2Fb"),
        ("a?b#c", "/invoices/a%3Fb%23c"),
        ("é", "/invoices/%C3%A9"),
    ],
)
def test_an_id_stays_one_segment_of_the_path(invoice_id: str, target: str) -> None:
    assert get_invoice.request(invoice_id) == Request(operation="get_invoice", method="GET", target=target)


def test_every_operation_says_what_it_answers() -> None:
    error = {"4XX": models.ErrorAnswer, "5XX": models.ErrorAnswer}
    assert {"200": models.CreateInvoiceAnswer, **error} == create_invoice.ANSWERS
    assert {"200": models.ListInvoicesAnswer, **error} == list_invoices.ANSWERS
    assert {"200": models.GetInvoiceAnswer, **error} == get_invoice.ANSWERS
    assert (create_invoice.METHOD, create_invoice.PATH) == ("POST", "/invoices")
    assert (get_invoice.METHOD, get_invoice.PATH) == ("GET", "/invoices/{invoice_id}")


def test_a_request_is_a_plain_value() -> None:
    request = get_invoice.request("inv_1")
    assert hash(request) == hash(get_invoice.request("inv_1"))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.target = "/"  # type: ignore[misc]  # the assignment is what must fail


def test_parameters_are_described() -> None:
    assert "no pages" in (inspect.getdoc(list_invoices.request) or "")
    assert "Only invoices of this customer" in (inspect.getdoc(list_invoices.request) or "")
    assert "The id of the invoice." in (inspect.getdoc(get_invoice.request) or "")


def test_the_contract_says_where_the_service_is() -> None:
    assert contract.SERVERS == {
        "live": "https://api.live.paisr.tech/v2",
        "staging": "https://api.staging.paisr.tech/v2",
    }
    assert contract.VERSION == "1.0.0"


def test_every_package_names_what_is_in_it() -> None:
    for package in (paisr_generated, api, api.invoices, models):
        assert set(package.__all__) == {name for name in package.__all__ if hasattr(package, name)}
    assert set(api.invoices.__all__) == {"create_invoice", "get_invoice", "list_invoices"}
    assert set(models.__all__) >= {"Invoice", "InvoiceItem", "Voucher", "ErrorAnswer"}


def test_no_second_client_is_shipped() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    assert not names & {"client.py", "errors.py"}
    assert (PACKAGE / "py.typed").exists()


def test_nothing_that_sends_is_imported() -> None:
    code = "import sys, paisr_generated; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    environment = {"PYTHONPATH": str(PACKAGE.parent)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & {"httpx", "httpcore", "requests", "socket", "ssl", "asyncio", "http"}
