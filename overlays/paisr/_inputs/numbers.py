"""Numbers that are sent: exact and within the contract's bounds, or refused."""

from __future__ import annotations

from decimal import MAX_PREC, Context, Decimal
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING

from paisr._base.errors import InvalidArgumentError
from paisr._base.texts import safe_repr, type_name
from paisr_generated.types import PLAIN_NUMBER

if TYPE_CHECKING:
    from paisr_generated import rules

# Orders of magnitude. A number beyond them is a mistake, and a reader may write it out with as many digits.
MAX_EXPONENT = 1000
EXAMPLE = Decimal("149.95")
# The caller's context may have too few digits for a remainder.
_EXACT = Context(prec=MAX_PREC)
_BOUNDS = (
    ("of at least", "minimum", ge),
    ("above", "exclusive_minimum", gt),
    ("of at most", "maximum", le),
    ("below", "exclusive_maximum", lt),
)


def checked_whole_number(rule: rules.Integer, value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgumentError(f"{name}={safe_repr(value)} is not a whole number; give one{_bounds(rule)}.")
    # A plain int, even from a subclass such as an IntEnum.
    number = int(value)
    _check_fit(rule, Decimal(number), name, "a whole number")
    return number


def checked_number(rule: rules.Number, value: object, name: str) -> Decimal:
    """`value` as a Decimal with the same digits; a float is refused, because it is not exact.

    A negative zero becomes zero: calculations give it, as in ``0 * Decimal(-1)``, and a reader may take it for a debit.
    """
    number = _as_decimal(rule, value, name)
    if not number.is_finite() or abs(number.adjusted()) >= MAX_EXPONENT:
        raise InvalidArgumentError(
            f"{name}={safe_repr(value)} is not a number that can be billed; give a plain one{_such_as(rule)}."
        )
    _check_fit(rule, number, name, "a number")
    return number or number.copy_abs()


def _as_decimal(rule: rules.Number, value: object, name: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        if PLAIN_NUMBER.fullmatch(value):
            return Decimal(value)
        raise InvalidArgumentError(
            f"{name}={safe_repr(value)} is not a plain number; give digits with a full stop{_such_as(rule)}."
        )
    if isinstance(value, float):
        problem = f"{name}={value!r} is a float, which cannot hold most amounts exactly (0.1 + 0.2 is not 0.3)"
    else:
        problem = f"{name} is {type_name(value)}"
    raise InvalidArgumentError(f"{problem}; give a Decimal, an int or a text{_such_as(rule)}.")


def _such_as(rule: rules.Number) -> str:
    """The end of a sentence: an example, if the rule allows it."""
    return "" if _misfit(rule, EXAMPLE, "") else f", such as '{EXAMPLE}'"


def _check_fit(rule: rules.Integer, number: Decimal, name: str, what: str) -> None:
    if problem := _misfit(rule, number, what):
        raise InvalidArgumentError(f"{name}={number:.30g} {problem}.")


def _misfit(rule: rules.Integer, number: Decimal, what: str) -> str | None:
    """What a rule has against a number, and what it asks for instead; None if the number fits."""
    for _, name, fits in _BOUNDS:
        if (bound := getattr(rule, name)) is not None and not fits(number, bound):
            return f"is out of range; give {what}{_bounds(rule)}"
    if rule.multiple_of is not None and _EXACT.remainder(number, rule.multiple_of):
        return f"is not a multiple of {rule.multiple_of}; give {what} that is"
    return None


def _bounds(rule: rules.Integer) -> str:
    """The bounds as the end of a sentence: `` from 1 to 1000``, `` of at least 1``, or nothing."""
    if rule.minimum is not None and rule.maximum is not None:
        return f" from {rule.minimum} to {rule.maximum}"
    return "".join(f" {words} {bound}" for words, name, _ in _BOUNDS if (bound := getattr(rule, name)) is not None)
