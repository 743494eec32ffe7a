"""The types of values in a contract: shapes, and the models and enumerations that they refer to."""

from __future__ import annotations

from typing import Any, Literal

from attrs import define, field, frozen

Kind = Literal[
    "text", "integer", "number", "boolean", "datetime", "date", "uuid",
    "choice", "constant", "list", "map", "model", "union", "any", "null",
]  # fmt: skip


class UnsupportedContractError(Exception):
    """A part of the contract cannot be generated; the message names its place."""

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(f"{pointer}: {problem}")
        self.pointer = pointer
        self.operation: str | None = None
        """The method and path of the operation that is left out for this reason."""


@define(kw_only=True)
class Enumeration:
    """A named list of strings or of integers."""

    name: str
    module: str
    pointer: str
    description: str
    members: list[tuple[str, str | int]]
    """The Python name of each value, and the value."""

    @property
    def is_text(self) -> bool:
        return isinstance(self.members[0][1], str)


@define(kw_only=True)
class Field:
    """A property of a model."""

    json_name: str
    name: str
    """Its Python name."""

    shape: Shape
    required: bool
    description: str
    read_only: bool = False
    write_only: bool = False


@define(kw_only=True, eq=False)
class Model:
    """An object with named properties."""

    name: str
    module: str
    pointer: str
    description: str
    fields: list[Field] = field(factory=list)
    closed: bool = False
    """Whether the contract forbids other properties."""

    tag: tuple[str, str | int] | None = None
    """The property that distinguishes the model from others in a union, and its value."""

    in_requests: bool = False
    in_arguments: bool = False
    """Whether it is the value of an argument. A request body is not: its properties are separate arguments."""

    in_responses: bool = False
    in_cycle: bool = False
    listed: Field | None = None
    """The field with the items, where the model is the result of a list operation."""

    @property
    def is_struct(self) -> bool:
        """Whether it is a msgspec Struct, not an attrs class: msgspec renames fields and reads tags only for those."""
        return self.tag is not None or any(one.name != one.json_name for one in self.fields)

    def requires(self, one: Field) -> bool:
        """Whether every object has the field. A response never has a write-only field."""
        return one.required and not (one.write_only and self.in_responses)

    def field_named(self, json_name: str) -> Field | None:
        return next((one for one in self.fields if one.json_name == json_name), None)


@frozen(kw_only=True)
class Shape:
    """The type of a value, with its rules and its description."""

    kind: Kind
    nullable: bool = False
    limits: dict[str, Any] = field(factory=dict)
    """Rules by their keyword, such as ``{"minLength": 1}``."""

    description: str = ""
    default: Any = None
    enumeration: Enumeration | None = None
    model: Model | None = None
    item: Shape | None = None
    """The shape of the items of a list, or of the values of a map."""

    key: Shape | None = None
    """The shape of the names in a map; None where any name is allowed."""

    members: tuple[Shape, ...] = ()
    """The alternatives of a union."""

    tag: str | None = None
    """The property that distinguishes the models of a union."""

    constant: str | int | bool | None = None

    @property
    def inner(self) -> tuple[Shape, ...]:
        """The shapes that a union, a list or a map consists of."""
        return (*self.members, *(one for one in (self.item, self.key) if one))


def models_in(shape: Shape) -> list[Model]:
    """The models that a shape refers to, also in lists, maps and unions, but not those in the models' fields."""
    found = [shape.model] if shape.model else []
    return [*found, *(model for one in shape.inner for model in models_in(one))]


def enumerations_in(shape: Shape) -> list[Enumeration]:
    """The enumerations that a shape refers to, also in lists, maps and unions, but not those in the models' fields."""
    found = [shape.enumeration] if shape.enumeration else []
    return [*found, *(one for inner in shape.inner for one in enumerations_in(inner))]
