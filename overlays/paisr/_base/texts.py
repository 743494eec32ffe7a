"""Checks of texts and times that a user gives, and safe descriptions of values for error texts."""

from __future__ import annotations

from paisr._base.errors import InvalidArgumentError, PaisrError

MAX_REPR = 60
# Seconds. A longer time is a mistake, and sockets and locks of some platforms cannot wait for it.
MAX_SECONDS = 1_000_000


def safe_repr(value: object) -> str:
    """A value for an error text: its repr, cut short; its type if repr fails, as for an int of 5,000 digits."""
    try:
        text = repr(value)
    except Exception:
        return type_name(value)
    return text if len(text) <= MAX_REPR else text[:MAX_REPR] + "…"


def seconds(value: object, name: str, error: type[PaisrError] = InvalidArgumentError) -> float:
    """The value as a number of seconds, above zero and up to `MAX_SECONDS`; raises `error` for any other."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= MAX_SECONDS:
        raise error(
            f"{name}={safe_repr(value)} is not a number of seconds above zero and up to {MAX_SECONDS:,}; "
            "give one such as 30.0."
        )
    return float(value)


def type_name(value: object) -> str:
    """A value's type for an error text: ``an int``, ``a list``; ``None`` for None."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def checked_text(value: object, name: str, *, empty: bool = False) -> str:
    """`value` as a text that UTF-8 can encode; refused when it is empty, unless `empty` allows that."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} is {type_name(value)}; give it as text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(
            f"{name} has a lone surrogate at index {error.start}, which cannot be sent; "
            "decode the text again from its source."
        ) from None
    if not value and not empty:
        raise InvalidArgumentError(f"{name} is empty; give a text.")
    return plain(value)


def plain(value: str) -> str:
    """The plain text of any kind of `str`. For a member of an enumeration it is the value, which str() may not be."""
    return str.__str__(value)
