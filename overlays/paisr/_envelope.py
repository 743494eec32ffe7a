"""The envelope that every answer comes in: `{"success": true, "data": …}` or `{"success": false, "message": …}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from paisr._errors import UnexpectedResponseError
from paisr_generated.models import ErrorAnswer

if TYPE_CHECKING:
    from paisr._exchange import Answered
    from paisr._secrets import Secret

T = TypeVar("T")

EXCERPT_LENGTH = 200
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"`(?P<name>\w+)` ")


_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def _decoder(answer: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a model, made when it is first needed."""
    decoder = _decoders.get(answer)
    if decoder is None:
        decoder = _decoders[answer] = msgspec.json.Decoder(answer)
    return decoder


def decode(answered: Answered, answer: type[T], operation: str, secret: Secret) -> T:
    """The body as the contract's model; an `UnexpectedResponseError` that says where it is not one."""
    try:
        return _decoder(answer).decode(answered.content)
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        what, path = _what_and_where(error, secret)
    shown = excerpt(answered.content, secret)
    raise UnexpectedResponseError(
        f"The service answered {operation} with {answered.status} and a body that the contract does not allow: "
        f"at {path}: {what}; it begins {shown or '(empty)'}.",
        path=path,
        status_code=answered.status,
        excerpt=shown,
    )


def error_message(content: bytes) -> str | None:
    """The service's own words in an error's envelope, or None where there are none to read."""
    try:
        return _decoder(ErrorAnswer).decode(content).message
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def excerpt(content: bytes, secret: Secret) -> str:
    """The beginning of a body, on one line, printable and without the token; empty for an empty body."""
    # Without the token before it is cut, so that no half of it is left; tokens are short against this.
    text = secret.scrub(content[: EXCERPT_LENGTH * 100].decode("utf-8", "replace"))
    return clipped(text)


def clipped(text: str) -> str:
    """Foreign words for a sentence: on one line, printable, and not long."""
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return text if len(text) <= EXCERPT_LENGTH else text[:EXCERPT_LENGTH] + "…"


def _what_and_where(error: Exception, secret: Secret) -> tuple[str, str]:
    if isinstance(error, RecursionError):
        return "nested too deeply", "$"
    found = _PLACE.match(str(error))
    what: str = found["what"] if found else str(error)
    path: str = (found["path"] if found else None) or "$"
    if field := _FIELD.match(what):
        # A check of a whole object says which of its fields it minds.
        path, what = f"{path}.{field['name']}", what[field.end() :]
    if not what[1:2].isupper():  # as in "JSON is malformed"
        what = what[:1].lower() + what[1:]
    return clipped(secret.scrub(what)), path
