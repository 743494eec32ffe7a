"""Sockets for threads: every connect, read and write keeps to the call's deadline, and every response's end is seen."""

from __future__ import annotations

import contextlib
import socket
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import httpcore

from paisr._transport.framing import Framing
from paisr._transport.times import MAX_CONNECT, mark_sent, seconds_left

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

WRITE_SIZE = 16 * 1024

SocketOptions = Any  # httpcore does not export the type of its socket options


class DeadlineBackend(httpcore.NetworkBackend):
    """Makes connections within a deadline, the look-up of the name and every address of it included."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOptions] | None = None,
    ) -> httpcore.NetworkStream:
        limit = _connect_limit(timeout)
        addresses = _look_up(host, port, limit)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for tried, address in enumerate(addresses):
            share = _connect_limit(timeout) / (len(addresses) - tried)
            try:
                stream = self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return WatchedStream(stream)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOptions] | None = None
    ) -> httpcore.NetworkStream:
        return WatchedStream(self._backend.connect_unix_socket(path, timeout, socket_options))


class WatchedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the call, and which is not used again after a surplus byte."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._framing = Framing()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = seconds_left(timeout)
        if left == 0.0:
            raise httpcore.ReadTimeout("the deadline passed")
        data = self._stream.read(max_bytes, left)
        self._framing.received(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._framing.sent()
        for start in range(0, len(buffer), WRITE_SIZE):
            left = seconds_left(timeout)
            if left == 0.0:
                raise httpcore.WriteTimeout("the deadline passed")
            mark_sent(timeout, buffer)
            self._stream.write(buffer[start : start + WRITE_SIZE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return WatchedStream(self._stream.start_tls(ssl_context, server_hostname, _connect_limit(timeout)))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and not self._framing.reusable:
            return True
        return self._stream.get_extra_info(info)


def _connect_limit(timeout: float | None) -> float:
    left = seconds_left(timeout)
    if left == 0.0:
        raise httpcore.ConnectTimeout("the deadline passed")
    return MAX_CONNECT if left is None else min(left, MAX_CONNECT)


def _look_up(host: str, port: int, limit: float) -> list[str]:
    """The addresses of a name. The system's look-up knows no deadline, so it is waited for in a thread of its own."""
    with contextlib.suppress(OSError):
        return _addresses(host, port, socket.AI_NUMERICHOST)
    found: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            found.put(_addresses(host, port, 0))
        except (OSError, UnicodeError) as error:
            found.put(OSError(*error.args))

    threading.Thread(target=look_up, name="paisr-look-up", daemon=True).start()
    try:
        result = found.get(timeout=limit)
    except Empty:
        raise httpcore.ConnectTimeout(f"the look-up of {host} took too long") from None
    if isinstance(result, OSError):
        raise httpcore.ConnectError(f"the look-up of {host} failed: {result}")
    return result


def _addresses(host: str, port: int, flags: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(address[0]) for *_family, address in found))
