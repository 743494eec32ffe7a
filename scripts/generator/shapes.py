"""What a contract says about values: shapes, and the models and enumerations that they refer to."""

from __future__ import annotations

from typing import Any, Literal

from attrs import define, field, frozen

Kind = Literal[
    "text", "integer", "number", "boolean", "datetime", "date", "uuid",
    "choice", "constant", "list", "map", "model", "union", "any", "nothing",
]  # fmt: skip


class UnsupportedContractError(Exception):
    """The contract says something that cannot be generated; the sentence names the place."""

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(f"{pointer}: {problem}")
        self.pointer = pointer
        self.operation: str | None = None
        """The method and path of the operation that is left out because of it."""


@define(kw_only=True)
class Enumeration:
    """A named list of texts or of whole numbers."""

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
    """Its name in Python."""

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
    """Whether other properties are refused."""

    tag: tuple[str, str | int] | None = None
    """The property by which a union tells the model from others, and its value."""

    in_requests: bool = False
    in_arguments: bool = False
    """Whether a caller gives it as a value; the properties of a body are arguments of their own."""

    in_responses: bool = False
    in_cycle: bool = False
    listed: Field | None = None
    """The list that the model is about, where it is the result of a list operation."""

    @property
    def is_struct(self) -> bool:
        """Whether msgspec must map names or tell the model by a tag, which it does for its own classes only."""
        return self.tag is not None or any(one.name != one.json_name for one in self.fields)

    def requires(self, one: Field) -> bool:
        """Whether each of its objects has the field; the service never sends what is only written."""
        return one.required and not (one.write_only and self.in_responses)

    def field_named(self, json_name: str) -> Field | None:
        return next((one for one in self.fields if one.json_name == json_name), None)


@frozen(kw_only=True)
class Shape:
    """What a value is."""

    kind: Kind
    nullable: bool = False
    limits: dict[str, Any] = field(factory=dict)
    """Rules by their keyword, such as ``{"minLength": 1}``."""

    description: str = ""
    default: Any = None
    enumeration: Enumeration | None = None
    model: Model | None = None
    item: Shape | None = None
    """What a list or a map holds."""

    key: Shape | None = None
    """What the names in a map must be, if the contract says."""

    members: tuple[Shape, ...] = ()
    """What a union is one of."""

    tag: str | None = None
    """The property that tells the models of a union apart."""

    constant: str | int | bool | None = None

    @property
    def inner(self) -> tuple[Shape, ...]:
        return (*self.members, *(one for one in (self.item, self.key) if one))


def models_in(shape: Shape) -> list[Model]:
    """The models that a shape names itself, in lists, maps and unions too."""
    found = [shape.model] if shape.model else []
    return [*found, *(model for one in shape.inner for model in models_in(one))]


def enumerations_in(shape: Shape) -> list[Enumeration]:
    """The enumerations that a shape names itself, in lists, maps and unions too."""
    found = [shape.enumeration] if shape.enumeration else []
    return [*found, *(one for inner in shape.inner for one in enumerations_in(inner))]
