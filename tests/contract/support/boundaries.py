"""Boundary values: values on both sides of each rule of a schema. The contract decides which of them are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from support.contract import not_null
from support.values import example

OTHER_TYPES: dict[str, Any] = {
    "null": None, "true": True, "a number": 7, "a text": "many", "an array": [], "an object": {"0": "text"},
}  # fmt: skip
SMALL = Decimal("1e-10")
# Characters of one to four bytes, and those that JSON escapes.
LONG_TEXT = 'ü印🍕\n"\\ ' * 500
Value = tuple[str, Any]


def boundaries(schema: dict[str, Any]) -> Iterator[Value]:
    """Pairs of a short description and a value."""
    schema = not_null(schema)
    yield "its example", example(schema)
    yield from OTHER_TYPES.items()
    yield from [(f"its value {value}", value) for value in schema.get("enum", [])]
    kind = schema.get("type", "object")
    yield from {"string": texts, "integer": numbers, "number": numbers, "array": arrays, "object": objects}.get(
        kind, lambda _schema: iter(())
    )(schema)


def texts(schema: dict[str, Any]) -> Iterator[Value]:
    text = str(example(schema))
    yield "empty", ""
    yield "in the other case", text.swapcase()
    yield "shorter", text[:-1]
    yield "longer", f"{text}X"
    yield "with a digit at its end", f"{text[:-1]}1"
    yield "with a space before it", f" {text}"
    if "minLength" in schema:
        yield "one character too few", "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield "of the maximum length", "x" * schema["maxLength"]
        yield "one character too many", "x" * (schema["maxLength"] + 1)
    if not {"pattern", "enum", "format", "maxLength"} & schema.keys():
        yield "a long text", LONG_TEXT


def numbers(schema: dict[str, Any]) -> Iterator[Value]:
    yield "with a fraction", 1.5
    yield "far below", -1_000
    for keyword in ("minimum", "maximum"):
        if keyword in schema:
            bound = schema[keyword]
            yield f"its {keyword}", bound
            yield f"one below its {keyword}", bound - 1
            yield f"one above its {keyword}", bound + 1
            yield f"just below its {keyword}", float(Decimal(bound) - SMALL)
            yield f"just above its {keyword}", float(Decimal(bound) + SMALL)
            yield f"its {keyword} as a text", str(bound)


def arrays(schema: dict[str, Any]) -> Iterator[Value]:
    one = example(schema["items"])
    lengths = {0, 1, *(schema[keyword] + more for keyword in ("minItems", "maxItems") if keyword in schema
                       for more in (-1, 0, 1))}  # fmt: skip
    yield from ((f"{length} items", [one] * length) for length in sorted(lengths) if length >= 0)
    yield from ((f"second item, {what}", [one, value]) for what, value in boundaries(schema["items"]))


def objects(schema: dict[str, Any]) -> Iterator[Value]:
    whole = example(schema)
    for name in schema.get("required", []):
        yield f"without {name}", {key: value for key, value in whole.items() if key != name}
    yield "with an unknown field", {**whole, "an_unknown_field": 7}
    for name, inner in schema.get("properties", {}).items():
        yield from ((f"{name}: {what}", {**whole, name: value}) for what, value in boundaries(inner))
