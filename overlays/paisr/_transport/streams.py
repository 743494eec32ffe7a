"""Sockets, and the look-up of their addresses: what threads and event loops have in common."""

from __future__ import annotations

import contextlib
import socket
import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paisr._transport.progress import Progress

READ_SIZE = 64 * 1024
# Bytes of one write; the deadline is checked before each.
WRITE_SIZE = 16 * 1024
Address = tuple[socket.AddressFamily, Any]
_NO_LINGERING = struct.pack("ii", 1, 0)


class Stream(ABC):
    """A socket that is closed with its last reference, so no interruption leaves it open.

    `is_quiet`: no received byte is left in a buffer.
    """

    is_quiet = True

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    @abstractmethod
    async def receive(self, progress: Progress, /) -> bytes:
        """At least one byte; empty at the end."""

    @abstractmethod
    async def send(self, data: bytes, progress: Progress, /) -> None:
        """Write everything, and nothing after the deadline."""

    def has_unread(self) -> bool:
        """Whether the idle socket has something to read: unexpected bytes, or the end."""
        try:
            if self.socket.gettimeout() != 0:
                self.socket.setblocking(False)
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def abort(self) -> None:
        """Close the socket, and discard written bytes that the system has not sent yet."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self.close()

    def shut_down(self) -> None:
        """Shut down the socket of a call, maybe of another thread; the call then fails, and closes it."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.close()

    __del__ = close


def numeric(host: str, port: int) -> list[Address] | None:
    """The address itself, if `host` is one; None for a name."""
    with contextlib.suppress(OSError):
        return look_up(host, port, socket.AI_NUMERICHOST)
    return None


def look_up(host: str, port: int, flags: int = 0) -> list[Address]:
    """The addresses of a name; waits without a time-out."""
    try:
        # As bytes, because the codec for a text is slow to import. The host is ASCII already.
        found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        raise OSError(f"the look-up of {host} failed: {error}") from None
    return list(dict.fromkeys((family, address) for family, _kind, _protocol, _name, address in found))
