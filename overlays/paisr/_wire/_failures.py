"""From an HTTP library's exceptions to what happened: how the attempt failed, and whether anything was sent."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpcore

from paisr._exchange import Failed
from paisr._wire._bodies import UnreadableBodyError

if TYPE_CHECKING:
    from paisr._wire._times import TimeLeft

# What can come out of httpcore; the ssl and socket errors that it does not translate are OSErrors.
POOL_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    OSError,
)
TIMEOUTS = frozenset({"ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout", "TimeoutError"})
NOT_MADE = frozenset(
    {
        "ConnectTimeout",
        "ConnectError",
        "PoolTimeout",
        "ProxyError",
        "UnsupportedProtocol",
        "LocalProtocolError",
        "InvalidURL",
    }
)
REASONS = {
    "ConnectTimeout": "the connection was not made in time",
    "PoolTimeout": "no connection became free in time",
    "ReadTimeout": "the answer did not come in time",
    "WriteTimeout": "the request could not be sent in time",
    "TimeoutError": "the answer did not come in time",
}


def failure(error: Exception, left: TimeLeft) -> Failed:
    """The exceptions of httpx have the same names as httpcore's, so that one table serves both."""
    name = type(error).__name__
    root = _root(error)
    sent = name not in NOT_MADE and left.sent
    reason = REASONS.get(name) or str(error) or name
    if isinstance(root, ssl.SSLCertVerificationError):
        reason = f"the service's certificate is not trusted ({root.verify_message})"
    return Failed(
        kind="timeout" if name in TIMEOUTS else "connection",
        sent=sent,
        reason=reason.rstrip("."),
        cause=clean(error, root),
        final=isinstance(root, ssl.SSLCertVerificationError),
    )


def unreadable(error: UnreadableBodyError, status: int) -> Failed:
    return Failed(kind="answer", sent=True, reason=str(error), status=status)


def clean(error: BaseException, root: BaseException) -> BaseException:
    """A copy with the words and without the frames and the request, both of which hold the token."""
    try:
        copy = type(error)(*(argument for argument in error.args if isinstance(argument, (str, int))))
    except Exception:
        return OSError(f"{type(error).__name__}: {error}")
    if root is not error:
        copy.__cause__ = clean(root, root)
    return copy


def without_frames(error: BaseException) -> BaseException:
    """The exception without the frames below, its causes' too: they hold the token, and a traceback is recorded."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            left += [one.__cause__, one.__context__]
    return error


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
