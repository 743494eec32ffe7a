"""From an HTTP library's exceptions to what happened: how the attempt failed, and whether anything was sent."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpcore

from paisr._base.errors import PaisrError
from paisr._engine.steps import RawResponse, TransportFailure
from paisr._transport.bodies import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from paisr._engine.steps import AttemptResult
    from paisr._transport.times import TimeLeft

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
# What can only happen before there is a connection, whatever the library calls it.
UNCONNECTED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
TRUSTED = frozenset({"anyio", "asyncio", "builtins", "h11", "httpcore", "httpx", "socket", "ssl"})
MAX_REASON = 200
REASONS = {
    "ConnectTimeout": "the connection was not made in time",
    "PoolTimeout": "no connection became free in time",
    "ReadTimeout": "the response did not come in time",
    "WriteTimeout": "the request could not be sent in time",
    "TimeoutError": "the response did not come in time",
}


def broken(error: Exception, left: TimeLeft) -> AttemptResult:
    """What happened where an exception came out of the pool; of an error response the status is known all the same.

    Raises the exception, without its frames, when it is none of the HTTP library's: a slip in the code.
    """
    return _known(error, left, isinstance(error, POOL_FAILURES))


def broken_by_transport(error: Exception, left: TimeLeft) -> AttemptResult:
    """The same for a transport of the user's own: whatever is not Python's own exception is the library's."""
    return _known(error, left, isinstance(error, OSError) or type(error).__module__ != "builtins")


def _known(error: Exception, left: TimeLeft, is_failure: bool) -> AttemptResult:
    status, raw_headers = left.head or (0, [])
    if status >= 400:
        return RawResponse(status, raw_headers, b"")
    if isinstance(error, UnreadableBodyError):
        return TransportFailure(kind="response", sent=True, reason=str(error), status=status)
    if is_failure and not isinstance(error, PaisrError):
        return failure(error, left)
    raise without_frames(error)


def failure(error: Exception, left: TimeLeft) -> TransportFailure:
    """The exceptions of httpx have the same names as httpcore's, so that one table serves both."""
    name = type(error).__name__
    chain = list(_chain(error))
    root = chain[-1]
    if _is_ours(chain):
        timeout, sent = name in TIMEOUTS, name not in NOT_MADE and left.sent
        reason = REASONS.get(name) or str(error) or name
    else:
        timeout = any(isinstance(link, TimeoutError) for link in chain)
        sent = left.sent and not isinstance(root, UNCONNECTED)
        reason = str(error)[:MAX_REASON] or name
    if isinstance(root, ssl.SSLCertVerificationError):
        reason = f"the service's certificate is not trusted ({root.verify_message})"
    return TransportFailure(
        kind="timeout" if timeout else "connection",
        sent=sent,
        reason=reason.rstrip("."),
        cause=clean(error, root),
        final=isinstance(root, ssl.SSLCertVerificationError),
    )


def _is_ours(chain: Sequence[BaseException]) -> bool:
    """Whether httpx's names mean what they say.

    Who maps another library's exceptions onto them can be wrong: httpx-aiohttp calls a connection that breaks while the
    response is awaited a `ConnectTimeout`, and a create would be sent again. Then only the root is believed.
    """
    return all(type(link).__module__.partition(".")[0] in TRUSTED for link in chain)


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


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it comes from. httpcore's pool takes the cause away (`from None`), not the argument."""
    while error is not None:
        yield error
        error = error.__cause__ or next((one for one in error.args if isinstance(one, BaseException)), None)
