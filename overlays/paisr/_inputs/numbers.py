"""Numbers that are sent: exact and within the contract's bounds, or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paisr._base.errors import InvalidArgumentError
from paisr._base.texts import safe_repr, type_name
from paisr_generated.types import PLAIN_NUMBER

if TYPE_CHECKING:
    from paisr_generated import rules

# Orders of magnitude. A number beyond them is a mistake, and a reader may write it out with as many digits.
MAX_EXPONENT = 1000
# Characters of an example in an error text.
MAX_EXAMPLE = 30


def checked_whole_number(rule: rules.Integer, value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgumentError(f"{name}={safe_repr(value)} is not a whole number; give one{_bounds(rule)}.")
    # A plain int, even from a subclass such as an IntEnum.
    number = int(value)
    _check_bounds(rule, Decimal(number), value, name, "a whole number")
    return number


def checked_number(rule: rules.Number, value: object, name: str) -> Decimal:
    """`value` as a Decimal with the same digits; a float is refused, because it is not exact.

    A negative zero becomes zero: calculations give it, as in ``0 * Decimal(-1)``, and a reader may take it for a debit.
    """
    number = _as_decimal(rule, value, name)
    if not _can_be_written(number):
        raise InvalidArgumentError(
            f"{name}={safe_repr(value)} is not a number that can be billed; give one such as '149.95'."
        )
    _check_bounds(rule, number, value, name, "a number")
    return number or number.copy_abs()


def _as_decimal(rule: rules.Number, value: object, name: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        if not PLAIN_NUMBER.fullmatch(value):
            raise InvalidArgumentError(
                f"{name}={safe_repr(value)} is not a plain number; "
                f"give digits with a full stop,{_such_as(rule, value)}."
            )
        return Decimal(value)
    if isinstance(value, float):
        raise InvalidArgumentError(
            f"{name}={value!r} is a float, which cannot hold most amounts exactly (0.1 + 0.2 is not 0.3); "
            f"give a Decimal, an int or a text{_such_as(rule, value)}."
        )
    raise InvalidArgumentError(
        f"{name} is {type_name(value)}; give a Decimal, an int or a text{_such_as(rule, '149.95')}."
    )


def _such_as(rule: rules.Number, given: float | str) -> str:
    """The end of a sentence: an example near what was given. If the rule does not allow that, its bounds come first."""
    near = _read(str(given))
    if near is None:
        return _such_as(rule, "149.95")
    if _fits(rule, near):
        return f" such as '{near}'"
    example = next((one for one in (rule.minimum, rule.maximum) if one is not None and _fits(rule, one)), None)
    return _bounds(rule) + ("" if example is None else f", such as '{example}'")


def _read(text: str) -> Decimal | None:
    """The number that was meant, or None. ``1,500`` may mean either of two."""
    whole, comma, fraction = text.partition(",")
    if comma and (len(fraction) == 3 or "." in text):
        return None
    try:
        number = Decimal(f"{whole}.{fraction}" if comma else text)
    except ArithmeticError:
        return None
    is_short = _can_be_written(number) and len(str(number)) <= MAX_EXAMPLE
    return (number or number.copy_abs()) if is_short else None


def _can_be_written(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) < MAX_EXPONENT


def _fits(rule: rules.Number, number: Decimal) -> bool:
    try:
        _check_bounds(rule, number, number, "", "")
    except (InvalidArgumentError, ArithmeticError):
        return False
    return True


def _check_bounds(rule: rules.Integer, number: Decimal, value: object, name: str, what: str) -> None:
    too_small = (rule.minimum is not None and number < rule.minimum) or (
        rule.exclusive_minimum is not None and number <= rule.exclusive_minimum
    )
    too_large = (rule.maximum is not None and number > rule.maximum) or (
        rule.exclusive_maximum is not None and number >= rule.exclusive_maximum
    )
    if too_small or too_large:
        raise InvalidArgumentError(f"{name}={_written(value)} {_out_of_bounds(rule, what)}")
    if rule.multiple_of is not None and number % rule.multiple_of:
        raise InvalidArgumentError(
            f"{name}={safe_repr(value)} is not a multiple of {rule.multiple_of}; give {what} that is."
        )


def _written(value: object) -> str:
    return safe_repr(value) if not isinstance(value, Decimal) or not value.is_finite() else f"{value:.30g}"


def _out_of_bounds(rule: rules.Integer, what: str) -> str:
    """The end of the error text for a number out of bounds. A rule with one minimum or maximum names only that."""
    bounds = [rule.minimum, rule.exclusive_minimum, rule.maximum, rule.exclusive_maximum]
    if [one for one in bounds if one is not None] == [rule.minimum]:
        return f"is less than {rule.minimum}; the least that the API takes is {rule.minimum}."
    if [one for one in bounds if one is not None] == [rule.maximum]:
        return f"is more than {rule.maximum}; the most that the API takes is {rule.maximum}."
    return f"is out of range; give {what}{_bounds(rule)}."


def _bounds(rule: rules.Integer) -> str:
    """The bounds as the end of a sentence: `` from 1 to 1000``, `` of at least 1``, or nothing."""
    if rule.minimum is not None and rule.maximum is not None:
        return f" from {rule.minimum} to {rule.maximum}"
    bounds = (
        ("of at least", rule.minimum),
        ("above", rule.exclusive_minimum),
        ("of at most", rule.maximum),
        ("below", rule.exclusive_maximum),
    )
    return "".join(f" {words} {bound}" for words, bound in bounds if bound is not None)
