"""Connections for aiohttp that send nothing after the deadline, and take no bytes for a response that came before."""

from __future__ import annotations

import asyncio
import socket
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from paisr._engine.drivers import in_thread
from paisr._transport.connections import has_unread
from paisr._transport.framing import Framing
from paisr._transport.progress import NO_RESPONSE
from paisr._transport.sync_streams import look_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.client_proto import ResponseHandler

    from paisr._transport.progress import Progress

# The attempt that this task is making.
current_attempt: ContextVar[Progress] = ContextVar("current_attempt")


class WatchedSocket(socket.socket):
    """Looks at the time of the attempt that uses it before each write, and marks what is sent.

    asyncio's own event loops write by these methods; what they buffered is not written later either.
    """

    attempt: Progress | None = None

    def send(self, data: Any, *flags: int) -> int:
        self._look()
        return super().send(data, *flags)

    def sendmsg(self, buffers: Iterable[Any], *more: Any) -> int:
        self._look()
        return super().sendmsg(buffers, *more)

    def _look(self) -> None:
        if self.attempt is not None:
            self.attempt.writing()


class Resolver(AbstractResolver):
    """Looks names up in a thread of its own: those that the loop shares can all be busy."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        found = await in_thread(lambda: look_up(host, port))
        return [
            ResolveResult(hostname=host, host=address[0], port=port, family=one, proto=0, flags=socket.AI_NUMERICHOST)
            for one, address in found
            if family in {socket.AF_UNSPEC, one}
        ]

    async def close(self) -> None:
        pass


class WatchedConnector(aiohttp.TCPConnector):
    """Lets a request go out once, in time, and only over a connection on which nothing has come yet."""

    def __init__(self, **options: Any) -> None:
        super().__init__(socket_factory=self._new_socket, resolver=Resolver(), **options)  # pyright: ignore[reportUnknownMemberType] - one of aiohttp's options has no type
        self._sockets: weakref.WeakValueDictionary[int, WatchedSocket] = weakref.WeakValueDictionary()
        # Other event loops, such as uvloop's, write in their own way, and what they have sent is not seen.
        self._sees_writes = isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)

    async def connect(self, req: aiohttp.ClientRequest, *arguments: Any, **options: Any) -> Any:
        attempt = current_attempt.get()
        if attempt.late == NO_RESPONSE:
            # aiohttp repeats a read by itself when a kept connection breaks: uncounted by the limit and the retries.
            raise aiohttp.ServerDisconnectedError("the connection broke")
        while True:
            connection = await super().connect(req, *arguments, **options)
            if self._is_clean(connection.protocol, attempt) and attempt.deadline.remaining():
                attempt.late = NO_RESPONSE
                return connection
            connection.close()
            attempt.remaining()

    def close_sockets(self) -> None:
        """Close what a closed event loop left open."""
        for one in list(self._sockets.values()):
            one.close()

    def _new_socket(self, address: Any) -> WatchedSocket:
        family, kind, protocol, _name, _address = address
        made = WatchedSocket(family, kind, protocol)
        self._sockets[made.fileno()] = made
        return made

    def _is_clean(self, protocol: ResponseHandler | None, attempt: Progress) -> bool:
        """Whether whatever comes now on a connection is the response to what is sent now."""
        if protocol is None or protocol.transport is None or protocol.should_close:
            return False
        watcher = protocol.transport.get_protocol()
        if not isinstance(watcher, Watcher):
            watcher = Watcher(protocol, self._sockets[protocol.transport.get_extra_info("socket").fileno()])
            protocol.transport.set_protocol(watcher)
        elif not watcher.framing.reusable or has_unread(watcher.socket):
            return False
        watcher.framing.sent()
        if self._sees_writes:
            watcher.socket.attempt = attempt
        else:
            attempt.sent = True
        return True


class Watcher(asyncio.Protocol):
    """Stands between a connection and aiohttp, hands everything on, and sees where each response ends."""

    def __init__(self, protocol: ResponseHandler, connected: WatchedSocket) -> None:
        self._protocol = protocol
        self.socket = connected
        self.framing = Framing()

    def data_received(self, data: bytes) -> None:
        self.framing.received(data)
        self._protocol.data_received(data)

    def eof_received(self) -> None:
        self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
