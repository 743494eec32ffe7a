"""Writes shapes as rules: the data against which arguments are checked before they are sent."""

from __future__ import annotations

from .annotations import literal
from .naming import module_name
from .shapes import Model, Shape

PLAIN = {
    "any": "Anything", "boolean": "Boolean", "datetime": "DateTime", "date": "Date", "uuid": "Uuid", "text": "Text",
    "integer": "Integer", "number": "Number",
}  # fmt: skip
NUMERIC = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}


def rules_name(model: Model) -> str:
    """The name of the constant with a model's rules."""
    return f"{module_name(model.name).strip('_').upper()}_RULES"


def rule(shape: Shape, within: Model | None = None) -> str:
    """The rule of a shape; `within`: the model whose rules it is part of."""
    match shape.kind:
        case "choice":
            assert shape.enumeration
            return _call("Choice", shape, shape.enumeration.name)
        case "constant":
            return _call("Constant", shape, literal(shape.constant))
        case "null":
            return "rules.Anything(nullable=True)"
        case "list":
            assert shape.item
            return _call("ListOf", shape, f"item={rule(shape.item, within)}")
        case "map":
            assert shape.item
            key = [f"key={rule(shape.key)}"] if shape.key else []
            return _call("MapOf", shape, f"value={rule(shape.item, within)}", *key)
        case "model":
            assert shape.model
            return _model_rule(shape, shape.model, within)
        case "union":
            members = "".join(f"{rule(one, within)}, " for one in shape.members)
            tag = f", tag={literal(shape.tag)}" if shape.tag else ""
            return _call("OneOf", shape, f"rules=({members}){tag}")
        case kind:
            return _call(PLAIN[kind], shape)


def _model_rule(shape: Shape, model: Model, within: Model | None) -> str:
    name = rules_name(model)
    if within is not None and model.in_cycle and within.in_cycle and model is not within:
        # The other module may not be imported completely when this one is.
        name = f"{model.module}.{name}"
    elif model is not within and not shape.nullable:
        return name
    return f"rules.Named(lambda: {name}{', nullable=True' if shape.nullable else ''})"


def _call(name: str, shape: Shape, *arguments: str) -> str:
    limits = [f"{module_name(key)}={_limit(key, value)}" for key, value in shape.limits.items()]
    nullable = ["nullable=True"] if shape.nullable else []
    return f"rules.{name}({', '.join([*arguments, *limits, *nullable])})"


def _limit(keyword: str, value: object) -> str:
    if keyword in NUMERIC:
        return f'Decimal("{value}")'
    return literal(value)
