"""Sending and receiving in the calling thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpcore

from paisr._base.forks import register_after_fork
from paisr._engine.steps import RawResponse
from paisr._transport.bodies import Body
from paisr._transport.failures import broken, broken_by_transport, without_frames
from paisr._transport.pools import check_transport
from paisr._transport.proxies import choose_proxy
from paisr._transport.requests import RequestMaker, on_its_own_connection
from paisr._transport.sync_pool import SyncPool
from paisr._transport.times import TimeLeft

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    import httpx

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drivers import Transport
    from paisr._engine.steps import AttemptResult
    from paisr_generated.operations import Request

    class Closable(Protocol):
        def close(self) -> None: ...


class PoolTransport:
    """httpcore's connections, in a pool that is made at the first call, and anew in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxy = choose_proxy(route)
        self._maker = RequestMaker(route)
        self._pool: SyncPool | None = None
        self._lock = threading.Lock()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._pool = None

    def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        left = TimeLeft(deadline)
        try:
            with (self._pool or self._make_pool()).connection(left) as connection:
                response = connection.handle_request(self._maker.for_pool(request, left))
                left.head = response.status, response.headers
                return _receive(response.iter_stream(), response, left)
        except Exception as error:
            return broken(error, left)
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


class UserTransport:
    """A transport given by the user, driven as an httpx client would, without redirects, cookies and the rest."""

    def __init__(self, transport: httpx.BaseTransport, route: Route) -> None:
        check_transport(transport, "handle_request", "Paisr takes an httpx.BaseTransport")
        self._transport = transport
        self._maker = RequestMaker(route)

    def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        import httpx  # here, because only a user's own transport needs it

        left = TimeLeft(deadline)
        left.sent = True  # unless the exception says otherwise: a foreign transport does not tell
        try:
            outgoing = on_its_own_connection(self._maker.for_transport(request, left, httpx.Request))
            response = self._transport.handle_request(outgoing)
            stream = response.stream
            assert isinstance(stream, httpx.SyncByteStream)
            left.head = response.status_code, response.headers.raw
            return _receive(stream, response, left)
        except Exception as error:
            return broken_by_transport(error, left)
        except BaseException as error:
            raise without_frames(error)  # noqa: B904 - it is the same exception

    def close(self) -> None:
        self._transport.close()


def sync_transport(route: Route, transport: httpx.BaseTransport | None) -> Transport:
    """The user's transport, else a pool of httpcore's connections."""
    return PoolTransport(route) if transport is None else UserTransport(transport, route)


def _receive(stream: Iterable[bytes], response: Closable, left: TimeLeft) -> RawResponse:
    """The whole response, whose head has come."""
    assert left.head is not None
    status, raw_headers = left.head
    try:
        body = Body(raw_headers)
        for chunk in stream:
            body.add(chunk)
            if not left.deadline.remaining():
                raise httpcore.ReadTimeout("the deadline passed")
        return RawResponse(status, raw_headers, body.whole())
    finally:
        response.close()
