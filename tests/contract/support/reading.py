"""Compares a model with the JSON text that it was read from, never with JSON that the client writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import jsonschema

from paisr_generated.types import OpenStrEnum
from support.contract import resolve

MAX_EXPONENT = 1000  # orders of magnitude of a number that the client accepts
MICROSECOND = timedelta(microseconds=1)
_RESPELLED = re.compile(r"([0-9-]{10})[Tt ]([0-9:.]+)(?:([Zz])|([+-][0-9]{2}):?([0-9]{2}))")


def parse_exactly(content: str | bytes) -> Any:
    """Parse JSON with every digit: fractions as `Decimal`, whole numbers as `int`; NaN and Infinity are no JSON."""

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(content, parse_float=Decimal, parse_constant=refuse)


def losses(value: Any, model: Any, schema: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """The differences between MODEL and VALUE, in all properties that SCHEMA names."""
    schema = resolve(schema)
    if value is None:
        if model is not None:
            yield f"{path}: null was read as {model!r}"
        return
    if members := schema.get("oneOf") or schema.get("anyOf"):
        # The first member of an open enumeration has the named values.
        schema = next(resolve(one) for one in members if resolve(one).get("type") != "null")
    if schema.get("type") == "array":
        if not isinstance(model, Sequence) or len(model) != len(value):
            yield f"{path}: {len(value)} were read as {model!r}"
            return
        for index, (one, read) in enumerate(zip(value, model, strict=True)):
            yield from losses(one, read, schema["items"], f"{path}[{index}]")
    elif "properties" in schema:
        for name, wanted in schema["properties"].items():
            yield from losses(value.get(name), getattr(model, name), wanted, f"{path}.{name}")
    elif not is_read(value, model, schema):
        yield f"{path}: {value!r} was read as {model!r}"


def is_read(value: Any, model: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a single value was read without loss: every digit, the same instant, the same text."""
    kinds = schema.get("type", [])
    if "number" in kinds:
        return isinstance(model, Decimal) and Decimal(value).as_tuple() == model.as_tuple()
    if schema.get("format") == "date-time":
        return isinstance(model, datetime) and model.tzinfo is not None and abs(model - instant(value)) <= MICROSECOND
    if "enum" in schema:
        known = isinstance(model, OpenStrEnum) and model.is_known is (value in schema["enum"])
        return known and str(model) == value
    return type(model) is type(value) and model == value


def instant(text: str) -> datetime:
    """An RFC 3339 time, without its digits after the microsecond: no `datetime` holds them."""
    return datetime.fromisoformat(text.upper())


def is_respelled_time(text: str) -> bool:
    """Whether a text is an RFC 3339 time, but for a space instead of its T or an offset without its colon."""
    found = _RESPELLED.fullmatch(text)
    if found is None:
        return False
    day, time, utc, hours, minutes = found.groups()
    strict = f"{day}T{time}" + ("Z" if utc else f"{hours}:{minutes}")
    return bool(jsonschema.Draft202012Validator.FORMAT_CHECKER.conforms(strict, "date-time"))


def leaves(errors: Sequence[jsonschema.ValidationError]) -> Iterator[jsonschema.ValidationError]:
    """The errors of single keywords; of a nullable schema, the errors of its member that is not null."""
    for error in errors:
        if error.validator == "oneOf" and isinstance(error.instance, dict):
            real = [one for one in error.context if one.validator != "type" or one.validator_value != "null"]
            yield from leaves(real)
        elif error.validator == "oneOf":
            yield from leaves([one for one in error.context if one.validator_value != "null"])
        else:
            yield error


def path_of(error: jsonschema.ValidationError) -> str:
    """`$.data.invoices[3].amount`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path]
    return "$" + "".join(parts)


def is_finite_number(text: str) -> bool:
    """Whether a text is a finite number to Python's `Decimal`."""
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def is_tolerated(error: Any) -> bool:
    """Whether the client accepts what the contract forbids, as declared in test_client_reads.py."""
    if error.validator == "enum":
        return isinstance(error.instance, str)
    if error.validator == "format":
        return is_respelled_time(error.instance)
    kinds = error.validator_value if error.validator == "type" else []
    return "number" in kinds and isinstance(error.instance, str) and is_finite_number(error.instance)
