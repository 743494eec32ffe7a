"""Prepares models and enumerations for their templates, with annotations, defaults and checks as Python source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from . import annotations, naming
from .annotations import literal
from .graph import neighbours
from .rules import rule, rules_name
from .shapes import Enumeration, Field, Model, Shape, enumerations_in

SHARED = (
    "AwareDatetime", "IfPresent", "ModelList", "Number", "refuse_other_constants", "refuse_unusable_decimal",
    "refuse_unusable_decimals", "to_decimal", "to_optional_decimal",
)  # fmt: skip


@frozen(kw_only=True)
class EnumerationView:
    name: str
    description: str
    members: list[tuple[str, str]]


def enumeration_view(enumeration: Enumeration) -> EnumerationView:
    return EnumerationView(
        name=enumeration.name,
        description=enumeration.description or "The values that the contract names.",
        members=[(name, literal(value)) for name, value in enumeration.members],
    )


@frozen(kw_only=True)
class FieldView:
    name: str
    annotation: str
    default: str
    description: str


def model_view(model: Model) -> dict[str, Any]:
    fields = [one for one in model.fields if model.tag is None or one.json_name != model.tag[0]]
    fields.sort(key=lambda one: not model.requires(one))
    struct, only_sent = model.is_struct, model.in_requests and not model.in_responses
    views = [_field_view(one, model, converted=only_sent and not struct) for one in fields]
    checks = [] if only_sent else _checks(fields, model)
    mapping = _typed_dict(model) if model.in_arguments else ""
    return {
        "name": model.name,
        "description": model.description or f"`{model.name}` of the contract.",
        "decorator": "" if struct else _decorator(model, only_sent=only_sent),
        "bases": _struct_bases(model) if struct else _list_base(model),
        "tag": _tag(model),
        "fields": views,
        "listed": model.listed and _field_view(model.listed, model, converted=False),
        "post_init": "__post_init__" if struct else "__attrs_post_init__",
        "checks": checks,
        "shared": _shared_names(views, checks, mapping, listed=model.listed is not None),
        "imports": _imports(model, late=False),
        "late_imports": _imports(model, late=True),
        "mapping": mapping,
        "rules": _rules(model) if model.in_arguments else "",
        "rules_name": rules_name(model),
    }


def _shared_names(views: Sequence[FieldView], checks: Sequence[str], mapping: str, *, listed: bool) -> list[str]:
    """The names that a model's module imports from `types`."""
    text = " ".join([*(f"{one.annotation} {one.default}" for one in views), *checks, mapping])
    return [name for name in SHARED if re.search(rf"\b{name}\b", text) or (listed and name == "ModelList")]


def _decorator(model: Model, *, only_sent: bool) -> str:
    if model.listed:
        return "@frozen(kw_only=True, eq=False, repr=False, slots=False)"
    return "@frozen" if only_sent else "@frozen(kw_only=True)"


def _list_base(model: Model) -> str:
    if not model.listed or not model.listed.shape.item or not model.listed.shape.item.model:
        return "(BaseModel)"
    item = model.listed.shape.item.model
    return f'(ModelList["{item.name}"])' if item.in_cycle and model.in_cycle else f"(ModelList[{item.name}])"


def _struct_bases(model: Model) -> str:
    renamed = {one.name: one.json_name for one in model.fields if one.name != one.json_name}
    options = ["Struct", "BaseModel", "frozen=True", "kw_only=True"]
    if renamed:
        options.append(f"rename={{{', '.join(f'{literal(name)}: {literal(own)}' for name, own in renamed.items())}}}")
    if model.tag:
        options.append(f"tag_field={literal(model.tag[0])}, tag={literal(model.tag[1])}")
    return f"({', '.join(options)})"


def _tag(model: Model) -> dict[str, str] | None:
    return {"name": naming.field_name(model.tag[0]), "value": literal(model.tag[1])} if model.tag else None


def _field_view(one: Field, model: Model, *, converted: bool) -> FieldView:
    required = model.requires(one)
    default = "" if required else " = None"
    if converted and one.shape.kind == "number":
        maybe = one.shape.nullable or not required
        options = [*([] if required else ["default=None"]), f"converter=to_{'optional_' if maybe else ''}decimal"]
        default = f" = field({', '.join(options)})"
    return FieldView(
        name=one.name,
        annotation=annotations.field_annotation(one.shape, model, required=required),
        default=default,
        description=one.description,
    )


