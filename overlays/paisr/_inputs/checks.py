"""Checks of values against the contract's rules. A value that passes is converted to its JSON form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast
from uuid import UUID

from paisr._base.errors import InvalidArgumentError
from paisr._base.texts import checked_text, plain, safe_repr, type_name
from paisr._inputs.numbers import checked_number, checked_whole_number
from paisr_generated import rules
from paisr_generated.api import operation_named

# Characters that change the path of a request.
_CHANGES_PATH = re.compile(r"[\x00-\x20\x7f/\\]")

# A pattern that is only a beginning: `^x_`, `^x_.*`, `^x_.*$`.
_BEGINNING = re.compile(r"\^([A-Za-z0-9_-]+)(?:\.\*(?:\$|\\Z)?)?")


def checked(rule: rules.Rule, value: object, name: str) -> Any:
    """The value in its JSON form; raises `InvalidArgumentError`, which says what the contract asks for instead."""
    if value is None and rule.nullable:
        return None
    return _CHECKS[type(rule)](rule, value, name)


def checked_invoice_id(value: object) -> str:
    """The id, if it fits the contract's rule and has no character that changes a path."""
    parameter = operation_named("get_invoice").parameter("invoice_id")
    invoice_id = str(checked(parameter.rule if parameter else rules.Text(min_length=1), value, "invoice_id"))
    if _CHANGES_PATH.search(invoice_id):
        raise InvalidArgumentError(
            f"invoice_id={safe_repr(invoice_id)} has a slash, a space or a control character, which no id has; "
            "give it unchanged."
        )
    return invoice_id


def _text(rule: rules.Text, value: object, name: str) -> str:
    text = checked_text(value, name, empty=rule.min_length == 0)
    if len(text) < rule.min_length:
        raise InvalidArgumentError(f"{name} has {len(text)} characters; give at least {rule.min_length}.")
    if rule.max_length is not None and len(text) > rule.max_length:
        raise InvalidArgumentError(f"{name} has {len(text)} characters; give at most {rule.max_length}.")
    if rule.pattern is not None and not _compiled(rule.pattern).search(text):
        such_as = f", such as {rule.example!r}" if rule.example else ""
        raise InvalidArgumentError(
            f"{name}={safe_repr(text)} does not {_wanted(rule.pattern, text)}; give a text that does{such_as}."
        )
    return text


