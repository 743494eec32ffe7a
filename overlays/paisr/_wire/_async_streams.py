"""Streams for an event loop, whose deadline the driver keeps: here every answer's end is seen, and what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import httpcore

from paisr._wire._framing import Framing
from paisr._wire._times import LONGEST_CONNECT, mark_sent

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from paisr._wire._sync_streams import SocketOptions


class WatchedBackend(httpcore.AsyncNetworkBackend):
    """Makes connections whose streams are watched."""

    def __init__(self) -> None:
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOptions] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        limit = _connect_limit(timeout)
        return AsyncWatchedStream(await self._backend.connect_tcp(host, port, limit, local_address, socket_options))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOptions] | None = None
    ) -> httpcore.AsyncNetworkStream:
        return AsyncWatchedStream(await self._backend.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class AsyncWatchedStream(httpcore.AsyncNetworkStream):
    """A connection that is not used again after a surplus byte."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._framing = Framing()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        self._framing.received(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._framing.sent()
        mark_sent(timeout, buffer)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        limit = _connect_limit(timeout)
        try:
            return AsyncWatchedStream(await self._stream.start_tls(ssl_context, server_hostname, limit))
        except BaseException:
            # A handshake that is cancelled, as the deadline does, would leave its socket open.
            await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and not self._framing.reusable:
            return True
        return self._stream.get_extra_info(info)


def _connect_limit(timeout: float | None) -> float:
    return LONGEST_CONNECT if timeout is None else min(timeout, LONGEST_CONNECT)
