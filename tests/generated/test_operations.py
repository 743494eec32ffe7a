"""The generated operations: the request of each, its rules, and the models of its responses, as plain data."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import paisr_generated
from paisr_generated import api, contract, models, resources
from paisr_generated.operations import Operation, Request
from paisr_generated.rules import Choice, Integer, ListOf, Text

PACKAGE = Path(paisr_generated.__file__).parent
CREATE, LIST, GET = (api.operation_named(name) for name in ("create_invoice", "list_invoices", "get_invoice"))
BILL: dict[str, object] = {"customer": "c", "summary": "s", "due": "d"}


def body(operation: Operation[Any], values: dict[str, object]) -> Any:
    sent = operation.request(values).body
    assert sent is not None
    return json.loads(sent, parse_float=Decimal)


def test_the_request_of_a_create_has_its_method_path_and_body() -> None:
    item = {"description": "Pizza", "quantity": Decimal(2), "unit_price": Decimal("75.10")}
    values = {**BILL, "summary": "Één pizza €", "currency": "SRD", "items": [item]}
    request = CREATE.request(values)
    assert (request.operation, request.method, request.target) == ("create_invoice", "POST", "/invoices")
    assert request.body is not None
    assert "Één pizza €".encode() in request.body
    assert body(CREATE, values) == {**values, "items": [{**item, "quantity": 2}]}


def test_an_omitted_argument_is_not_sent() -> None:
    assert body(CREATE, BILL) == BILL
    assert LIST.request({}) == Request(operation="list_invoices", method="GET", target="/invoices")


@pytest.mark.parametrize("digits", ["0.1", "1.10", "12345678901234567890.123456789", "1E+3"])
def test_a_decimal_is_sent_with_exactly_its_digits(digits: str) -> None:
    request = CREATE.request({**BILL, "items": [{"unit_price": Decimal(digits)}]})
    assert f'"unit_price":{digits}'.encode() in (request.body or b"")


def test_the_query_is_encoded_and_in_the_contracts_order() -> None:
    request = LIST.request({"limit": 3, "status": "paid", "currency": "SRD", "resource_id": "a b&c=/é+"})
    assert request.target == "/invoices?resource_id=a%20b%26c%3D%2F%C3%A9%2B&currency=SRD&status=paid&limit=3"
    assert request.body is None


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
    expected = Request(operation="get_invoice", method="GET", target=target, id=invoice_id)
    assert GET.request({"invoice_id": invoice_id}) == expected


@pytest.mark.parametrize("invoice_id", [".", ".."])
def test_an_id_that_would_change_the_path_is_refused(invoice_id: str) -> None:
    with pytest.raises(ValueError, match="would change the path"):
        GET.request({"invoice_id": invoice_id})


def test_every_operation_has_the_models_of_its_responses() -> None:
    for operation, model in (
        (CREATE, models.CreateInvoiceResponse),
        (LIST, models.ListInvoicesResponse),
        (GET, models.GetInvoiceResponse),
    ):
        assert {status: response.model for status, response in operation.responses.items()} == {
            "200": model,
            "4XX": models.ErrorResponse,
            "5XX": models.ErrorResponse,
        }
        assert operation.responses["200"].enveloped
        for status, code in ((200, "200"), (404, "4XX"), (599, "5XX")):
            assert operation.response_for(status) is operation.responses[code]
        assert operation.response_for(302) is None
    assert (CREATE.method, CREATE.path, CREATE.is_idempotent) == ("POST", "/invoices", False)
    assert (GET.method, GET.path, GET.is_idempotent) == ("GET", "/invoices/{invoice_id}", True)


def test_the_rules_are_the_contracts() -> None:
    rules = {one.name: one.rule for operation in (CREATE, LIST, GET) for one in operation.parameters}
    assert rules["limit"] == Integer(minimum=Decimal(1), maximum=Decimal(1000))
    assert rules["status"] == Choice(models.InvoiceStatus)
    assert rules["customer"] == Text(min_length=1)
    assert isinstance(items := rules["items"], ListOf)
    assert (items.min_items, items.max_items) == (0, 50)
    assert isinstance(rule := rules["invoice_id"], Text)
    assert (rule.pattern, rule.example) == (r"^inv_.*\Z", "inv_123456")


def test_a_request_is_immutable_and_compared_by_value() -> None:
    request = GET.request({"invoice_id": "inv_1"})
    assert hash(request) == hash(GET.request({"invoice_id": "inv_1"}))
    with pytest.raises(AttributeError, match="immutable"):
        request.target = "/"  # type: ignore[misc]  # the assignment is what must fail


@pytest.mark.parametrize("name", ["Invoices", "AsyncInvoices"])
def test_methods_and_their_arguments_are_described(name: str) -> None:
    resource = resources.resource_of("create_invoice")[name.startswith("Async")]
    assert resource.__name__ == name
    listed, created = inspect.getdoc(resource.list) or "", inspect.getdoc(resource.create) or ""
    assert "no pages" in listed
    assert "resource_id: Only invoices of this customer" in listed
    assert "a float is refused" in created
    assert "invoice_id: The id of the invoice." in (inspect.getdoc(resource.get) or "")


def test_the_forms_of_an_operation_have_the_same_arguments() -> None:
    plain, asynchronous = resources.resource_of("create_invoice")
    for method in ("create", "list", "get"):
        forms = [getattr(kind, method) for kind in (plain, asynchronous)]
        forms += [getattr(kind(None).with_response, method).__func__ for kind in (plain, asynchronous)]
        signatures = [inspect.signature(form).replace(return_annotation="") for form in forms]
        assert len(set(signatures)) == 1
        assert list(signatures[0].parameters)[-1] == "timeout"


def test_the_base_urls_are_those_of_the_contract() -> None:
    assert contract.SERVERS == {
        "live": "https://api.live.paisr.tech/v2",
        "staging": "https://api.staging.paisr.tech/v2",
    }
    assert contract.VERSION == "1.0.0"


def test_every_package_lists_its_names() -> None:
    for package in (paisr_generated, models):
        assert set(package.__all__) == {name for name in package.__all__ if hasattr(package, name)}
        with pytest.raises(AttributeError, match="Nothing"):
            _ = package.Nothing
    assert set(api.OPERATIONS) == {"create_invoice", "get_invoice", "list_invoices"}
    assert set(models.__all__) >= {"Invoice", "LineItem", "Voucher", "ErrorResponse"}
    assert not set(paisr_generated.__all__) & {"ErrorResponse", "GetInvoiceResponse"}


def test_no_second_client_is_shipped() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    assert not names & {"client.py", "errors.py"}
    assert (PACKAGE / "py.typed").exists()


def test_generated_code_imports_no_http_library_and_no_overlays() -> None:
    code = (
        "import sys, paisr_generated; [getattr(paisr_generated, name) for name in paisr_generated.__all__]; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    environment = {"PYTHONPATH": str(PACKAGE.parent)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & {
        "httpx",
        "httpcore",
        "requests",
        "socket",
        "ssl",
        "asyncio",
        "http",
        "paisr",
    }
