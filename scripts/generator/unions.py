"""Reads unions, and refuses those whose members a decoder cannot distinguish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve

from .shapes import Model, Shape, UnsupportedContractError

# The JSON type by which msgspec selects a member of a union, which can have one member for each at most.
JSON_TYPES = {
    "text": "string", "datetime": "string", "date": "string", "uuid": "string", "number": "string", "choice": "string",
    "integer": "integer", "boolean": "boolean", "list": "array", "map": "object", "model": "object",
}  # fmt: skip
MAX_NAMES = 5


def union_of(members: Sequence[Shape], tag: str | None, mapping: Mapping[str, str], pointer: str) -> Shape:
    """The shape of a union. Raises UnsupportedContractError where a decoder cannot distinguish the members."""
    members = [inner for one in members for inner in _flat(one)]
    nullable = any(one.nullable or one.kind == "null" for one in members)
    kinds = _without_repeats([evolve(one, nullable=False) for one in members if one.kind != "null"])
    if any(one.kind == "any" for one in kinds):
        return Shape(kind="any", nullable=True)
    if {one.kind for one in kinds} == {"number", "integer"}:
        kinds = [Shape(kind="number")]
    # A string or an enumeration: an open enumeration, which names some of the values.
    if {one.kind for one in kinds} == {"text", "choice"} and len(kinds) == 2:
        named = next((one.enumeration for one in kinds if one.enumeration and one.enumeration.is_text), None)
        kinds = [evolve(one, enumeration=named) for one in kinds if one.kind == "text"]
    if len(kinds) == 1:
        return evolve(kinds[0], nullable=nullable)
    if not kinds:
        return Shape(kind="null", nullable=True)
    models = [one.model for one in kinds if one.model]
    if len(models) > 1:
        tag = _tag_models(models, tag, mapping, pointer)
    _refuse_ambiguous_members(kinds, pointer)
    return Shape(kind="union", members=tuple(kinds), nullable=nullable, tag=tag if len(models) > 1 else None)


def _flat(shape: Shape) -> Sequence[Shape]:
    """The shape as members of a union; a union within it is replaced by its own members."""
    if shape.kind != "union":
        return [shape]
    null = [Shape(kind="null", nullable=True)] if shape.nullable else []
    return [*shape.members, *null]


def _without_repeats(shapes: Sequence[Shape]) -> list[Shape]:
    kept: list[Shape] = []
    for one in shapes:
        bare = evolve(one, description="", default=None)
        if not any(evolve(other, description="", default=None) == bare for other in kept):
            kept.append(one)
    return kept


def _tag_models(models: Sequence[Model], tag: str | None, mapping: Mapping[str, str], pointer: str) -> str:
    """Set the tag of each model. Returns the name of the property that distinguishes them."""
    candidates = [tag] if tag else [one.json_name for one in models[0].fields]
    for name in candidates:
        values = [_tag_value(model, name, mapping, declared=tag is not None) for model in models]
        known = [value for value in values if value is not None]
        if len(set(known)) == len(models) and len({type(value) for value in known}) == 1:
            for model, value in zip(models, known, strict=True):
                if model.tag not in {None, (name, value)}:
                    raise UnsupportedContractError(pointer, f"{model.name} has the tag {model.tag} in another union")
                model.tag = (name, value)
            return name
    names = ", ".join(model.name for model in models[:MAX_NAMES])
    names += f" and {len(models) - MAX_NAMES} more" if len(models) > MAX_NAMES else ""
    raise UnsupportedContractError(
        pointer, f"{names} cannot be told apart: they need a property with a different constant in each"
    )


def _tag_value(model: Model, name: str, mapping: Mapping[str, str], *, declared: bool) -> str | int | None:
    mapped = next((value for value, target in mapping.items() if target in {model.pointer, model.name}), None)
    if mapped is not None:
        return mapped
    found = model.field_named(name)
    if found is None:
        return None
    if found.shape.kind == "constant" and not isinstance(found.shape.constant, bool):
        return found.shape.constant
    if found.shape.enumeration and len(found.shape.enumeration.members) == 1:
        return found.shape.enumeration.members[0][1]
    # Without a mapping, the values of a discriminator are the names of the schemas.
    return model.pointer.rpartition("/")[2] if declared and found.shape.kind in {"text", "choice"} else None


def _refuse_ambiguous_members(members: Sequence[Shape], pointer: str) -> None:
    seen: dict[str, str] = {}
    for one in members:
        if one.kind == "constant":
            raise UnsupportedContractError(pointer, "a union with a constant as a member is not supported")
        json_type = JSON_TYPES[one.kind]
        if one.enumeration and not one.enumeration.is_text:
            json_type = "integer"
        what = one.model.name if one.model else f"a {one.kind}"
        if json_type in seen and not (one.kind == "model" and one.model and one.model.tag):
            raise UnsupportedContractError(pointer, f"{seen[json_type]} and {what} cannot be told apart in JSON")
        seen[json_type] = what
