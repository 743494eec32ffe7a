"""Reads and writes JSON without floats: an amount keeps every digit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import cast

# Wide enough that no sum or product of amounts within MAX_EXPONENT and MAX_DIGITS is ever rounded.
EXACT = Context(prec=5000, Emax=999_999, Emin=-999_999)
PLAIN_DIGITS = 40  # a number that needs more digits than this is written with an exponent


class UnreadableJSON(ValueError):
    """The bytes are not a JSON document that the stub reads; the text says why."""


def loads(raw: bytes) -> object:
    """Read a JSON document; numbers with a fraction or an exponent become `Decimal`.

    Refused with `UnreadableJSON`: invalid UTF-8, invalid JSON, NaN and Infinity, a key given twice, nesting that is too
    deep, numbers too large for memory.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableJSON("The body is not valid UTF-8.") from None
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except UnreadableJSON:
        raise
    except RecursionError:
        raise UnreadableJSON("The body is nested too deeply.") from None
    except (ValueError, InvalidOperation):
        raise UnreadableJSON("The body is not valid JSON.") from None


def _refuse_constant(name: str) -> object:
    raise UnreadableJSON(f"{name} is not valid JSON.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableJSON("The body gives the same key twice.")
    return found


def dumps(value: object) -> bytes:
    """Write `None`, `bool`, `int`, `Decimal`, `str`, mappings and iterables as JSON in UTF-8."""
    return _written(value).encode("utf-8")


def _written(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return "{" + ",".join([f"{encode_basestring(key)}:{_written(item)}" for key, item in pairs.items()]) + "}"
    if isinstance(value, Iterable):
        members = cast("Iterable[object]", value)
        return "[" + ",".join([_written(item) for item in members]) + "]"
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def number(value: Decimal) -> str:
    """The shortest exact JSON number: `150.00` is `150`, `0.10` is `0.1`, `1E+308` keeps its exponent."""
    if not value:
        return "0"  # of `-0`, `0.00` and `0E+3` too
    short = EXACT.normalize(value)
    exponent = short.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -PLAIN_DIGITS and short.adjusted() < PLAIN_DIGITS:
        return format(short, "f")
    return str(short)
