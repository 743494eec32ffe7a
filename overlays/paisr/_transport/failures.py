"""From an exception to the attempt's result: how the attempt failed, and whether anything was sent."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import h11

from paisr._engine.steps import RawResponse, TransportFailure
from paisr._transport.bodies import UnreadableBodyError
from paisr._transport.progress import NOT_CONNECTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paisr._base.secrets import Secret
    from paisr._engine.steps import AttemptResult
    from paisr._transport.progress import Progress

MAX_REASON = 200


def own_failure(error: BaseException, progress: Progress, secret: Secret) -> AttemptResult:
    """The result of an attempt that an exception of the client's own connections ended.

    Raises the exception again if it is not a failure of the service or the network, but an interruption or a bug. It
    then has no frames: they hold the token, which a recorded traceback must not show.
    """
    if not isinstance(error, (OSError, h11.ProtocolError, UnreadableBodyError)):
        raise without_frames(error)
    unconnected = progress.timeout_reason == NOT_CONNECTED and not progress.sent
    return failure(error, progress, secret, late=isinstance(error, TimeoutError), unconnected=unconnected)


def failure(
    error: BaseException, progress: Progress, secret: Secret, *, late: bool, unconnected: bool
) -> AttemptResult:
    """The result of an attempt that `error` ended. `late`: its time was over; `unconnected`: no connection was made."""
    status, headers = progress.head or (0, [])
    if status >= 400:  # the status of an error response counts, even if its body cannot be read
        return RawResponse(status, headers, b"")
    root = list(chain(error))[-1]
    reason = progress.timeout_reason if late else str(error) or type(error).__name__
    if isinstance(root, ssl.SSLCertVerificationError):
        reason = f"the service's certificate is not trusted ({root.verify_message})"
    if unconnected:
        reason = f"could not connect to {progress.address}: {reason}"
    unreadable = isinstance(error, UnreadableBodyError)
    return TransportFailure(
        kind="response" if unreadable else "timeout" if late else "connection",
        sent=progress.sent or unreadable,
        reason=_scrubbed(reason, secret)[:MAX_REASON].rstrip("."),
        cause=None if unreadable else clean(error, root, secret),
        final=isinstance(root, ssl.SSLCertVerificationError),
        status=status,
    )


def clean(error: BaseException, root: BaseException, secret: Secret) -> BaseException:
    """A copy of an exception with its message, but without the token: no frames, no request, no echo of it."""
    try:
        arguments = [
            _scrubbed(one, secret) if isinstance(one, str) else one for one in error.args if isinstance(one, (str, int))
        ]
        copy = type(error)(*arguments)
    except Exception:
        return OSError(_scrubbed(f"{type(error).__name__}: {error}", secret))
    if root is not error:
        copy.__cause__ = clean(root, root, secret)
    return copy


def _scrubbed(text: str, secret: Secret) -> str:
    """The text without the token. A library may quote the token as Python's repr does."""
    return secret.scrub(text.replace("\\\\", "\\").replace("\\'", "'"))


def without_frames(error: BaseException) -> BaseException:
    """Remove the frames of an exception and its causes: they hold the token, and a traceback may be recorded."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            left += [one.__cause__, one.__context__]
    return error


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and its causes. httpcore's pool drops the cause (`from None`), but keeps it as an argument."""
    while error is not None:
        yield error
        error = error.__cause__ or next((one for one in error.args if isinstance(one, BaseException)), None)
