"""Brings schemas into a normal form, in which equivalent schemas are equal.

`$ref` is resolved (keywords beside it count in every version of OpenAPI), `allOf` is merged, null is an attribute of
the shape (from `nullable`, a list of types, or a null alternative), `const` is an enumeration of one value,
alternatives that are only types or values are merged, and formats of numbers are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NamedTuple

from .reading import ANYTHING, Raw, Source, UnreadableError, mapping, sequence, short, strings
from .rules import intersect_rules, read_rules, relevant_rules

Node = tuple[Source, ...]
"""The schemas that a value must satisfy, all of them."""


class Members(NamedTuple):
    """Named parts: the properties of an object, the parameters in one place, or the headers of a response."""

    nodes: Mapping[str, Node]
    required: Collection[str]


EVERY = frozenset({"boolean", "object", "array", "string", "number", "integer"})
OTHERS = (
    "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames",
    "prefixItems", "contains", "minContains", "maxContains", "contentEncoding", "contentMediaType",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """The values that a schema allows. `types` never has null, and has "integer" wherever it has "number".

    `extra`: the schemas of additional properties. `branches`: alternatives that could not be merged. `others`: keywords
    that are compared only for equality, as JSON. `notes`: keywords that do not restrict the values, such as "default".
    """

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
    """The identity of a node: the places of its schemas in the document."""
    return frozenset(id(source.raw) for source in node)


class Shapes:
    """Makes the shapes of nodes, each once."""

    def __init__(self) -> None:
        self._made: dict[frozenset[int], tuple[Node, Shape]] = {}

    def of(self, node: Node) -> Shape:
        key = key_of(node)
        if key not in self._made:
            members = (self._member(source, frozenset(), nullable=False) for source in node)
            self._made[key] = (node, _simplified(reduce(_intersection, members, Shape())))
        return self._made[key][1]

    def _member(self, source: Source, seen: frozenset[int], *, nullable: bool) -> Shape:
        """The shape of a schema and all its parts. `nullable`: whether an outer schema allows null."""
        raw = source.raw
        if id(raw) in seen:
            return Shape()  # a schema that contains itself adds nothing
        seen |= {id(raw)}
        nullable = nullable or raw.get("nullable") is True
        parts = [_of_keywords(source)]
        together = [source.target()] if "$ref" in raw else []
        together += [source.part(part) for part in sequence(raw, "allOf")]
        parts += [self._member(part, seen, nullable=nullable) for part in together]
        for keyword in ("oneOf", "anyOf"):
            if keyword in raw:
                alternatives = [source.part(part) for part in sequence(raw, keyword)]
                parts.append(self._union(alternatives, seen, nullable=nullable))
        shape = reduce(_intersection, parts)
        return replace(shape, nullable=True) if nullable else shape

    def _union(self, alternatives: list[Source], seen: frozenset[int], *, nullable: bool) -> Shape:
        shapes = [(part, self._member(part, seen, nullable=False)) for part in alternatives]
        nullable = nullable or any(shape.nullable for _, shape in shapes)
        rest = [(part, shape) for part, shape in shapes if shape.types]
        if not rest:
            return Shape(types=frozenset(), nullable=nullable)
        if len(rest) == 1 or (merged := _merged([shape for _, shape in rest])) is None:
            merged = rest[0][1] if len(rest) == 1 else Shape(branches=tuple((part,) for part, _ in rest))
        return replace(merged, nullable=nullable)


def _of_keywords(source: Source) -> Shape:
    """The shape of a schema's own keywords, without `$ref`, `allOf`, `oneOf` and `anyOf`."""
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
        required=frozenset(strings(raw, "required")),
        extra=(source.part(extra),) if isinstance(extra, Mapping) and extra else (),
        items=(source.part(raw["items"]),) if raw.get("items") not in (None, ANYTHING, True) else (),
        others={name: _canonical(raw[name]) for name in OTHERS if name in raw},
        notes={name: raw[name] for name in ("readOnly", "writeOnly", "deprecated", "default", "style") if name in raw},
    )


def _types(raw: Raw, values: Iterable[Any] | None) -> tuple[frozenset[str], bool]:
    """The types without null, and whether null is one of them."""
    declared = raw.get("type")
    if isinstance(declared, str):
        named = {declared}
    else:
        named = set(strings(raw, "type")) if isinstance(declared, list) else _implied(raw)
    if unknown := named - EVERY - {"null"}:
        raise UnreadableError(f"There is no type {short(min(unknown))}.")
    nullable = "null" in named or raw.get("nullable") is True
    types = _with_integers(named - {"null"})
    if values is not None:
        value_types = {_type_of(value) for value in values}
        types = types & _with_integers(value_types - {"null"}) if value_types - {"null"} else frozenset()
        nullable = nullable and ("null" in value_types or raw.get("nullable") is True)
    return types, nullable


def _with_integers(types: Iterable[str]) -> frozenset[str]:
    """The types, with "integer" added to "number": every integer is a number."""
    types = frozenset(types)
    return types | {"integer"} if "number" in types else types


def _implied(raw: Raw) -> set[str]:
    """The types of a schema that names none: an object if it has properties, an array if it has items, else any."""
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


def _intersection(a: Shape, b: Shape) -> Shape:
    """The shape of values that both allow."""
    if a.enum is None or b.enum is None:
        enum = b.enum if a.enum is None else a.enum
    else:
        enum = {text: value for text, value in a.enum.items() if text in b.enum}
    names = [*a.properties, *(name for name in b.properties if name not in a.properties)]
    return Shape(
        types=a.types & b.types,
        nullable=a.nullable and b.nullable,
        enum=enum,
        rules=intersect_rules(a.rules, b.rules),
        properties={name: _combined(a.properties.get(name, ()), b.properties.get(name, ())) for name in names},
        required=a.required | b.required,
        extra=_combined(a.extra, b.extra),
        items=_combined(a.items, b.items),
        branches=a.branches + b.branches,
        others={**a.others, **b.others},
        notes={**b.notes, **a.notes},
    )


def _combined(a: Node, b: Node) -> Node:
    known = key_of(a)
    return (*a, *(source for source in b if id(source.raw) not in known))


def _merged(shapes: list[Shape]) -> Shape | None:
    """One shape for alternatives that are only types or values; None for other alternatives."""
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


def _simplified(shape: Shape) -> Shape:
    """The shape without rules for other types, and without an enumeration of both booleans."""
    enum = shape.enum
    if enum is not None and shape.types == {"boolean"} and len(enum) == 2:
        enum = None
    return replace(shape, rules=relevant_rules(shape.rules, shape.types), enum=enum)


def _canonical(value: object) -> str:
    """A text that is equal for equal JSON values: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
