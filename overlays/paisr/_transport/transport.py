"""One attempt over the client's own connections: the same code for threads and event loops.

It is written as coroutines. What they await differs: on an event loop it waits, in a thread it blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from paisr._base.forks import ForkSafe
from paisr._transport.failures import own_failure
from paisr._transport.opening import Opening
from paisr._transport.progress import Progress
from paisr._transport.proxies import choose_proxy
from paisr._transport.requests import RequestMaker

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import AttemptResult, RawResponse
    from paisr._transport.connections import Pool
    from paisr_generated.operations import Request


class PoolTransport(ForkSafe):
    """A pool of connections for each event loop, or one for all threads, where `running_loop` returns None.

    A pool is made at the first call, and again in a forked child. It holds a reference to its loop, so a weak reference
    would not tell when the loop is gone. Instead, the first call on another loop closes the pools of closed loops.
    """

    def __init__(
        self, route: Route, pool: Callable[[Opening], Pool], running_loop: Callable[[], AbstractEventLoop | None]
    ) -> None:
        self._route = route
        self._proxy = choose_proxy(route.service, route.proxy)
        self._maker = RequestMaker(route)
        self._new_pool, self._running_loop = pool, running_loop
        address = route.service.address
        self._address = f"{address} through the proxy {self._proxy.address}" if self._proxy else address
        super().__init__()

    def after_fork(self) -> None:
        super().after_fork()
        self._pools: dict[AbstractEventLoop | None, Pool] = {}

    async def send(self, request: Request, deadline: Deadline) -> AttemptResult:
        progress = Progress(deadline, self._address)
        try:
            pool = self._pools.get(self._running_loop()) or self.make_pool()
            with pool.within(deadline):
                return await self._exchange(pool, request, progress)
        except BaseException as error:
            return own_failure(error, progress, self._route.secrets)

    async def _exchange(self, pool: Pool, request: Request, progress: Progress) -> RawResponse:
        outgoing = self._maker.for_wire(request)
        async with pool.permit(progress):
            connection = pool.take() or await pool.open(progress)
            try:
                response = await connection.exchange(outgoing, request.body, progress)
            except BaseException:
                connection.stream.abort()
                raise
            pool.put(connection)
            return response

    def make_pool(self) -> Pool:
        """The pool of this event loop, or of all threads."""
        here = self._running_loop()
        with self._lock:
            self._close_pools()
            if here not in self._pools:
                self._pools[here] = self._new_pool(Opening(self._route, self._proxy))
            return self._pools[here]

    async def close(self) -> None:
        """Close the connections of this event loop, or of all threads, and those of closed loops."""
        with self._lock:
            self._close_pools(self._running_loop())

    def _close_pools(self, *of: AbstractEventLoop | None) -> None:
        for loop in list(self._pools):
            if loop in of or (loop is not None and loop.is_closed()):
                self._pools.pop(loop).close()