def _checks(fields: Sequence[Field], model: Model) -> list[str]:
    """Statements for checks that msgspec does not make: boolean constants, and unusable numbers such as NaN."""
    constants = [one for one in fields if one.shape.kind == "constant" and isinstance(one.shape.constant, bool)]
    lines = [_constant_check(one, never_none=_is_never_none(one, model)) for one in constants]
    # Optional fields first: type checkers infer the type of `value` from its first assignment.
    for one in sorted(fields, key=lambda one: _is_never_none(one, model)):
        if one.shape.kind == "number":
            lines += _number_check(one, never_none=_is_never_none(one, model))
        elif _contains_numbers(one.shape):
            lines.append(f"refuse_unusable_decimals({literal(one.name)}, self.{one.name})")
    return lines


def _is_never_none(one: Field, model: Model) -> bool:
    """Whether the field is never None."""
    return model.requires(one) and not one.shape.nullable


def _constant_check(one: Field, *, never_none: bool) -> str:
    check = f"refuse_other_constants({one.name}=(self.{one.name}, {one.shape.constant}))"
    return check if never_none else f"if self.{one.name} is not None:\n            {check}"


def _number_check(one: Field, *, never_none: bool) -> list[str]:
    value = f"(value := self.{one.name})"
    condition = f"not 0 < {value}.adjusted() < 1000"
    if not never_none:
        condition = f"{value} is not None and not 0 < value.adjusted() < 1000"
    return [f"if {condition}:", f"    refuse_unusable_decimal({literal(one.name)}, value)"]


def _contains_numbers(shape: Shape) -> bool:
    return any(one.kind in {"number", "any"} or _contains_numbers(one) for one in shape.inner) or shape.kind == "any"


def _imports(model: Model, *, late: bool) -> list[str]:
    lines: list[str] = []
    for other in neighbours(model):
        if (other.in_cycle and model.in_cycle) is late:
            names = [other.name]
            if model.in_arguments:
                names += [f"{other.name}Dict", *([] if late else [rules_name(other)])]
            lines.append(f"from .{other.module} import {', '.join(names)}")
            if late and model.in_arguments:
                lines.append(f"from . import {other.module}")
    if not late:
        found = {one.name: one for field in model.fields for one in enumerations_in(field.shape)}
        lines += [f"from .{one.module} import {one.name}" for one in found.values()]
    return lines


def _typed_dict(model: Model) -> str:
    fields = [one for one in model.fields if not one.read_only]
    title = f"`{model.name}` as a mapping."
    types = {one.json_name: annotations.argument_type(one.shape) for one in fields}
    types |= {one.json_name: f"NotRequired[{types[one.json_name]}]" for one in fields if not one.required}
    hidden = set(types) & (naming.RESERVED_FIELDS | set(naming.BUILTIN_TYPES))
    if all(name.isidentifier() and naming.field_name(name) == name for name in types) and not hidden:
        body = "".join(f"    {name}: {kind}\n" for name, kind in types.items()) or "    pass\n"
        return f'class {model.name}Dict(TypedDict):\n    """{title}"""\n\n{body}'
    entries = ", ".join(
        f'{literal(name)}: "{kind}"' if '"' not in kind else f"{literal(name)}: '{kind}'"
        for name, kind in types.items()
    )
    return f'{model.name}Dict = TypedDict("{model.name}Dict", {{{entries}}})\n"""{title}"""'


def _rules(model: Model) -> str:
    fields = "".join(
        f"rules.Field({literal(one.json_name)}, {literal(one.name)}, {rule(one.shape, model)}"
        f"{', required=True' if one.required else ''}), "
        for one in model.fields
        if not one.read_only and (model.tag is None or one.json_name != model.tag[0])
    )
    options = ["closed=True"] if model.closed else []
    if model.tag:
        options.append(f"tag=({literal(model.tag[0])}, {literal(model.tag[1])})")
    return f"rules.Object({', '.join([f'model={model.name}', f'fields=({fields})', *options])})"
