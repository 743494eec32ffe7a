"""The documentation's payloads: each is valid under the contract and decodes to exactly its values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from paisr_generated import models

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
DOCUMENT: dict[str, Any] = yaml.safe_load((OPENAPI / "paisr-invoices.yaml").read_text(encoding="utf-8"))
EXAMPLES: dict[str, type] = {
    "create-invoice-request": models.CreateInvoiceRequest,
    "create-invoice-response": models.CreateInvoiceResponse,
    "list-invoices-response": models.ListInvoicesResponse,
    "get-invoice-response": models.GetInvoiceResponse,
    "get-invoice-with-addresses-response": models.GetInvoiceResponse,
    "error-response": models.ErrorResponse,
}


def read(name: str) -> bytes:
    return (OPENAPI / "examples" / f"{name}.json").read_bytes()


def validator(schema: str) -> jsonschema.Draft202012Validator:
    """A validator for a schema of the contract, with formats on."""
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def as_built(obj: Any) -> Any:
    """A model as plain JSON data, without its absent fields."""
    return json.loads(msgspec.json.Encoder(decimal_format="number").encode(obj))


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items() if item is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def test_every_file_is_tested() -> None:
    assert {path.stem for path in (OPENAPI / "examples").iterdir()} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_valid_under_the_contract(name: str) -> None:
    validator(EXAMPLES[name].__name__).validate(json.loads(read(name)))


def test_the_validator_checks_formats_and_references() -> None:
    payload = json.loads(read("get-invoice-response"))
    payload["data"]["paid_at"] = "yesterday"
    payload["data"]["amount"]["net_total"] = "135"
    errors = {tuple(error.absolute_path)[:3] for error in validator("GetInvoiceResponse").iter_errors(payload)}
    assert errors == {("data", "paid_at"), ("data", "amount")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_decodes_without_loss(name: str) -> None:
    decoded: Any = msgspec.json.decode(read(name), type=EXAMPLES[name])
    assert without_null(as_built(decoded)) == without_null(json.loads(read(name)))


def test_the_example_values_in_the_contract_are_valid() -> None:
    schemas = [
        *(
            schema
            for model in DOCUMENT["components"]["schemas"].values()
            for schema in model.get("properties", {}).values()
        ),
        *(
            line["schema"]
            for path in DOCUMENT["paths"].values()
            for op in path.values()
            for line in op.get("parameters", [])
        ),
    ]
    checked = 0
    for schema in schemas:
        for example in schema.get("examples", []):
            jsonschema.Draft202012Validator(
                {**schema, "components": DOCUMENT["components"]},
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            ).validate(example)
            checked += 1
    assert checked > 30


def test_the_examples_in_the_contract_are_the_files() -> None:
    operation = DOCUMENT["paths"]["/invoices"]["post"]
    error = DOCUMENT["components"]["responses"]["ClientError"]
    for holder, name in (
        (operation["requestBody"], "create-invoice-request"),
        (operation["responses"]["200"], "create-invoice-response"),
        (error, "error-response"),
    ):
        assert holder["content"]["application/json"]["examples"]["documentation"]["value"] == json.loads(read(name))


def test_an_invoice_has_exact_values() -> None:
    invoice = msgspec.json.decode(read("get-invoice-response"), type=models.GetInvoiceResponse).data
    moment = datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)
    assert invoice == models.Invoice(
        id="inv_123456",
        sid=600783,
        subscription_id="sub_123456",
        customer=models.Customer(id="cus_123456", name="Jane Smith", email="jane@example.com"),
        voucher=models.Voucher(id="vch_123456", type=models.VoucherType.PERCENTAGE, rate=Decimal("10")),
        summary="A simple pizza order",
        amount=models.Amount(sub_total=Decimal("150"), discount_total=Decimal("15"), net_total=Decimal("135")),
        status=models.InvoiceStatus.PAID,
        currency=models.Currency.SRD,
        session=models.CheckoutSession(
            url="https://checkout.paisr.tech/ey7bTCm6tur63CR6mzbuq23r", expires_in="30 minutes"
        ),
        due_at=moment,
        paid_at=moment,
        void_at=moment,
        created_at=moment,
    )
    assert isinstance(invoice.amount, models.Amount)
    assert isinstance(invoice.amount.net_total, Decimal)


def test_a_list_has_exact_values() -> None:
    (invoice,) = msgspec.json.decode(read("list-invoices-response"), type=models.ListInvoicesResponse).data.invoices
    moment = datetime(2019, 8, 24, 14, 15, 22, tzinfo=UTC)
    assert (invoice.due_at, invoice.paid_at, invoice.void_at, invoice.created_at) == (moment,) * 4
    assert invoice.id == "inv_123456"


def test_addresses_have_exact_values() -> None:
    customer = msgspec.json.decode(
        read("get-invoice-with-addresses-response"), type=models.GetInvoiceResponse
    ).data.customer
    assert customer is not None
    assert customer.billing_details == models.BillingDetails(
        line_1="Example Street 10", line_2="Example Street 11", city="Paramaribo", state="Kwatta", country="SR"
    )
    assert customer.shipping_details == models.ShippingDetails(
        name="Jane Smith", phone="+597-8123456",
        line_1="Example Street 10", line_2="Example Street 11", city="Paramaribo", state="Kwatta", country="SR",
    )  # fmt: skip


def test_a_create_and_an_error_have_exact_values() -> None:
    created = msgspec.json.decode(read("create-invoice-response"), type=models.CreateInvoiceResponse).data
    assert created == models.CreatedInvoice(id="string", status=models.InvoiceStatus("string"), session=None)
    assert not created.status.is_known
    assert msgspec.json.decode(read("error-response"), type=models.ErrorResponse).message == "string"
