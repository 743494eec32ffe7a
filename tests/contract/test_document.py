"""The contract: every line has a grade, every inferred line a reason, and the rules are those of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
GRADES = {"shown", "documented", "inferred"}
RULES = {
    "additionalProperties", "anyOf", "bearerFormat", "const", "enum", "format", "maxItems", "maximum", "minLength",
    "minimum", "nullable", "pattern", "required", "type",
}  # fmt: skip
DOCUMENT: dict[str, Any] = yaml.safe_load((OPENAPI / "paisr-invoices.yaml").read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
Line = tuple[str, dict[str, Any]]


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def lines_of_an_operation(operation: dict[str, Any]) -> Iterator[Line]:
    name = operation["operationId"]
    yield name, operation
    for parameter in operation.get("parameters", []):
        yield f"{name}.{parameter['name']}", parameter
    if "requestBody" in operation:
        yield f"{name}.requestBody", operation["requestBody"]
    for status, response in operation["responses"].items():
        if "$ref" not in response:
            yield f"{name}.{status}", response
        for link_name, link in response.get("links", {}).items():
            yield f"{name}.{status}.links.{link_name}", link


def lines(document: dict[str, Any]) -> Iterator[Line]:
    """Everything that must carry a grade, by the name that PROVENANCE.md gives it."""
    for server in document["servers"]:
        yield f"servers.{server['x-name']}", server
        for name, variable in server["variables"].items():
            yield f"servers.{server['x-name']}.{name}", variable
    for operation in operations(document):
        yield from lines_of_an_operation(operation)
    for kind in ("securitySchemes", "responses"):
        for name, component in document["components"][kind].items():
            yield f"{kind}.{name}", component
    for name, schema in document["components"]["schemas"].items():
        yield name, schema
        for property_name, property_schema in schema.get("properties", {}).items():
            yield f"{name}.{property_name}", property_schema


def ungraded(document: dict[str, Any]) -> list[str]:
    return [name for name, line in lines(document) if line.get("x-provenance") not in GRADES]


def inferred(document: dict[str, Any]) -> set[str]:
    found = {name for name, line in lines(document) if line["x-provenance"] == "inferred"}
    for name, line in lines(document):
        found |= {f"{name}#{rule}" for rule, grade in line.get("x-provenance-rules", {}).items() if grade == "inferred"}
    return found


def explained() -> list[str]:
    """The names in the first column of the tables of PROVENANCE.md that follow "Inferred"."""
    text = (OPENAPI / "PROVENANCE.md").read_text(encoding="utf-8").partition("\n## Inferred")[2]
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def is_nullable(schema: dict[str, Any]) -> bool:
    kinds = (
        schema["type"]
        if isinstance(schema.get("type"), list)
        else [part.get("type") for part in schema.get("oneOf", [])]
    )
    return "null" in kinds


def reachable(start: set[str]) -> set[str]:
    """The names of the schemas that START and what they refer to are made of."""
    found: set[str] = set()
    waiting = set(start)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(re.findall(r"#/components/schemas/(\w+)", str(SCHEMAS[name]))) - found
    return found


def named_in_responses() -> set[str]:
    """The names of the schemas that the operations' responses, and the shared ones, refer to."""
    responses = [operation["responses"] for operation in operations(DOCUMENT)]
    return set(re.findall(r"#/components/schemas/(\w+)", str([responses, DOCUMENT["components"]["responses"]])))


RECEIVED = reachable(named_in_responses())
# The required properties of each response, written by hand: those that a client cannot do without.
REQUIRED = {
    "CreateInvoiceResponse": {"success", "data"},
    "ListInvoicesResponse": {"success", "data"},
    "GetInvoiceResponse": {"success", "data"},
    "ErrorResponse": {"success"},
    "InvoiceList": {"invoices"},
    "CreatedInvoice": {"id", "status"},
    "Invoice": {"id", "status"},
}


def test_is_a_valid_openapi_document() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_line_has_a_grade() -> None:
    assert len(list(lines(DOCUMENT))) > 80
    assert ungraded(DOCUMENT) == []


@pytest.mark.parametrize("grade", [None, "guessed"])
def test_a_line_without_a_grade_is_found(grade: str | None) -> None:
    copy = yaml.safe_load(yaml.safe_dump(DOCUMENT))
    copy["components"]["schemas"]["Amount"]["properties"]["tax_total"] = {"type": "number", "x-provenance": grade}
    assert ungraded(copy) == ["Amount.tax_total"]


def test_a_rule_has_a_known_name_and_grade_and_is_not_the_grade_of_its_line() -> None:
    for name, line in lines(DOCUMENT):
        for rule, grade in line.get("x-provenance-rules", {}).items():
            assert rule in RULES, name
            assert grade in GRADES - {line["x-provenance"]}, name


def test_each_inferred_line_is_explained_and_each_explanation_is_in_the_contract() -> None:
    assert sorted(explained()) == sorted(inferred(DOCUMENT))
    assert len(explained()) > 40


def test_a_nullable_line_that_the_documentation_does_not_show_is_graded_inferred() -> None:
    shown = {"CreatedInvoice.session", "Customer.billing_details", "Customer.shipping_details"}
    for name, line in lines(DOCUMENT):
        if is_nullable(line):
            assert (name in shown) is (line.get("x-provenance-rules", {}).get("nullable") != "inferred"), name


def test_a_response_requires_only_what_a_client_cannot_do_without() -> None:
    required = {name: set(SCHEMAS[name].get("required", [])) for name in RECEIVED}
    assert {name: found for name, found in required.items() if found} == REQUIRED


def test_an_optional_property_of_a_response_is_nullable_and_no_other() -> None:
    for name, schema in SCHEMAS.items():
        for property_name, property_schema in schema.get("properties", {}).items():
            optional = property_name not in schema.get("required", [])
            assert is_nullable(property_schema) is (optional and name in RECEIVED), f"{name}.{property_name}"


def test_every_operation_names_its_security_and_its_error_ranges() -> None:
    found = {operation["operationId"]: operation for operation in operations(DOCUMENT)}
    assert set(found) >= {"createInvoice", "listInvoices", "getInvoice"}
    for operation in found.values():
        assert operation["security"] == [{"bearerToken": []}]
        assert set(operation["responses"]) == {"200", "4XX", "5XX"}


def test_the_contract_has_the_rules_of_the_documentation() -> None:
    limit, invoice_id, currency = (
        next(line for name, line in lines(DOCUMENT) if name == wanted)["schema"]
        for wanted in ("listInvoices.limit", "getInvoice.invoice_id", "listInvoices.currency")
    )
    item = SCHEMAS["LineItem"]
    assert (limit["minimum"], limit["maximum"]) == (1, 1000)
    assert invoice_id["pattern"] == "^inv_.*$"
    assert currency["pattern"] == "^[A-Z]{3}$"
    assert SCHEMAS["CreateInvoiceRequest"]["properties"]["items"]["maxItems"] == 50
    assert SCHEMAS["CreateInvoiceRequest"]["required"] == ["customer", "summary", "due"]
    assert item["required"] == ["description", "quantity", "unit_price"]
    assert (item["properties"]["quantity"]["minimum"], item["properties"]["unit_price"]["minimum"]) == (1, 0)
    assert SCHEMAS["InvoiceStatus"]["enum"] == ["draft", "unpaid", "paid", "void"]
    assert SCHEMAS["Currency"]["enum"] == ["SRD", "USD", "EUR"]
    assert SCHEMAS["VoucherType"]["enum"] == ["percentage", "fixed"]
