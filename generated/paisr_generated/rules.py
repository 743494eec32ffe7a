# Copied from generator-templates/support/rules.py by scripts/generate.py. Do not edit: change that file.
"""The contract's rules for values that are sent, as data. overlays/paisr/_inputs checks arguments against them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum

from msgspec import Struct

__all__ = [
    "Anything",
    "Boolean",
    "Choice",
    "Constant",
    "Date",
    "DateTime",
    "Field",
    "Integer",
    "ListOf",
    "MapOf",
    "Named",
    "Number",
    "Object",
    "OneOf",
    "Rule",
    "Text",
    "Uuid",
]


class Rule(Struct, frozen=True, kw_only=True):
    """The base of the rules: whether null is allowed."""

    nullable: bool = False


class Anything(Rule, frozen=True):
    """Any JSON value."""


class Boolean(Rule, frozen=True):
    """True or false."""


class DateTime(Rule, frozen=True):
    """A datetime with an offset."""


class Date(Rule, frozen=True):
    """A day."""


class Uuid(Rule, frozen=True):
    """A UUID, or its text."""


class Text(Rule, frozen=True, kw_only=True):
    """A text. Lengths are in characters; `pattern` is searched for, as in JSON Schema."""

    min_length: int = 0
    max_length: int | None = None
    pattern: str | None = None
    example: str | None = None
    """A text that matches the pattern."""


class Integer(Rule, frozen=True, kw_only=True):
    """A whole number."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: Decimal | None = None
    exclusive_maximum: Decimal | None = None
    multiple_of: Decimal | None = None


class Number(Integer, frozen=True, kw_only=True):
    """A number, exact."""


class Choice(Rule, frozen=True):
    """One of the values of an enumeration."""

    values: type[Enum]


class Constant(Rule, frozen=True):
    """Always this value."""

    value: str | int | bool


class ListOf(Rule, frozen=True, kw_only=True):
    """A list."""

    item: Rule
    min_items: int = 0
    max_items: int | None = None
    unique_items: bool = False


class MapOf(Rule, frozen=True, kw_only=True):
    """An object with arbitrary names. `key`: the rule for the names."""

    value: Rule
    key: Rule = Text()
    min_properties: int = 0
    max_properties: int | None = None


class Field(Struct, frozen=True):
    """A property: its name in JSON and in Python."""

    json_name: str
    name: str
    rule: Rule
    required: bool = False


class Object(Rule, frozen=True, kw_only=True):
    """An object: an instance of its model, or a mapping with its names."""

    model: type
    fields: tuple[Field, ...]
    closed: bool = False
    """Whether a mapping may have no other names."""

    tag: tuple[str, str | int] | None = None
    """A constant property that distinguishes the object in a union, and its value."""


class Named(Rule, frozen=True):
    """A reference to a rule, which is looked up on use because the rule contains itself or is defined later."""

    look_up: Callable[[], Rule]


class OneOf(Rule, frozen=True, kw_only=True):
    """One of several rules; the property `tag` distinguishes objects."""

    rules: tuple[Rule, ...]
    tag: str | None = None
