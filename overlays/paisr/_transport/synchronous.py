"""The transport for threads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from paisr._base.forks import ForkSafe
from paisr._engine.drivers import run_steps
from paisr._transport.connections import Connection, ConnectionPermit, ConnectionPermits, Connections
from paisr._transport.failures import own_failure
from paisr._transport.opening import Opening
from paisr._transport.progress import NO_CONNECTION_FREE, Progress
from paisr._transport.proxies import choose_proxy
from paisr._transport.requests import RequestMaker
from paisr._transport.sync_streams import SyncStream, connect

if TYPE_CHECKING:
    import httpx

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drivers import Transport
    from paisr._engine.steps import AttemptResult, RawResponse
    from paisr_generated.operations import Request

# Seconds between two tries of a call that waits for a connection.
POLL_INTERVAL = 0.005


class Pool:
    """The connections of a client: each call has one to itself, and waits when all are in use."""

    def __init__(self, opening: Opening) -> None:
        self.connections: Connections[SyncStream] = Connections()
        self._opening = opening
        self._permits = ConnectionPermits()

    def permit(self, progress: Progress) -> ConnectionPermit:
        """Wait for a permit: a call may use a connection while it holds one."""
        progress.timeout_reason = NO_CONNECTION_FREE
        while (permit := self._permits.take()) is None:
            time.sleep(min(progress.remaining(), POLL_INTERVAL))
        return permit

    def open(self, progress: Progress) -> Connection[SyncStream]:
        progress = progress.connecting()
        stream = connect(self._opening.host, self._opening.port, progress)
        self.connections.add(stream)
        try:
            return Connection(stream, run_steps(self._opening.steps(), stream.performer(progress)))
        except BaseException:
            stream.abort()
            raise


class PoolTransport(ForkSafe):
    """A pool of connections, made at the first call, and again in a forked child."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._proxy = choose_proxy(route)
        self._maker = RequestMaker(route, self._proxy)
        super().__init__()

    def after_fork(self) -> None:
        super().after_fork()
        self._pool: Pool | None = None

    def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._maker.address)
        try:
            return self._exchange(request, progress)
        except BaseException as error:
            return own_failure(error, progress, self._route.secrets)

    def _exchange(self, request: Request, progress: Progress) -> RawResponse:
        pool = self._pool or self._make_pool()
        outgoing = self._maker.for_wire(request)
        permit = pool.permit(progress)
        connection = pool.connections.take() or pool.open(progress)
        try:
            steps = connection.http.exchange(outgoing, request.body, progress)
            response = run_steps(steps, connection.stream.performer(progress))
        except BaseException:
            connection.stream.abort()
            raise
        pool.connections.put(connection)
        del permit
        return response

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.connections.close()

    def _make_pool(self) -> Pool:
        with self._lock:
            if self._pool is None:
                self._pool = Pool(Opening(self._route, self._proxy))
            return self._pool


def sync_transport(route: Route, transport: httpx.BaseTransport | None) -> Transport:
    """The user's transport, else a pool of connections."""
    if transport is None:
        return PoolTransport(route)
    from paisr._transport.user_transports import UserTransport  # here, because it loads httpx

    return UserTransport(transport, route)
