"""Reads schemas that list their values: constants, enumerations and null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from .document import Node
from .shapes import Shape, UnsupportedContractError


def constant_of(value: object, pointer: str) -> Shape:
    """The shape of a constant."""
    if value is None:
        return Shape(kind="null", nullable=True)
    if not isinstance(value, (str, int)):
        raise UnsupportedContractError(
            f"{pointer}/const", f"the constant {value!r} is not a string, an integer or a boolean"
        )
    return Shape(kind="constant", constant=value)


def values_of(schema: Node, pointer: str) -> tuple[list[Any], bool]:
    """The values of an enumeration, each once, without null; and whether null is one of them."""
    values = [value for value in schema["enum"] if value is not None]
    if len({type(value) for value in values}) > 1 or not all(isinstance(value, (str, int)) for value in values):
        raise UnsupportedContractError(f"{pointer}/enum", "the values are neither all strings nor all integers")
    return list(dict.fromkeys(values)), len(values) < len(schema["enum"])


def shape_without_names(values: Sequence[Any], *, nullable: bool) -> Shape | None:
    """The shape of values that need no enumeration class: booleans, or only null; None for other values."""
    if not values:
        return Shape(kind="null", nullable=True)
    if not isinstance(values[0], bool):
        return None
    if len(values) == 2:
        return Shape(kind="boolean", nullable=nullable)
    return evolve(constant_of(values[0], ""), nullable=nullable)


def is_constant(schema: object) -> bool:
    return isinstance(schema, dict) and ("const" in schema or "enum" in schema)


def untyped(schema: Node) -> Shape:
    """The shape of a schema that names no type but null: null, or any value where it names none at all."""
    return (
        Shape(kind="null", nullable=True)
        if schema.get("type") in ("null", ["null"])
        else Shape(kind="any", nullable=True)
    )


def only_requires(members: Sequence[object]) -> bool:
    """Whether the members only list required properties, a rule that is left to the service."""
    return all(isinstance(one, dict) and not set(one) - {"required", "title", "description"} for one in members)