def _wanted(pattern: str, text: str) -> str:
    """What a pattern asks for: ``begin with x_``, if it is only a beginning that the text does not have."""
    beginning = _BEGINNING.fullmatch(pattern)
    if beginning and not text.startswith(beginning[1]):
        return f"begin with {beginning[1]}"
    return "match " + pattern.replace("\\Z", "$")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _boolean(_rule: rules.Boolean, value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{name} is {type_name(value)}; give True or False.")
    return value


def _date_time(_rule: rules.DateTime, value: object, name: str) -> str:
    offset = value.utcoffset() if isinstance(value, datetime) else None
    if not isinstance(value, datetime) or offset is None or offset % timedelta(minutes=1):
        raise InvalidArgumentError(
            f"{name}={safe_repr(value)} is not a datetime with an offset of whole minutes; give one, such as "
            "datetime.now(UTC)."
        )
    text = value.isoformat()
    return text if offset else f"{text.removesuffix('+00:00')}Z"


def _date(_rule: rules.Date, value: object, name: str) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidArgumentError(f"{name} is {type_name(value)}; give a date.")
    return value.isoformat()


def _uuid(_rule: rules.Uuid, value: object, name: str) -> str:
    text = str(value) if isinstance(value, UUID) else checked_text(value, name)
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidArgumentError(f"{name}={safe_repr(value)} is not a UUID; give one, or its text.") from None


def _choice(rule: rules.Choice, value: object, name: str) -> str | int:
    values = [one.value for one in rule.values]
    given = plain(value) if isinstance(value, str) else value
    if isinstance(given, bool) or not isinstance(given, type(values[0])) or given not in values:
        known = ", ".join(map(repr, values))
        raise InvalidArgumentError(f"{name}={safe_repr(given)} is not known to the API; give one of {known}.")
    return cast("str | int", values[values.index(given)])


def _constant(rule: rules.Constant, value: object, name: str) -> object:
    if type(value) is not type(rule.value) or value != rule.value:
        raise InvalidArgumentError(f"{name}={safe_repr(value)} is not {rule.value!r}, the only value the API takes.")
    return rule.value


def _list(rule: rules.ListOf, value: object, name: str) -> list[Any]:
    kind = type_name(value)
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidArgumentError(f"{name} is {kind}; give a list.")
    checked_items: list[Any] = []
    for index, item in enumerate(cast("Iterable[object]", value)):
        if rule.max_items is not None and index == rule.max_items:
            raise InvalidArgumentError(f"{name} has more than {rule.max_items} items, the most that the API takes.")
        checked_items.append(checked(rule.item, item, f"{name}[{index}]"))
    if len(checked_items) < rule.min_items:
        raise InvalidArgumentError(f"{name} has {len(checked_items)} items; the API takes at least {rule.min_items}.")
    if rule.unique_items and any(item in checked_items[:index] for index, item in enumerate(checked_items)):
        raise InvalidArgumentError(f"{name} has an item twice; give each once.")
    return checked_items


def _map(rule: rules.MapOf, value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(f"{name} is {type_name(value)}; give a mapping.")
    entries = {
        str(checked(rule.key, key, f"a key of {name}")): one
        for key, one in cast("Mapping[object, object]", value).items()
    }
    if len(entries) < rule.min_properties or (rule.max_properties is not None and len(entries) > rule.max_properties):
        most = "any number of" if rule.max_properties is None else rule.max_properties
        raise InvalidArgumentError(f"{name} has {len(entries)} entries; the API takes {rule.min_properties} to {most}.")
    return {key: checked(rule.value, one, f"{name}[{key!r}]") for key, one in entries.items()}


def _object(rule: rules.Object, value: object, name: str) -> dict[str, Any]:
    if isinstance(value, rule.model):
        # A field that the user left out is None in the model.
        given: dict[str, object] = {
            one.json_name: field
            for one in rule.fields
            if (field := getattr(value, one.name)) is not None or one.required
        }
    elif isinstance(value, Mapping):
        given = dict(cast("Mapping[Any, object]", value))
    else:
        raise InvalidArgumentError(
            f"{name} is {type_name(value)}; give a mapping, or an instance of {rule.model.__name__}."
        )
    known = {one.json_name: one.rule for one in rule.fields}
    if missing := next((one for one in rule.fields if one.required and one.json_name not in given), None):
        raise InvalidArgumentError(f"{name} has no {missing.json_name!r}; give {', '.join(known)}.")
    entries: dict[str, Any] = dict([rule.tag]) if rule.tag else {}
    others: dict[str, object] = {}
    for key, one in given.items():
        if key in known:
            entries[key] = checked(known[key], one, f"{name}.{key}")
        elif key not in entries:
            others[key] = one
    if others and rule.closed:
        unknown = safe_repr(next(iter(others)))
        raise InvalidArgumentError(f"{name} has {unknown}, which the API does not know; give {', '.join(known)}.")
    return entries | _map(_ANY_MAP, others, name) if others else entries


def _one_of(rule: rules.OneOf, value: object, name: str) -> Any:
    choices = [one.look_up() if isinstance(one, rules.Named) else one for one in rule.rules]
    meant = [one for one in choices if isinstance(one, rules.Object) and _is_meant(one, rule.tag, value)]
    problems: list[str] = []
    for one in meant or choices:
        try:
            return checked(one, value, name)
        except InvalidArgumentError as problem:
            problems.append(str(problem))
    raise InvalidArgumentError(
        problems[0] if len(problems) == 1 else f"{name} fits none of the types that the API takes: {' '.join(problems)}"
    )


def _is_meant(rule: rules.Object, tag: str | None, value: object) -> bool:
    """Whether the value's class, or the tag in its mapping, is that of the object."""
    if tag is None:
        return False
    if isinstance(value, Mapping):
        return rule.tag is not None and cast("Mapping[object, object]", value).get(tag) == rule.tag[1]
    return isinstance(value, rule.model)


def _anything(_rule: rules.Anything, value: object, name: str) -> Any:
    """Any value that JSON can write. Nested values are checked, so that the encoder changes none of them."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and value - value == 0):
        return value
    for kind, rule in _WRITABLE.items():
        if isinstance(value, kind):
            return checked(rule, value, name)
    raise InvalidArgumentError(
        f"{name} is {type_name(value)}, which JSON cannot write; give texts, numbers, lists and mappings."
    )


_ANY_MAP, _ANY_LIST = rules.MapOf(value=rules.Anything()), rules.ListOf(item=rules.Anything())
# A datetime comes first, because it is a date, too.
_WRITABLE: dict[type, rules.Rule] = {
    str: rules.Text(),
    int: rules.Integer(),
    Decimal: rules.Number(),
    datetime: rules.DateTime(),
    date: rules.Date(),
    UUID: rules.Uuid(),
    Mapping: _ANY_MAP,
    list: _ANY_LIST,
    tuple: _ANY_LIST,
}
_CHECKS: dict[type[rules.Rule], Callable[[Any, object, str], Any]] = {
    rules.Anything: _anything,
    rules.Boolean: _boolean,
    rules.Choice: _choice,
    rules.Constant: _constant,
    rules.Date: _date,
    rules.DateTime: _date_time,
    rules.Integer: checked_whole_number,
    rules.ListOf: _list,
    rules.MapOf: _map,
    rules.Named: lambda rule, value, name: checked(rule.look_up(), value, name),
    rules.Number: checked_number,
    rules.Object: _object,
    rules.OneOf: _one_of,
    rules.Text: _text,
    rules.Uuid: _uuid,
}
