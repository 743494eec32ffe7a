"""The envelope that every response comes in: `{"success": true, "data": …}` or `{"success": false, "message": …}`."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from paisr._base.errors import UnexpectedResponseError
from paisr_generated.models.error_response import ErrorResponse
from paisr_generated.operations import Response
from paisr_generated.reading import DECODING_ERRORS, decoder, what_and_where

if TYPE_CHECKING:
    from paisr._base.secrets import Secret
    from paisr._engine.drift import DriftWatch
    from paisr._engine.steps import RawResponse
    from paisr_generated.operations import Operation

Names = Collection[str]
EXCERPT_LENGTH = 200
# Of a body, so much is looked through for the token; a tenth of it is enough for an excerpt.
SCRUBBED_LENGTH = 200_000


def read_response(
    raw: RawResponse, operation: Operation[Any], secret: Secret, drift: DriftWatch | None = None, keep: Names = ()
) -> tuple[Response, Any]:
    """What the contract says of a response with this status, and its data.

    Where `drift` takes reports of optional fields that do not fit, these read as None, but for those named in `keep`.
    """
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
    try:
        return response, _data_of(decoder(response.model).decode(raw.content), response)
    except DECODING_ERRORS:
        pass
    # Outside of the handler, so that what is raised here has no context.
    return response, _read_again(raw, response, operation.name, secret, drift, keep=keep)


def _response_of(operation: Operation[Any], status: int) -> Response | None:
    """By status; another status of success is read as the one that the contract has, where it has one."""
    found = operation.response_for(status)
    if found is None:
        successes = [one for code, one in operation.responses.items() if code.startswith("2")]
        found = successes[0] if len(successes) == 1 else None
    return found


def _data_of(body: Any, response: Response) -> Any:
    if not response.enveloped:
        return body
    return body.data if response.has_data else None


def _read_again(
    raw: RawResponse, response: Response, operation: str, secret: Secret, drift: DriftWatch | None, *, keep: Names
) -> Any:
    """The data, as far as may be, of a body that is not the contract's model; else an error that says where."""
    from paisr_generated.salvage import Salvage  # here, because most responses are as the contract says

    tolerant = drift is not None and drift.takes_unreadable
    salvage = Salvage(response=response, scrub=secret.scrub_bytes, tolerant=tolerant, keep=keep)
    partial: Any = ()
    try:
        data = _data_of(salvage.read(raw.content), response)
    except DECODING_ERRORS as error:
        what, path = what_and_where(error)
    else:
        if drift is not None:
            drift.tell(operation, (f"{at}: {_said(why, secret)}" for at, why in salvage.left_out.items()))
        if not salvage.unreadable:
            return data
        partial, first = data, salvage.unreadable[0]
        what, path = first.reason, first.path
    shown = excerpt(raw.content, secret)
    others = f" The other {len(partial)} of the list are in `partial`." if salvage.unreadable else ""
    refusal = UnexpectedResponseError(
        f"The service responded {operation} with {raw.status} and a body that the contract does not allow: "
        f"at {path}: {_said(what, secret)}; it begins {shown or '(empty)'}.{others}",
        path=path,
        status_code=raw.status,
        excerpt=shown,
    )
    refusal.partial, refusal.unreadable = partial, tuple(salvage.unreadable)
    raise refusal


def error_message(content: bytes) -> str | None:
    """The service's own words in an error's envelope, or None where there are none to read."""
    try:
        response: ErrorResponse = decoder(ErrorResponse).decode(content)
    except DECODING_ERRORS:
        return None
    return response.message


def excerpt(content: bytes, secret: Secret) -> str:
    """The beginning of a body, on one line, printable and without the token; empty for an empty body."""
    # Redacted before it is cut, and cut well before the end of what was looked through, which may be in a token.
    text = secret.scrub(content[:SCRUBBED_LENGTH].decode("utf-8", "replace"))
    return clipped(text[: SCRUBBED_LENGTH // 10])


def clipped(text: str) -> str:
    """Foreign words for a sentence: on one line, printable, and not long."""
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return text if len(text) <= EXCERPT_LENGTH else text[:EXCERPT_LENGTH] + "…"


def _said(words: str, secret: Secret) -> str:
    """A decoder's words; they can quote the body."""
    return clipped(secret.scrub(words))
