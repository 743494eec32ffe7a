"""Schemas in one normal form: two ways to say the same thing are equal.

`$ref` is followed (keywords beside it count, in every version: whoever writes them means them), `allOf` is merged,
null is a property of the shape (from `nullable`, a type list, or a null alternative), a const is an enumeration of one,
alternatives that say no more than a list of types or values are merged, number formats are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NamedTuple

from .reading import ANYTHING, Raw, Source, UnreadableError, mapping, sequence, short, texts
from .rules import meet_rules, read_rules, relevant_rules

Node = tuple[Source, ...]
"""The schemas that a value must satisfy, all of them."""


class Members(NamedTuple):
    """Parts with names: the properties of an object, the parameters in one place, the headers of a response."""

    nodes: Mapping[str, Node]
    required: Collection[str]


EVERY = frozenset({"boolean", "object", "array", "string", "number", "integer"})
OTHERS = (
    "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames",
    "prefixItems", "contains", "minContains", "maxContains", "contentEncoding", "contentMediaType",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What a schema allows. `types` is without null, and has "integer" wherever it has "number"."""

    types: frozenset[str] = EVERY
    nullable: bool = True
    enum: Mapping[str, Any] | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    extra: Node = ()
    items: Node = ()
    branches: tuple[Node, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def key_of(node: Node) -> frozenset[int]:
    """What tells two nodes apart: a schema in a document is where it is."""
    return frozenset(id(source.raw) for source in node)


class Shapes:
    """Makes shapes, each once."""

    def __init__(self) -> None:
        self._made: dict[frozenset[int], tuple[Node, Shape]] = {}

    def of(self, node: Node) -> Shape:
        key = key_of(node)
        if key not in self._made:
            members = (self._member(source, frozenset(), nullable=False) for source in node)
            self._made[key] = (node, _finished(reduce(_met, members, Shape())))
        return self._made[key][1]

    def _member(self, source: Source, seen: frozenset[int], *, nullable: bool) -> Shape:
        """One schema with all that it is put together from; NULLABLE says that something around it lets null in."""
        raw = source.raw
        if id(raw) in seen:
            return Shape()  # a schema that contains itself adds nothing
        seen |= {id(raw)}
        nullable = nullable or raw.get("nullable") is True
        parts = [_own(source)]
        together = [source.referred()] if "$ref" in raw else []
        together += [source.part(part) for part in sequence(raw, "allOf")]
        parts += [self._member(part, seen, nullable=nullable) for part in together]
        for keyword in ("oneOf", "anyOf"):
            if keyword in raw:
                alternatives = [source.part(part) for part in sequence(raw, keyword)]
                parts.append(self._union(alternatives, seen, nullable=nullable))
        shape = reduce(_met, parts)
        return replace(shape, nullable=True) if nullable else shape

    def _union(self, alternatives: list[Source], seen: frozenset[int], *, nullable: bool) -> Shape:
        shapes = [(part, self._member(part, seen, nullable=False)) for part in alternatives]
        nullable = nullable or any(shape.nullable for _, shape in shapes)
        rest = [(part, shape) for part, shape in shapes if shape.types]
        if not rest:
            return Shape(types=frozenset(), nullable=nullable)
        if len(rest) == 1 or (united := _united([shape for _, shape in rest])) is None:
            united = rest[0][1] if len(rest) == 1 else Shape(branches=tuple((part,) for part, _ in rest))
        return replace(united, nullable=nullable)


def _own(source: Source) -> Shape:
    """What the keywords of one schema say, without those that bring in other schemas."""
    raw = source.raw
    enum = None if raw.get("enum") is None else sequence(raw, "enum")
    values = [raw["const"]] if "const" in raw else enum
    types, nullable = _types(raw, values)
    properties = {name: (source.part(part),) for name, part in mapping(raw, "properties").items()}
    extra = raw.get("additionalProperties", raw.get("unevaluatedProperties", True))
    return Shape(
        types=types,
        nullable=nullable,
        enum=None if values is None else {_canonical(value): value for value in values if value is not None},
        rules=read_rules(raw) | ({"additionalProperties": "no"} if extra is False else {}),
        properties=properties,
        required=frozenset(texts(raw, "required")),
        extra=(source.part(extra),) if isinstance(extra, Mapping) and extra else (),
        items=(source.part(raw["items"]),) if raw.get("items") not in (None, ANYTHING, True) else (),
        others={name: _canonical(raw[name]) for name in OTHERS if name in raw},
        notes={name: raw[name] for name in ("readOnly", "writeOnly", "deprecated", "default", "style") if name in raw},
    )


def _types(raw: Raw, values: Iterable[Any] | None) -> tuple[frozenset[str], bool]:
    """The types without null, and whether null is one of them."""
    said = raw.get("type")
    named = {said} if isinstance(said, str) else set(texts(raw, "type")) if isinstance(said, list) else _implied(raw)
    if unknown := named - EVERY - {"null"}:
        raise UnreadableError(f"There is no type {short(min(unknown))}.")
    nullable = "null" in named or raw.get("nullable") is True
    types = _widened(named - {"null"})
    if values is not None:
        held = {_type_of(value) for value in values}
        types = types & _widened(held - {"null"}) if held - {"null"} else frozenset()
        nullable = nullable and ("null" in held or raw.get("nullable") is True)
    return types, nullable


def _widened(types: Iterable[str]) -> frozenset[str]:
    """With integers where there are numbers: each one is a number."""
    types = frozenset(types)
    return types | {"integer"} if "number" in types else types


def _implied(raw: Raw) -> set[str]:
    """The types of a schema that names none: whoever describes properties means an object."""
    if any(name in raw for name in ("properties", "required", "additionalProperties")):
        return {"object"}
    if "items" in raw:
        return {"array"}
    return {*EVERY, "null"}


def _type_of(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return "integer"
    for kind, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number"), (Mapping, "object")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "array"


def _met(a: Shape, b: Shape) -> Shape:
    """What both allow."""
    if a.enum is None or b.enum is None:
        enum = b.enum if a.enum is None else a.enum
    else:
        enum = {text: value for text, value in a.enum.items() if text in b.enum}
    names = [*a.properties, *(name for name in b.properties if name not in a.properties)]
    return Shape(
        types=a.types & b.types,
        nullable=a.nullable and b.nullable,
        enum=enum,
        rules=meet_rules(a.rules, b.rules),
        properties={name: _joined(a.properties.get(name, ()), b.properties.get(name, ())) for name in names},
        required=a.required | b.required,
        extra=_joined(a.extra, b.extra),
        items=_joined(a.items, b.items),
        branches=a.branches + b.branches,
        others={**a.others, **b.others},
        notes={**b.notes, **a.notes},
    )


def _joined(a: Node, b: Node) -> Node:
    known = key_of(a)
    return (*a, *(source for source in b if id(source.raw) not in known))


def _united(shapes: list[Shape]) -> Shape | None:
    """One shape for alternatives that are no more than types or values, or None where they are more."""
    plain = Shape()
    for shape in shapes:
        bare = replace(shape, types=EVERY, nullable=True, enum=None, rules={}, notes={})
        if bare != plain:
            return None
    types = frozenset[str]().union(*(shape.types for shape in shapes))
    rules = {name: value for shape in shapes for name, value in shape.rules.items()}
    if all(shape.enum is not None for shape in shapes):
        enum = {text: value for shape in shapes for text, value in (shape.enum or {}).items()}
        return Shape(types=types, enum=enum, rules=rules)
    disjoint = sum(len(shape.types) for shape in shapes) == len(types)
    if disjoint and all(shape.enum is None for shape in shapes):
        return Shape(types=types, rules=rules)
    return None


def _finished(shape: Shape) -> Shape:
    """Without what cannot make a difference: rules for other types, an enumeration of both truth values."""
    enum = shape.enum
    if enum is not None and shape.types == {"boolean"} and len(enum) == 2:
        enum = None
    return replace(shape, rules=relevant_rules(shape.rules, shape.types), enum=enum)


def _canonical(value: object) -> str:
    """Equal for equal JSON: 1 and 1.0 are one number, 1 and true are not one value."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
