"""Sockets for threads: every connect, read and write keeps to the call's deadline."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

from paisr._transport.connections import Stream
from paisr._transport.layers import READ_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._transport.progress import Progress

# Bytes of one write; the deadline is checked before each.
WRITE_SIZE = 16 * 1024
Address = tuple[socket.AddressFamily, Any]


class SyncStream(Stream):
    """A connection whose reads and writes end at the call's deadline."""

    def performer(self, progress: Progress) -> Callable[[bytes | None], bytes]:
        """The function that reads (None) and writes (bytes) for an attempt."""
        return lambda data: self.read(progress) if data is None else self.write(data, progress)

    def read(self, progress: Progress) -> bytes:
        self.socket.settimeout(progress.remaining())
        return self.socket.recv(READ_SIZE)

    def write(self, data: bytes, progress: Progress) -> bytes:
        view = memoryview(data)
        while view:
            self.socket.settimeout(progress.begin_write())
            view = view[self.socket.send(view[:WRITE_SIZE]) :]
        return b""


def connect(host: str, port: int, progress: Progress) -> SyncStream:
    """A connection to the first address that accepts one."""
    addresses = _look_up(host, port, progress)
    failure: OSError = OSError(f"{host} has no address")
    for tried, (family, address) in enumerate(addresses):
        stream = SyncStream(socket.socket(family, socket.SOCK_STREAM))
        try:
            stream.socket.settimeout(progress.remaining() / (len(addresses) - tried))
            stream.socket.connect(address)
            stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            failure = error
            stream.close()
        else:
            return stream
    raise failure


def _look_up(host: str, port: int, progress: Progress) -> list[Address]:
    """The addresses of a host, within the deadline. The system's look-up has no time-out, so a new thread runs it."""
    if (found := numeric(host, port)) is not None:
        return found
    results: list[list[Address] | OSError] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(look_up(host, port))
        except OSError as error:
            results.append(error)
        done.set()

    threading.Thread(target=run, name="paisr-look-up", daemon=True).start()
    if not done.wait(progress.remaining()):
        raise TimeoutError
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]


def numeric(host: str, port: int) -> list[Address] | None:
    """The address itself, if `host` is one; None for a name."""
    with contextlib.suppress(OSError):
        return _addresses(host, port, socket.AI_NUMERICHOST)
    return None


def look_up(host: str, port: int) -> list[Address]:
    """The addresses of a name; waits without a time-out."""
    try:
        return _addresses(host, port, 0)
    except (OSError, UnicodeError) as error:
        raise OSError(f"the look-up of {host} failed: {error}") from None


def _addresses(host: str, port: int, flags: int) -> list[Address]:
    # As bytes, because the codec for a text is slow to import. The host is ASCII already.
    found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys((family, address) for family, _kind, _protocol, _name, address in found))
