"""The envelope that every response comes in: `{"success": true, "data": …}` or `{"success": false, "message": …}`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from paisr._base.errors import UnexpectedResponseError
from paisr_generated.models.error_response import ErrorResponse
from paisr_generated.operations import Response

if TYPE_CHECKING:
    from paisr._base.secrets import Secret
    from paisr._engine.steps import RawResponse
    from paisr_generated.operations import Operation

EXCERPT_LENGTH = 200
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"`(?P<name>\w+)` ")


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(model: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a model, made when it is first needed."""
    decoder = _decoders.get(model)
    if decoder is None:
        # Of numbers whose model is anything, too, no digit is lost.
        decoder = _decoders[model] = msgspec.json.Decoder(model, float_hook=Decimal)
    return decoder


def read_response(raw: RawResponse, operation: Operation[Any], secret: Secret) -> tuple[Response, Any]:
    """What the contract says of a response with this status, and its data."""
    response = _response_of(operation, raw.status)
    if response is None:
        raise UnexpectedResponseError(
            f"The service responded {operation.name} with {raw.status}, a status that the contract does not have.",
            path="$",
            status_code=raw.status,
            excerpt=excerpt(raw.content, secret),
        )
    if response.model is None:
        return response, None
    body = decode(raw, response.model, operation.name, secret)
    if not response.enveloped:
        return response, body
    return response, body.data if response.has_data else None


def _response_of(operation: Operation[Any], status: int) -> Response | None:
    """By status; another status of success is read as the one that the contract has, where it has one."""
    found = operation.response_for(status)
    if found is None:
        successes = [one for code, one in operation.responses.items() if code.startswith("2")]
        found = successes[0] if len(successes) == 1 else None
    return found


def decode(raw: RawResponse, response: Any, operation: str, secret: Secret) -> Any:
    """The body as the contract's model; an `UnexpectedResponseError` that says where it is not one."""
    try:
        return _decoder(response).decode(raw.content)
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        what, path = _what_and_where(error, secret)
    shown = excerpt(raw.content, secret)
    raise UnexpectedResponseError(
        f"The service responded {operation} with {raw.status} and a body that the contract does not allow: "
        f"at {path}: {what}; it begins {shown or '(empty)'}.",
        path=path,
        status_code=raw.status,
        excerpt=shown,
    )


def error_message(content: bytes) -> str | None:
    """The service's own words in an error's envelope, or None where there are none to read."""
    try:
        return _error_message(content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def _error_message(content: bytes) -> str | None:
    response: ErrorResponse = _decoder(ErrorResponse).decode(content)
    return response.message


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
