"""Sending and receiving in the calling thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpcore

from paisr._exchange import Answered
from paisr._forks import tell_after_fork
from paisr._wire._bodies import Body, UnreadableBodyError
from paisr._wire._failures import POOL_FAILURES, failure, is_failure, unreadable, without_frames
from paisr._wire._pools import check_transport
from paisr._wire._proxies import choose_proxy
from paisr._wire._requests import RequestMaker, on_its_own_connection
from paisr._wire._sync_pool import SyncPool
from paisr._wire._times import TimeLeft

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    import httpx

    from paisr._config import Route
    from paisr._deadlines import Deadline
    from paisr._exchange import Happened
    from paisr_generated.types import Request

    class Closable(Protocol):
        def close(self) -> None: ...


class PoolWire:
    """httpcore's connections, in a pool that is made at the first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxy = choose_proxy(route)
        self._maker = RequestMaker(route)
        self._pool: SyncPool | None = None
        self._lock = threading.Lock()
        tell_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._pool = None

    def send(self, request: Request, deadline: Deadline) -> Happened:
        left = TimeLeft(deadline)
        try:
            with (self._pool or self._make_pool()).connection(left) as connection:
                response = connection.handle_request(self._maker.for_pool(request, left))
                return _receive(response.status, response.headers, response.iter_stream(), response, deadline)
        except POOL_FAILURES as error:
            return failure(error, left)
        except BaseException as error:
            # The frames below hold the token; whoever records this traceback must not see them.
            raise without_frames(error)  # noqa: B904 - it is the same exception

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _make_pool(self) -> SyncPool:
        with self._lock:
            if self._pool is None:
                self._pool = SyncPool(self._route, self._proxy, self._maker.origin)
            return self._pool


class TransportWire:
    """A transport given by the user, driven as an httpx client would, without redirects, cookies and the rest."""

    def __init__(self, transport: httpx.BaseTransport, route: Route) -> None:
        check_transport(transport, "handle_request", "Paisr takes an httpx.BaseTransport")
        self._transport = transport
        self._maker = RequestMaker(route)

    def send(self, request: Request, deadline: Deadline) -> Happened:
        import httpx  # here, because only a user's own transport needs it

        left = TimeLeft(deadline)
        left.sent = True  # unless the exception says otherwise: a foreign transport does not tell
        try:
            outgoing = on_its_own_connection(self._maker.for_transport(request, left, httpx.Request))
            response = self._transport.handle_request(outgoing)
            stream = response.stream
            assert isinstance(stream, httpx.SyncByteStream)
            return _receive(response.status_code, response.headers.raw, stream, response, deadline)
        except Exception as error:
            if is_failure(error):
                return failure(error, left)
            raise without_frames(error)  # noqa: B904 - it is the same exception
        except BaseException as error:
            raise without_frames(error)  # noqa: B904 - it is the same exception

    def close(self) -> None:
        self._transport.close()


SyncWire = PoolWire | TransportWire


def sync_wire(route: Route, transport: httpx.BaseTransport | None) -> SyncWire:
    """The user's transport, else a pool of httpcore's connections."""
    return PoolWire(route) if transport is None else TransportWire(transport, route)


def _receive(
    status: int,
    raw_headers: list[tuple[bytes, bytes]],
    stream: Iterable[bytes],
    response: Closable,
    deadline: Deadline,
) -> Happened:
    """The whole answer. Of an error whose body cannot be read the status is known all the same."""
    try:
        body = Body(raw_headers)
        for chunk in stream:
            body.add(chunk)
            if not deadline.remaining():
                raise httpcore.ReadTimeout("the deadline passed")
        return Answered(status, raw_headers, body.whole())
    except Exception as error:
        if status >= 400:
            return Answered(status, raw_headers, b"")
        if isinstance(error, UnreadableBodyError):
            return unreadable(error, status)
        raise
    finally:
        response.close()
