"""Writes the contract as a page: a table for each operation and each schema, with the grade of each line."""

from __future__ import annotations

from typing import Any

import yaml

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
RULES = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "format", "enum")
INTRODUCTION = """# The contract

Generated from `openapi/paisr-invoices.yaml` (OpenAPI {openapi}, version {version} of the contract). The column "grade"
names the source of a line: *shown* on a documentation page of the operations, *documented* elsewhere by the vendor, or
*inferred*. [Where each line comes from](PROVENANCE.md) gives the reasons.

{description}
"""


def contract_page(text: str) -> str:
    """The page in Markdown. `text`: the contract in YAML."""
    contract: Json = yaml.safe_load(text)
    parts = [INTRODUCTION.format(openapi=contract["openapi"], **contract["info"]), _servers(contract["servers"])]
    components = {f"#/components/responses/{name}": one for name, one in contract["components"]["responses"].items()}
    for path, item in contract["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if operation := item.get(method):
                parts += _operation(f"## {method.upper()} {path}", operation, shared, components)
    parts.append("## Schemas")
    for name, schema in contract["components"]["schemas"].items():
        parts += _schema(name, schema)
    return "\n\n".join(parts) + "\n"


def _servers(servers: list[Json]) -> str:
    rows = [(f"`{one['url']}`", one.get("description", ""), one.get("x-provenance", "")) for one in servers]
    return "## Servers\n\n" + _table(("URL", "description", "grade"), rows)


def _operation(heading: str, operation: Json, shared: list[Json], components: Json) -> list[str]:
    parts = [heading, f"**{operation['operationId']}.** {operation.get('description', '')}"]
    if parameters := [*shared, *operation.get("parameters", [])]:
        parts.append(
            _table(("parameter", "in", "type", "", "description", "grade"), [_parameter(one) for one in parameters])
        )
    if body := operation.get("requestBody"):
        parts.append(f"Body: {_type(_body_schema(body))}, {body.get('x-provenance', '')}.")
    given = {status: components.get(one.get("$ref"), one) for status, one in operation["responses"].items()}
    responses = [(f"`{status}`", *_response(one)) for status, one in given.items()]
    return [*parts, _table(("status", "body", "description"), responses)]


def _parameter(one: Json) -> tuple[str, ...]:
    return (f"`{one['name']}`", one["in"], *_facts(one["schema"], one, required=one.get("required", False)))


def _response(one: Json) -> tuple[str, str]:
    return (_type(_body_schema(one)) if "content" in one else ""), one.get("description", "")


def _body_schema(holder: Json) -> Json:
    schema: Json = holder["content"]["application/json"]["schema"]
    return schema


def _schema(name: str, schema: Json) -> list[str]:
    parts = [f"### {name}", str(schema.get("description", ""))]
    required = schema.get("required", [])
    if properties := schema.get("properties"):
        rows = [(f"`{key}`", *_facts(one, one, required=key in required)) for key, one in properties.items()]
        parts.append(_table(("field", "type", "", "description", "grade"), rows))
    elif "enum" in schema:
        parts.append("One of " + ", ".join(f"`{value}`" for value in schema["enum"] if value is not None) + ".")
    return parts


def _facts(schema: Json, graded: Json, *, required: bool) -> tuple[str, str, str, str]:
    """The cells of a field or a parameter: type, whether it is required, description and rules, and grade."""
    description = [str(schema["description"])] if "description" in schema else []
    rules = [f"{rule}: `{schema[rule]}`" for rule in RULES if rule in schema]
    return _type(schema), "required" if required else "", "; ".join(description + rules), graded.get("x-provenance", "")


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return _link(schema["$ref"])
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(map(_type, choices))
    if "const" in schema:
        return f"`{schema['const']}`".lower()
    kinds = schema.get("type", "object")
    return " or ".join(_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _kind(kind: str, schema: Json) -> str:
    return f"array of {_type(schema['items'])}" if kind == "array" and "items" in schema else kind


def _link(reference: str) -> str:
    name = reference.rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})" if "/schemas/" in reference else name


def _table(heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
