"""Reads and compares the rules of schemas: limits, patterns, formats.

A rule is a set, of which more members allow less; or a limit and whether it is exclusive, of which a greater one allows
less (a maximum is stored as a negative number); or a flag. `kind` is a format with a Python type of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .reading import Raw, UnreadableError, short

TYPED_FORMATS = {"date-time", "date", "time", "uuid", "byte", "binary"}  # formats with a Python type of their own
APPLIES = {
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), frozenset({"number", "integer"})),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format", "kind"), frozenset({"string"})),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), frozenset({"array"})),
    **dict.fromkeys(("minProperties", "maxProperties", "additionalProperties"), frozenset({"object"})),
}
BOUNDS = ("minimum", "maximum")
EXCLUSIVE = ("exclusiveMinimum", "exclusiveMaximum")
SIZES = ("minLength", "minItems", "minProperties", "maxLength", "maxItems", "maxProperties")


def read_rules(raw: Raw) -> dict[str, Any]:
    """The rules of one schema; raises UnreadableError."""
    for name in (*BOUNDS, *EXCLUSIVE, *SIZES, "multipleOf", "pattern", "format"):
        kind, shown = (str, "string") if name in ("pattern", "format") else (int | float, "number")
        if name in raw and not isinstance(raw[name], kind):
            raise UnreadableError(f"{name!r} is not a {shown} but {short(raw[name])}.")
    sizes = [
        name for name in SIZES if name in raw and (raw[name] or name.startswith("max"))
    ]  # a minimum of 0 is no rule
    rules: dict[str, Any] = {name: _limit(name, raw[name]) for name in sizes}
    for name, of_exclusive in zip(BOUNDS, EXCLUSIVE, strict=True):
        exclusive = raw.get(of_exclusive)  # a flag in 3.0, a number in 3.1
        limits = [_limit(name, raw[name], exclusive is True)] if name in raw else []
        if exclusive is not None and not isinstance(exclusive, bool):
            limits.append(_limit(name, exclusive, True))
        if limits:
            rules[name] = max(limits)
    for name in ("pattern", "multipleOf"):
        if name in raw:
            rules[name] = frozenset({raw[name]})
    if raw.get("uniqueItems"):
        rules["uniqueItems"] = "yes"
    if form := raw.get("format"):
        rules["kind" if form in TYPED_FORMATS else "format"] = frozenset({form})
    return rules


def _limit(name: str, limit: Any, exclusive: bool = False) -> tuple[Any, bool]:
    return (-limit if name.startswith("max") else limit), exclusive


def intersect_rules(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The rules for values that both allow."""
    rules = {**one, **other}
    for name in one.keys() & other.keys():
        a, b = one[name], other[name]
        rules[name] = a | b if isinstance(a, frozenset) else max(a, b)
    return rules


def relevant_rules(rules: Mapping[str, Any], types: frozenset[str]) -> dict[str, Any]:
    """The rules for values of these types. An exclusive limit of an integer becomes the next integer."""
    kept = {name: value for name, value in rules.items() if APPLIES[name] & types}
    if "number" not in types and "integer" in types:
        kept |= {name: (kept[name][0] + 1, False) for name in BOUNDS if name in kept and kept[name][1]}
    return kept


def direction(old: frozenset[str], new: frozenset[str]) -> str:
    """How a set of allowed things changed."""
    return "widened" if old < new else "narrowed" if new < old else "changed"


def rule_direction(old: Any, new: Any) -> str:
    """How a rule changed. None stands for no rule, which allows the most."""
    if old is None or new is None:
        return "widened" if new is None else "narrowed"
    if isinstance(old, frozenset):
        return direction(new, old)
    return "widened" if new < old else "narrowed"


def rule(name: str, value: Any) -> str:
    """A rule as text."""
    match value:
        case None:
            return ""
        case frozenset():
            return " and ".join(sorted(map(str, value)))
        case (limit, exclusive):
            shown = -limit if name.startswith("max") else limit
            return f"{shown}, exclusive" if exclusive else str(shown)
        case _:
            return str(value)
