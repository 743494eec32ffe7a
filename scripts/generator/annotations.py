"""Shapes as Python types: as a model's field has them, and as a caller may give them."""

from __future__ import annotations

import re
from collections.abc import Collection

from .naming import BUILTIN_TYPES
from .shapes import Model, Shape

RECEIVED = {
    "text": "str", "integer": "int", "number": "Decimal", "boolean": "bool", "datetime": "AwareDatetime",
    "date": "datetime.date", "uuid": "UUID", "any": "Any", "nothing": "None",
}  # fmt: skip
GIVEN = {**RECEIVED, "number": "Number", "datetime": "datetime.datetime", "uuid": "UUID | str"}


def received(shape: Shape) -> str:
    """The type of a value that was read."""
    match shape.kind:
        case "choice" | "model":
            text = _class_of(shape)
        case "constant":
            # msgspec has no Literal of a truth value; that is checked after decoding.
            text = "bool" if isinstance(shape.constant, bool) else f"Literal[{literal(shape.constant)}]"
        case "list":
            text = f"list[{received(_item(shape))}]"
        case "map":
            text = f"dict[str, {received(_item(shape))}]"
        case "union":
            text = " | ".join(received(one) for one in shape.members)
        case kind:
            # Texts of which an open enumeration names some.
            text = _class_of(shape) if shape.enumeration else RECEIVED[kind]
    return _or_none(text, shape)


def given(shape: Shape) -> str:
    """The type of a value that a caller gives."""
    match shape.kind:
        case "choice":
            assert shape.enumeration
            values = ", ".join(literal(value) for _name, value in shape.enumeration.members)
            text = f"{_class_of(shape)} | Literal[{values}]"
        case "constant":
            text = f"Literal[{literal(shape.constant)}]"
        case "list":
            text = f"Iterable[{given(_item(shape))}]"
        case "map":
            text = f"Mapping[str, {given(_item(shape))}]"
        case "model":
            text = f"{_class_of(shape)} | {_class_of(shape)}Dict"
        case "union":
            text = " | ".join(dict.fromkeys(given(one) for one in shape.members))
        case kind:
            text = GIVEN[kind]
    return _or_none(text, shape)


def field_annotation(shape: Shape, model: Model, *, required: bool) -> str:
    """What stands behind a field's name in its model."""
    text = received(shape)
    if not required and not shape.nullable:
        # What a caller made reads as None where nothing was given; a response may leave it out, but not say null.
        text = f"IfPresent[{text}]" if model.in_responses or not model.in_requests else f"{text} | None"
    return _beside(text, {one.name for one in model.fields})


def result_annotation(shapes: Collection[Shape | None], methods: Collection[str]) -> str:
    """What a method gives back: one of the shapes, or None where there is no body."""
    kinds = list(dict.fromkeys(received(one) if one else "None" for one in shapes))
    parts = list(dict.fromkeys(part for kind in kinds for part in kind.split(" | "))) if len(kinds) > 1 else kinds
    if "None" in parts:
        parts = [*(part for part in parts if part != "None"), "None"]
    return _beside(" | ".join(parts) or "None", methods)


def argument_annotation(text: str, methods: Collection[str]) -> str:
    return _beside(text, methods)


def _beside(text: str, names: Collection[str]) -> str:
    """The annotation in a class that has fields or methods of these names."""
    hidden = [name for name in BUILTIN_TYPES if name in names]
    if not hidden:
        return text
    pattern = rf"""("[^"]*"|'[^']*')|(?<![\w.])({"|".join(hidden)})\b"""
    return re.sub(pattern, lambda match: match[1] or f"builtins.{match[2]}", text)


def _or_none(text: str, shape: Shape) -> str:
    return f"{text} | None" if shape.nullable and text not in {"Any", "None"} else text


def _class_of(shape: Shape) -> str:
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
