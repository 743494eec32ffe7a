"""Connections for event loops (asyncio), without write buffers: nothing can be sent after the end of the call.

The call's deadline ends every wait here (see `timekeeper`). Each write also checks the deadline, because an event loop
that is blocked runs its timers late.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from paisr._base.errors import ConfigurationError
from paisr._engine.drivers import in_thread
from paisr._transport import connections
from paisr._transport.connections import Pool
from paisr._transport.streams import READ_SIZE, WRITE_SIZE, Stream, look_up, numeric
from paisr._transport.timekeeper import Timekeeper, TimeLimit
from paisr._transport.transport import PoolTransport

if TYPE_CHECKING:
    import httpx

    from paisr._base.route import Route
    from paisr._engine.deadlines import Deadline
    from paisr._engine.drivers import Transport
    from paisr._transport.opening import Opening
    from paisr._transport.progress import Progress

# Seconds after which the next address of a name is tried as well (RFC 8305).
NEXT_ADDRESS = 0.25
POLL_INTERVAL = 0.005


class AsyncStream(Stream):
    """A connection whose reads and writes wait on the event loop."""

    async def receive(self, _progress: Progress, /) -> bytes:
        # With many calls in flight, the response has often arrived once the other tasks have run. Then the loop needs
        # no reader for this socket, which saves a seventh of a call's processor time.
        await asyncio.sleep(0)
        return await asyncio.get_running_loop().sock_recv(self.socket, READ_SIZE)

    async def send(self, data: bytes, progress: Progress, /) -> None:
        view = memoryview(data)
        while view:
            progress.begin_write()
            try:
                view = view[self.socket.send(view[:WRITE_SIZE]) :]
            except BlockingIOError:
                await self._writable()

    async def _writable(self) -> None:
        """Wait until the socket takes bytes. `sock_sendall` would write the rest without a check of the deadline."""
        loop, is_writable = asyncio.get_running_loop(), asyncio.Event()
        number = self.socket.fileno()
        try:
            loop.add_writer(number, is_writable.set)
        except NotImplementedError:  # the proactor event loop of Windows cannot tell, so poll the socket
            await asyncio.sleep(POLL_INTERVAL)
            return
        try:
            await is_writable.wait()
        finally:
            loop.remove_writer(number)


class AsyncPool(Pool):
    """The connections of one event loop."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._timekeeper = Timekeeper()
        self._permits = asyncio.Semaphore(connections.MAX_CONNECTIONS)

    def permit(self, _progress: Progress, /) -> asyncio.Semaphore:
        return self._permits

    def within(self, deadline: Deadline) -> TimeLimit:
        return TimeLimit(self._timekeeper, deadline)

    async def connect(self, host: str, port: int, _progress: Progress, /) -> AsyncStream:
        """A connection to the first address that accepts one; the next is tried after `NEXT_ADDRESS` or a failure."""
        addresses = numeric(host, port)
        if addresses is None:
            addresses = await in_thread(lambda: look_up(host, port))
        if len(addresses) == 1:
            return await _connected(*addresses[0])
        failure: BaseException = OSError(f"{host} has no address")
        pending: set[asyncio.Task[AsyncStream]] = set()
        try:
            while addresses or pending:
                if addresses:
                    pending.add(asyncio.create_task(_connected(*addresses.pop(0))))
                done, pending = await asyncio.wait(
                    pending, timeout=NEXT_ADDRESS if addresses else None, return_when=asyncio.FIRST_COMPLETED
                )
                failed = [error for task in done if (error := task.exception()) is not None]
                if len(failed) < len(done):
                    return next(task.result() for task in done if task.exception() is None)
                failure = failed[-1] if failed else failure
        finally:
            for task in pending:
                task.cancel()
        raise failure


async def _connected(family: socket.AddressFamily, address: Any) -> AsyncStream:
    stream = AsyncStream(socket.socket(family, socket.SOCK_STREAM))
    stream.socket.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(stream.socket, address)
        stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except NotImplementedError:
        raise ConfigurationError(
            "This event loop cannot connect sockets, which AsyncPaisr needs; "
            "call it on asyncio's own loop or uvloop, or use Paisr in a thread."
        ) from None
    except BaseException:
        stream.close()
        raise
    return stream


def async_transport(route: Route, transport: httpx.AsyncBaseTransport | None) -> Transport:
    """The user's transport, else a pool of connections for each event loop."""
    if transport is None:
        return PoolTransport(route, AsyncPool, asyncio.get_running_loop)
    from paisr._transport.user_transports import UserTransport  # here, because it loads httpx

    return UserTransport(transport, route, is_async=True)
