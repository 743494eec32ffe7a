"""Documents made from the contract: earlier versions, and equivalent ones that are written in another way."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
CONTRACT = Path(__file__).resolve().parents[3] / "openapi" / "paisr-invoices.yaml"


@cache
def _contract() -> Document:
    return yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


def contract() -> Document:
    """A copy of the contract, which a test may change."""
    return deepcopy(_contract())


def patched(document: Any, patch: Any) -> Any:
    """DOCUMENT with a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            del result[key]  # a KeyError if it does not exist: the patch is wrong
        else:
            result[key] = patched(result.get(key), value)
    return result


# Elements of OpenAPI that the contract does not have.
RICH: Document = {
    "servers": [
        {"url": "https://{region}.example.com", "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}}}
    ],
    "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": {}}}},
    "paths": {
        "/invoices": {
            "post": {
                "security": [{"oauth": ["read", "write"]}],
                "responses": {
                    "200": {
                        "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
                        "content": {"text/csv": {"schema": {"type": "string"}}},
                    }
                },
            }
        }
    },
    "webhooks": {
        "invoice.paid": {
            "post": {
                "operationId": "onInvoicePaid",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Invoice"}}}},
                "responses": {"200": {"description": ""}},
            }
        }
    },
}


def joined(one: Any, other: Any) -> Any:
    """Two merge patches as one. Where both have the same list, the second one counts."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {key: joined(one.get(key), other[key]) if key in other else one[key] for key in one | other}


def before_the_move(earlier: Document) -> Document:
    document = contract()
    patch = dict(earlier)
    parameters = patch.pop("parameters", {})
    listing = document["paths"]["/invoices"]["get"]
    by_name = patched({one["name"]: one for one in listing["parameters"]}, parameters)
    listing["parameters"] = list(by_name.values())
    return patched(document, patch)


def everywhere(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy in which CHANGE was applied to every object, the innermost first."""
    if isinstance(value, dict):
        return change({key: everywhere(inner, change) for key, inner in value.items()})
    return [everywhere(inner, change) for inner in value] if isinstance(value, list) else value


def inlined(document: Document) -> Document:
    """The document without references."""

    def meant(value: Document) -> Document:
        if not isinstance(value.get("$ref"), str):
            return value
        target: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return everywhere(target, meant)

    result = everywhere(document, meant)
    del result["components"]["schemas"], result["components"]["responses"]
    return result


def shuffled(document: Document) -> Document:
    """The document with keys, parameters, required names and enumeration values in another order."""
    order = random.Random(7)

    def mix(value: Document) -> Document:
        for key in ("parameters", "required", "enum"):
            if isinstance(value.get(key), list):
                value[key] = order.sample(value[key], len(value[key]))
        return dict(order.sample(sorted(value.items(), key=str), len(value)))

    return everywhere(document, mix)


def with_number_formats(document: Document) -> Document:
    formats = {"number": "float", "integer": "int64"}

    def add(value: Document) -> Document:
        types = value.get("type")
        for name in [types] if isinstance(types, str) else types if isinstance(types, list) else []:
            if name in formats:
                value["format"] = formats[name]
        return value

    return everywhere(document, add)


def in_dialect_3_0(document: Document) -> Document:
    """The document in OpenAPI 3.0: nullable, no const, no siblings of `$ref`, statuses as numbers."""

    def older(value: Document) -> Document:
        types, alternatives = value.get("type"), value.get("oneOf")
        if isinstance(types, list) and "null" in types:
            (value["type"],) = [name for name in types if name != "null"]
            value["nullable"] = True
        if isinstance(alternatives, list) and {"type": "null"} in alternatives:
            value["allOf"] = [one for one in value.pop("oneOf") if one != {"type": "null"}]
            value["nullable"] = True
        if isinstance(value.get("examples"), list):
            value["example"] = value.pop("examples")[0]
        if "const" in value:
            value["type"], value["enum"] = "boolean", [value.pop("const")]
        if isinstance(value.get("$ref"), str):
            value = {"$ref": value["$ref"]}
        return {int(key) if key.isdecimal() else key: inner for key, inner in value.items()}

    return everywhere(document, older) | {"openapi": "3.0.3"}


def undescribed(document: Document) -> Document:
    """The document without annotations. A map of properties is no schema: the contract has a property `description`."""
    words = {"summary", "examples", "example", "tags", "operationId", "links"}

    def strip(value: Document) -> Document:
        if value and all(isinstance(inner, dict) for inner in value.values()):
            return value
        kept = {key: inner for key, inner in value.items() if key not in words}
        return kept | {"description": ""} if isinstance(kept.get("description"), str) else kept

    return everywhere(document, strip)


def split_into_parts(document: Document) -> Document:
    """The document with every object schema split in two under allOf, and each enumeration as oneOf constants."""

    def split(value: Document) -> Document:
        if value.get("type") == "object" and isinstance(value.get("properties"), dict):
            names = list(value["properties"])
            half = {name: value["properties"].pop(name) for name in names[len(names) // 2 :]}
            return {"allOf": [value, {"type": "object", "properties": half}]}
        if "enum" in value and isinstance(value["enum"], list):
            return {"description": "One of these.", "oneOf": [{"const": one} for one in value["enum"]]}
        return value

    return everywhere(document, split)


def as_a_part_of_a_larger_one(document: Document) -> Document:
    """The contract in a larger document: other paths, other names of parameters and components, more operations."""
    paths = {f"/{{version}}{path.replace('invoice_id', 'id')}": item for path, item in document["paths"].items()}
    plan = {"type": "object", "properties": {"parent": {"$ref": "#/components/schemas/Plan"}}}
    response = {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Plan"}}}}
    paths["/{version}/plans"] = {"get": {"responses": {"200": response}}}
    invoice_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths["/{version}/invoices/{id}/remind"] = {
        "post": {"parameters": [invoice_id], "responses": {"204": {"description": ""}}}
    }
    for item in paths.values():
        item["parameters"] = [{"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}]
        for operation in item.values():
            for parameter in (
                operation["parameters"] if isinstance(operation, dict) and "parameters" in operation else ()
            ):
                parameter["name"] = "id" if parameter["in"] == "path" else parameter["name"]
    schemas = document["components"]["schemas"] | {"Plan": plan}

    def rename(value: Document) -> Document:
        reference = value.get("$ref")
        return {"$ref": reference.replace("/schemas/", "/schemas/Billing.")} if isinstance(reference, str) else value

    components = document["components"] | {"schemas": {f"Billing.{name}": one for name, one in schemas.items()}}
    renamed = everywhere(document | {"paths": paths, "components": components}, rename)
    renamed["servers"] = [{"url": "https://api.live.paisr.tech"}, {"url": "https://api.staging.paisr.tech"}]
    renamed["security"] = [{"bearerToken": []}]
    for item in renamed["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return renamed


def with_single_error_statuses(document: Document) -> Document:
    for item in document["paths"].values():
        for operation in item.values():
            client, server = (operation["responses"].pop(name) for name in ("4XX", "5XX"))
            operation["responses"] |= {"400": client, "401": client, "429": client, "default": server}
    return document


REPHRASED: list[Callable[[Document], Document]] = [
    inlined,
    shuffled,
    with_number_formats,
    in_dialect_3_0,
    undescribed,
    split_into_parts,
    as_a_part_of_a_larger_one,
    with_single_error_statuses,
]
