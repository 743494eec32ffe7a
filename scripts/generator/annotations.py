"""Writes shapes as Python annotations: for decoded values, and for the arguments of a call."""

from __future__ import annotations

import re
from collections.abc import Collection

from .naming import BUILTIN_TYPES
from .shapes import Model, Shape

DECODED_TYPES = {
    "text": "str", "integer": "int", "number": "Decimal", "boolean": "bool", "datetime": "AwareDatetime",
    "date": "datetime.date", "uuid": "UUID", "any": "Any", "null": "None",
}  # fmt: skip
ARGUMENT_TYPES = {**DECODED_TYPES, "number": "Number", "datetime": "datetime.datetime", "uuid": "UUID | str"}


def decoded_type(shape: Shape) -> str:
    """The type of a decoded value, such as a field of a model."""
    match shape.kind:
        case "choice" | "model":
            text = _class_name(shape)
        case "constant":
            # msgspec has no Literal of a boolean; the value is checked after decoding.
            text = "bool" if isinstance(shape.constant, bool) else f"Literal[{literal(shape.constant)}]"
        case "list":
            text = f"list[{decoded_type(_item(shape))}]"
        case "map":
            text = f"dict[str, {decoded_type(_item(shape))}]"
        case "union":
            text = " | ".join(decoded_type(one) for one in shape.members)
        case kind:
            # An enumeration with a string type is open: it names some of the values.
            text = _class_name(shape) if shape.enumeration else DECODED_TYPES[kind]
    return _or_none(text, shape)


def argument_type(shape: Shape) -> str:
    """The type of an argument."""
    match shape.kind:
        case "choice":
            assert shape.enumeration
            values = ", ".join(literal(value) for _name, value in shape.enumeration.members)
            text = f"{_class_name(shape)} | Literal[{values}]"
        case "constant":
            text = f"Literal[{literal(shape.constant)}]"
        case "list":
            text = f"Iterable[{argument_type(_item(shape))}]"
        case "map":
            text = f"Mapping[str, {argument_type(_item(shape))}]"
        case "model":
            text = f"{_class_name(shape)} | {_class_name(shape)}Dict"
        case "union":
            text = " | ".join(dict.fromkeys(argument_type(one) for one in shape.members))
        case kind:
            text = ARGUMENT_TYPES[kind]
    return _or_none(text, shape)


def field_annotation(shape: Shape, model: Model, *, required: bool) -> str:
    """The annotation of a field in its model."""
    text = decoded_type(shape)
    if not required and not shape.nullable:
        # In a request, a field that was not given is None. In a response, it may be absent, but not null.
        text = f"IfPresent[{text}]" if model.in_responses or not model.in_requests else f"{text} | None"
    return _with_qualified_builtins(text, {one.name for one in model.fields})


def result_annotation(shapes: Collection[Shape | None], methods: Collection[str]) -> str:
    """The annotation of a method's result: one of the shapes, or None where there is no body."""
    kinds = list(dict.fromkeys(decoded_type(one) if one else "None" for one in shapes))
    parts = list(dict.fromkeys(part for kind in kinds for part in kind.split(" | "))) if len(kinds) > 1 else kinds
    if "None" in parts:
        parts = [*(part for part in parts if part != "None"), "None"]
    return _with_qualified_builtins(" | ".join(parts) or "None", methods)


def argument_annotation(text: str, methods: Collection[str]) -> str:
    """The annotation of an argument, in a class with these methods."""
    return _with_qualified_builtins(text, methods)


def _with_qualified_builtins(text: str, names: Collection[str]) -> str:
    """The annotation in a class that has fields or methods with these names; a builtin that they hide is qualified."""
    hidden = [name for name in BUILTIN_TYPES if name in names]
    if not hidden:
        return text
    pattern = rf"""("[^"]*"|'[^']*')|(?<![\w.])({"|".join(hidden)})\b"""
    return re.sub(pattern, lambda match: match[1] or f"builtins.{match[2]}", text)


def _or_none(text: str, shape: Shape) -> str:
    return f"{text} | None" if shape.nullable and text not in {"Any", "None"} else text


def _class_name(shape: Shape) -> str:
    owner = shape.enumeration or shape.model
    assert owner
    return owner.name


def _item(shape: Shape) -> Shape:
    assert shape.item
    return shape.item


def literal(value: object) -> str:
    """A constant as Python source, in double quotes."""
    if not isinstance(value, str):
        return repr(value)
    text = repr(value)
    return text if text.startswith('"') else '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
