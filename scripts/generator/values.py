"""Schemas that name values: constants, enumerations, null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from .document import Node
from .shapes import Shape, UnsupportedContractError


def constant_of(value: object, pointer: str) -> Shape:
    """The shape of what is always this value."""
    if value is None:
        return Shape(kind="nothing", nullable=True)
    if not isinstance(value, (str, int)):
        raise UnsupportedContractError(
            f"{pointer}/const", f"the constant {value!r} is no text, whole number or truth value"
        )
    return Shape(kind="constant", constant=value)


def values_of(schema: Node, pointer: str) -> tuple[list[Any], bool]:
    """The values of an enumeration, each once, without null; and whether null is one of them."""
    values = [value for value in schema["enum"] if value is not None]
    if len({type(value) for value in values}) > 1 or not all(isinstance(value, (str, int)) for value in values):
        raise UnsupportedContractError(f"{pointer}/enum", "the values are neither all texts nor all whole numbers")
    return list(dict.fromkeys(values)), len(values) < len(schema["enum"])


def shape_without_names(values: Sequence[Any], *, nullable: bool) -> Shape | None:
    """The shape of values that no enumeration is made for: truth values, or none but null."""
    if not values:
        return Shape(kind="nothing", nullable=True)
    if not isinstance(values[0], bool):
        return None
    if len(values) == 2:
        return Shape(kind="boolean", nullable=nullable)
    return evolve(constant_of(values[0], ""), nullable=nullable)


def is_constant(schema: object) -> bool:
    return isinstance(schema, dict) and ("const" in schema or "enum" in schema)


def untyped(schema: Node) -> Shape:
    """A schema that names no type: anything, unless its rules say more than a type would."""
    return (
        Shape(kind="nothing", nullable=True)
        if schema.get("type") in ("null", ["null"])
        else Shape(kind="any", nullable=True)
    )


def only_requires(members: Sequence[object]) -> bool:
    """Whether the members only say which properties must be there together, which the service checks."""
    return all(isinstance(one, dict) and not set(one) - {"required", "title", "description"} for one in members)
