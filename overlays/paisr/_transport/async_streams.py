"""Sockets for an event loop. They read and write by themselves: nothing is buffered that could be sent after the call.

The deadline of a call ends whatever waits here (see `timekeeper`); before each write, the time is looked at as well,
since an event loop that is held up runs its timers late.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from paisr._engine.drivers import in_thread
from paisr._transport.connections import Stream
from paisr._transport.layers import READ_SIZE
from paisr._transport.sync_streams import WRITE_SIZE, look_up, numeric

if TYPE_CHECKING:
    from paisr._transport.progress import Progress

# Seconds after which the next address of a name is tried as well (RFC 8305).
NEXT_ADDRESS = 0.25


class AsyncStream(Stream):
    """A connection whose reads and writes wait on the event loop."""

    def within(self, progress: Progress) -> Callable[[bytes | None], Awaitable[bytes]]:
        """What does the reads and writes of an attempt."""
        return lambda data: self.read() if data is None else self.write(data, progress)

    async def read(self) -> bytes:
        while True:
            try:
                return self.socket.recv(READ_SIZE)
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._wait(loop.add_reader, loop.remove_reader)

    async def write(self, data: bytes, progress: Progress) -> bytes:
        view = memoryview(data)
        while view:
            progress.writing()
            try:
                view = view[self.socket.send(view[:WRITE_SIZE]) :]
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._wait(loop.add_writer, loop.remove_writer)
        return b""

    async def _wait(self, add: Callable[..., Any], remove: Callable[[socket.socket], Any]) -> None:
        """Until the event loop says that the socket is ready."""
        ready = asyncio.get_running_loop().create_future()
        try:
            add(self.socket, _set, ready)
        except NotImplementedError:  # an event loop of Windows does not signal this; it is polled
            await asyncio.sleep(0.005)
            return
        try:
            await ready
        finally:
            remove(self.socket)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def connect_async(host: str, port: int) -> AsyncStream:
    """A connection to the first address that accepts one; the next one is tried soon after."""
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
    except BaseException:
        stream.close()
        raise
    return stream
