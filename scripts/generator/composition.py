"""Merges `allOf` into one schema, and unifies different spellings of the same schema."""

from __future__ import annotations

from typing import Any

from .document import Document, Node
from .shapes import UnsupportedContractError

ANNOTATIONS = {
    "default", "deprecated", "description", "discriminator", "example", "examples", "externalDocs", "readOnly",
    "title", "writeOnly", "xml", "$comment",
}  # fmt: skip
UNSUPPORTED = (
    "contains", "dependentRequired", "dependentSchemas", "else", "if", "not", "patternProperties", "prefixItems",
    "then", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef",
)  # fmt: skip
# Selects the stricter of two bounds.
STRICTER = {"minLength": max, "minItems": max, "minimum": max, "maxLength": min, "maxItems": min, "maximum": min}


def is_annotation(keyword: str) -> bool:
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def alias_of(schema: Node) -> Node | None:
    """The single member of an `allOf`, `anyOf` or `oneOf`, with the annotations beside it; None for other schemas."""
    combinators = [key for key in ("allOf", "anyOf", "oneOf") if key in schema]
    others = [key for key in schema if not is_annotation(key) and key not in combinators and key != "nullable"]
    if len(combinators) == 1 and not others and len(schema[combinators[0]]) == 1:
        member: Node = schema[combinators[0]][0]
        return {**member, **{key: value for key, value in schema.items() if key != combinators[0]}}
    return None


def merged(schema: Node, document: Document, pointer: str) -> Node:
    """The schema with its `allOf` merged in."""
    result = {key: value for key, value in schema.items() if key != "allOf"}
    for index, member in enumerate(schema["allOf"]):
        place = f"{pointer}/allOf/{index}"
        found, found_at = document.resolve(member, place)
        if "allOf" in found:
            found = merged(found, document, found_at)
        for key, value in found.items():
            result[key] = _combined(result[key], value, key, place) if key in result else value
    return result


def _combined(ours: Any, theirs: Any, keyword: str, pointer: str) -> Any:
    """The value of a keyword that satisfies both schemas. Annotations are those of `ours`, the outer schema."""
    if ours == theirs or is_annotation(keyword):
        return ours
    if keyword == "required":
        return [*theirs, *(name for name in ours if name not in theirs)]
    if keyword == "properties":
        return {**theirs, **{name: _combined_property(theirs.get(name), one) for name, one in ours.items()}}
    if keyword in STRICTER:
        return STRICTER[keyword](ours, theirs)
    if keyword == "enum":
        return [value for value in ours if value in theirs]
    if keyword == "nullable":
        return ours and theirs
    if keyword == "type" and (common := _common_types(ours, theirs)):
        return common
    raise UnsupportedContractError(pointer, f"two members of allOf have different values for {keyword!r}")


def _common_types(ours: Any, theirs: Any) -> list[str]:
    """The types that both allow; an integer is a number, too."""
    given = [[one] if isinstance(one, str) else list(one) for one in (ours, theirs)]
    wide = [{*types, *(["integer"] if "number" in types else [])} for types in given]
    common = [one for one in dict.fromkeys(given[0] + given[1]) if one in wide[0] and one in wide[1]]
    return [one for one in common if one != "integer" or "number" not in common]


def _combined_property(theirs: Node | None, ours: Node) -> Node:
    """The schema of a property that both schemas define: a value must satisfy both."""
    return ours if theirs is None or theirs == ours else {"allOf": [theirs, ours]}


def refuse_unsupported_keywords(schema: Node, pointer: str) -> None:
    for keyword in UNSUPPORTED:
        if keyword in schema:
            raise UnsupportedContractError(pointer, f"the keyword {keyword!r} is not supported")


def types_of(schema: Node) -> tuple[list[str], bool]:
    """The JSON types that the schema names or implies, without null; and whether null is allowed."""
    declared = schema.get("type")
    types: list[str] = [declared] if isinstance(declared, str) else list(declared or [])
    nullable = "null" in types or schema.get("nullable") is True
    types = [one for one in types if one != "null"]
    if declared is None:
        implied = {"object": ("properties", "additionalProperties"), "array": ("items",)}
        types = [name for name, keywords in implied.items() if any(keyword in schema for keyword in keywords)]
    return types, nullable
