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
# Bytes of a body that are searched for the token. An excerpt comes from their first tenth.
SCRUBBED_LENGTH = 200_000


def read_response(
    raw: RawResponse, operation: Operation[Any], secret: Secret, drift: DriftWatch | None = None, keep: Names = ()
) -> tuple[Response, Any]:
    """The contract's `Response` for this status, and the data of the body; raises `UnexpectedResponseError`.

    If `drift` takes optional fields that do not fit, these read as None, except the fields named in `keep`.
    """
    response = _response_of(operation, raw.status)
    if response is None:
        raise UnexpectedResponseError(
            f"The service responded to {operation.name} with {raw.status}, a status that the contract does not have.",
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
    # Outside of the handler, so that an error raised here has no context.
    return response, _read_again(raw, response, operation.name, secret, drift, keep=keep)


def _response_of(operation: Operation[Any], status: int) -> Response | None:
    """The contract's response for a status; for an unknown 2XX, the only 2XX that the contract has."""
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
    """Read a body that does not fit its model as far as `drift` allows; else raise an error that says where."""
    from paisr_generated.salvage import Salvage  # here, because most responses fit the contract

    tolerant = drift is not None and drift.takes_unreadable
    salvage = Salvage(response=response, scrub=secret.scrub_bytes, tolerant=tolerant, keep=keep)
    partial: Any = ()
    try:
        data = _data_of(salvage.read(raw.content), response)
    except DECODING_ERRORS as error:
        what, path = what_and_where(error)
    else:
        if drift is not None:
            drift.report(operation, (f"{at}: {_redacted(why, secret)}" for at, why in salvage.left_out.items()))
        if not salvage.unreadable:
            return data
        partial, first = data, salvage.unreadable[0]
        what, path = first.reason, first.path
    shown = excerpt(raw.content, secret)
    refusal = UnexpectedResponseError(
        f"The service responded to {operation} with {raw.status} and a body that the contract does not allow: "
        f"at {path}: {_redacted(what, secret)}; it begins {shown or '(empty)'}.",
        path=path,
        status_code=raw.status,
        excerpt=shown,
    )
    refusal.partial, refusal.unreadable = partial, tuple(salvage.unreadable)
    if partial:
        # A note, which tracebacks show: it says nothing to a reader who cannot reach the attributes.
        refusal.add_note(f"The other {len(partial)} of the list {'is' if len(partial) == 1 else 'are'} in `partial`.")
    raise refusal


def error_message(content: bytes) -> str | None:
    """The service's message in the envelope of an error, or None if it has none."""
    try:
        response: ErrorResponse = decoder(ErrorResponse).decode(content)
    except DECODING_ERRORS:
        return None
    return response.message


def excerpt(content: bytes, secret: Secret) -> str:
    """The beginning of a body, on one line, printable and without the token; empty for an empty body."""
    # Redacted before it is cut, and cut well before the end of the searched bytes, which may split a token.
    text = secret.scrub(content[:SCRUBBED_LENGTH].decode("utf-8", "replace"))
    return clipped(text[: SCRUBBED_LENGTH // 10])


def clipped(text: str) -> str:
    """A text that is not the client's own, for an error text: on one line, printable, and cut short."""
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return text if len(text) <= EXCERPT_LENGTH else text[:EXCERPT_LENGTH] + "…"


def _redacted(reason: str, secret: Secret) -> str:
    """A decoder's reason without the token: it can quote the body."""
    return clipped(secret.scrub(reason))
