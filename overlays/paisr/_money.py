"""Numbers that are sent: exact, or refused."""

from __future__ import annotations

import re
from decimal import Decimal

from paisr._errors import InvalidArgumentError
from paisr._texts import kind_of, shown

Number = Decimal | int | str
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
# Orders of magnitude; a number beyond them is a mistake, and would be written with as many digits by whoever reads it.
LARGEST_EXPONENT = 1000


def exact(value: object, name: str, least: int) -> Decimal:
    """`value` as a Decimal with the same digits, at least `least`; a float is refused, because it is not exact."""
    number = _as_decimal(value, name)
    if not number.is_finite() or abs(number.adjusted()) >= LARGEST_EXPONENT:
        raise InvalidArgumentError(
            f"{name}={shown(value)} is not a number that can be billed; give one such as '149.95'."
        )
    if number < least:
        raise InvalidArgumentError(
            f"{name}={shown(value)} is less than {least}; the least that the API takes is {least}."
        )
    return number


def _as_decimal(value: object, name: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise InvalidArgumentError(
                f"{name}={shown(value)} is not a plain number; give digits with a full stop, such as '149.95'."
            )
        return Decimal(value)
    if isinstance(value, float):
        raise InvalidArgumentError(
            f"{name}={value!r} is a float, which cannot hold most amounts exactly (0.1 + 0.2 is not 0.3); "
            f"give a Decimal, an int or a text such as '{value}'."
        )
    raise InvalidArgumentError(f"{name} is {kind_of(value)}; give a Decimal, an int or a text such as '149.95'.")
