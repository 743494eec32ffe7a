"""Values that the contract's schemas allow: its own examples, or values made from its rules where it has none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from support.contract import Operation, not_null, resolve

PLAIN: dict[str, Any] = {"string": "text", "boolean": True, "number": 7, "integer": 7}
BY_FORMAT = {
    "date-time": "2023-11-07T05:31:56Z", "date": "2023-11-07", "uuid": "6f1c9d0e-5f5b-4b7e-9d0a-0d2f6c1b7a55",
}  # fmt: skip


def example(schema: dict[str, Any], *, full: bool = False) -> Any:
    """A valid value: with the required properties and items only, or with FULL, with all properties and with items."""
    schema = not_null(schema)
    if schema.get("examples"):
        return schema["examples"][0]
    for keyword in ("const", "enum"):
        if keyword in schema:
            return schema[keyword] if keyword == "const" else schema[keyword][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "array":
        least = schema.get("minItems", 0)
        if full:  # one with all properties, and others with the required ones only
            return [example(schema["items"], full=True), *[example(schema["items"])] * max(1, least - 1)]
        return [example(schema["items"])] * least
    if kind == "object":
        names = schema.get("properties", {}) if full else schema.get("required", [])
        return {name: example(schema["properties"][name], full=full) for name in names}
    return BY_FORMAT.get(schema.get("format", ""), schema.get("minimum", PLAIN[kind]))


def response_schema(operation: Operation) -> dict[str, Any]:
    """The schema of a success with a body."""
    found: dict[str, Any] = resolve(operation.node["responses"][operation.success])["content"]["application/json"]
    return dict(resolve(found["schema"]))


def arguments_of(operation: Operation, names: Collection[str] = ()) -> dict[str, Any]:
    """The arguments of a call: the required ones, and those in NAMES."""
    return {
        one.python_name: example(one.schema, full=one.name in names)
        for one in operation.parameters
        if one.required or one.name in names
    }
