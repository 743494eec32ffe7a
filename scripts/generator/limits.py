"""Reads the rules of a schema, and completes its description."""

from __future__ import annotations

import re

from .document import Node
from .shapes import UnsupportedContractError

LIMITS: dict[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}


def limits_of(schema: Node, kind: str, pointer: str) -> Node:
    """The rules of a schema for one JSON type, by keyword; with an example for a pattern."""
    limits = {key: schema[key] for key in LIMITS.get(kind, ()) if key in schema}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        # In OpenAPI 3.0 the keyword is a flag: true makes the other bound exclusive.
        if isinstance(flag := limits.get(exclusive), bool):
            del limits[exclusive]
            if flag and bound in limits:
                limits[exclusive] = limits.pop(bound)
    if "pattern" in limits:
        limits["pattern"] = _python_pattern(limits["pattern"], f"{pointer}/pattern")
        examples = [*schema.get("examples", []), *([schema["example"]] if "example" in schema else [])]
        if examples and isinstance(examples[0], str) and re.search(limits["pattern"], examples[0]):
            limits["example"] = examples[0]
    if not limits.get("uniqueItems", True):
        del limits["uniqueItems"]
    return limits


def _python_pattern(pattern: str, pointer: str) -> str:
    """The pattern for Python: `$` matches only at the end of the string, as in JSON Schema."""
    text = re.sub(r"((?:^|[^\\])(?:\\\\)*)\$(?=$|\||\))", r"\1\\Z", pattern)
    try:
        re.compile(text, re.ASCII)
    except re.error as error:
        raise UnsupportedContractError(pointer, f"{pattern!r} is not a regular expression in Python: {error}") from None
    return text


def described(text: str, default: object, schema: Node) -> str:
    """A description, with a note about deprecation and about the service's default."""
    if schema.get("deprecated") is True:
        text = f"Deprecated. {text}".strip()
    if default is not None and default not in ([], {}):
        written = {True: "true", False: "false"}.get(default, default) if isinstance(default, bool) else default
        text = f"{text} The service's default is {written}.".strip()
    return text
