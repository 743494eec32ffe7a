"""Streams for an event loop, on asyncio itself: every response's end is seen, and what was sent.

httpcore's own streams go through anyio, which costs as much as the rest of a call: a scope and a task switch at each
read and write. The deadline is the wire's: it puts an end to all of a call, whatever waits here.
"""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Any

import httpcore

from paisr._transport.framing import Framing
from paisr._transport.times import MAX_CONNECT, mark_sent

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from paisr._transport.sync_streams import SocketOptions

# Bytes that may wait to be read before the other side is held up.
MAX_UNREAD = 256 * 1024
# Seconds after which the next address of a name is tried as well (RFC 8305).
NEXT_ADDRESS = 0.25


class LoopBackend(httpcore.AsyncNetworkBackend):
    """Makes connections whose streams are watched."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - this package asks for none
        socket_options: Iterable[SocketOptions] | None = None,  # noqa: ARG002 - this package asks for none
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        # Other event loops, such as uvloop's, try one address after the other.
        options: dict[str, Any] = (
            {"happy_eyeballs_delay": NEXT_ADDRESS} if isinstance(loop, asyncio.BaseEventLoop) else {}
        )
        try:
            async with asyncio.timeout(_connect_limit(timeout)):
                transport, receiver = await loop.create_connection(Receiver, host, port, **options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        return LoopStream(transport, receiver)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Receiver(asyncio.Protocol):
    """What came in on a connection and was not read yet. It is not used again after a surplus byte."""

    def __init__(self) -> None:
        self.framing = Framing()
        self.ended = False
        self.error: Exception | None = None
        self._unread: list[bytes] = []
        self._size = 0
        self._paused: asyncio.ReadTransport | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing came after the last response, not even its end."""
        return self.framing.reusable and not self.ended and not self._unread

    async def read(self) -> bytes:
        """What has come, at least a byte; empty when nothing will come any more."""
        while not self._unread and not self.ended:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        unread = self._unread
        if not unread:
            if self.error is not None:
                raise httpcore.ReadError(str(self.error)) from self.error
            return b""
        self._unread, self._size = [], 0
        if self._paused is not None:
            self._paused.resume_reading()
            self._paused = None
        return unread[0] if len(unread) == 1 else b"".join(unread)

    async def drained(self) -> None:
        """Wait until the other side has taken most of what was written."""
        if self._drained is not None:
            await self._drained

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.framing.received(data)
        self._unread.append(data)
        self._size += len(data)
        if self._size > MAX_UNREAD and self._paused is None and self.transport is not None:
            self._paused = self.transport
            self._paused.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class LoopStream(httpcore.AsyncNetworkStream):
    """A connection on an event loop. Its time-outs are those of whoever waits for it."""

    def __init__(self, transport: asyncio.Transport, receiver: Receiver) -> None:
        self._transport = transport
        self._receiver = receiver
        self._socket = Socket(transport)
        receiver.transport = transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see above
        """All that has come, which is little more than `MAX_UNREAD`."""
        return await self._receiver.read()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        receiver = self._receiver
        receiver.framing.sent()
        if not buffer:
            return
        mark_sent(timeout, buffer)
        if receiver.ended or self._transport.is_closing():
            raise httpcore.WriteError(str(receiver.error or "the connection is closed")) from receiver.error
        self._transport.write(buffer)
        await receiver.drained()

    async def aclose(self) -> None:
        # Not closed politely: what was not taken by the other side would be sent on after the call has ended.
        self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        receiver = Receiver()
        try:
            async with asyncio.timeout(_connect_limit(timeout)):
                transport = await asyncio.get_running_loop().start_tls(
                    self._transport, receiver, ssl_context, server_hostname=server_hostname
                )
        except BaseException as error:
            self._transport.abort()  # a handshake that is cancelled would leave its socket open
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError):
                raise httpcore.ConnectError(str(error)) from error
            raise
        assert transport is not None
        return LoopStream(transport, receiver)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return not self._receiver.quiet or self._transport.is_closing() or self._socket.is_readable()
        return self._transport.get_extra_info(info)


class Socket:
    """Tells whether bytes wait in a connection's socket that the event loop has not looked at yet."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._descriptor: int = transport.get_extra_info("socket").fileno()
        self._poll = select.poll() if hasattr(select, "poll") else None  # Windows has none
        if self._poll is not None:
            self._poll.register(self._descriptor, select.POLLIN)

    def is_readable(self) -> bool:
        if self._poll is not None:
            return bool(self._poll.poll(0))
        return bool(select.select([self._descriptor], [], [], 0)[0])


def _connect_limit(timeout: float | None) -> float:
    return MAX_CONNECT if timeout is None else min(timeout, MAX_CONNECT)
