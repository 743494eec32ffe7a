"""Texts that are sent: checked so that they reach the service as they were meant."""

from __future__ import annotations

from paisr._errors import InvalidArgumentError

LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """A value for a sentence: its repr, cut short."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def checked_text(value: object, name: str, *, empty: bool = False) -> str:
    """`value` as a text that UTF-8 can write; not empty unless that is allowed."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} is a {type(value).__name__}; give it as text.")
    for index, character in enumerate(value):
        if "\ud800" <= character <= "\udfff":
            raise InvalidArgumentError(
                f"{name} has half a character (a lone surrogate) at index {index}, which cannot be sent; "
                "decode the text again from where it came."
            )
    if not value and not empty:
        raise InvalidArgumentError(f"{name} is empty; give a text.")
    return str(value)
