"""The layers between HTTP and a socket, without IO: plain bytes, or TLS.

The code of a protocol is a generator: it yields bytes to write, or None to read, and receives the bytes that were read
(empty at the end). So the same code serves threads and event loops, and TLS inside of TLS needs no code of its own.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
ByteSteps = Generator[bytes | None, bytes, T]
READ_SIZE = 64 * 1024


class Plain:
    """The plain bytes of the socket. `is_quiet`: no received byte is left in a buffer."""

    is_quiet = True

    def send(self, data: bytes) -> ByteSteps[None]:
        yield data

    def receive(self) -> ByteSteps[bytes]:
        """At least one byte; empty at the end."""
        return (yield None)


class Tls:
    """TLS over another layer."""

    def __init__(self, below: Plain | Tls, context: ssl.SSLContext, host: str) -> None:
        self._below = below
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        # As bytes, because the codec for a text is slow to import. The host is ASCII already.
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host.encode())

    @property
    def is_quiet(self) -> bool:
        return not self._in.pending and not self._tls.pending() and self._below.is_quiet

    def handshake(self) -> ByteSteps[None]:
        yield from self._repeated(self._tls.do_handshake)

    def send(self, data: bytes) -> ByteSteps[None]:
        yield from self._repeated(lambda: self._tls.write(data))

    def receive(self) -> ByteSteps[bytes]:
        try:
            return (yield from self._repeated(lambda: self._tls.read(READ_SIZE)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # closed properly, or cut off
            return b""

    def _repeated(self, work: Callable[[], T]) -> ByteSteps[T]:
        """Repeat a TLS operation until it needs no more bytes. The bytes that it produces are written first."""
        while True:
            result: list[T] = []
            with contextlib.suppress(ssl.SSLWantReadError):
                result.append(work())
            if self._out.pending:
                yield from self._below.send(self._out.read())
            if result:
                return result[0]
            data = yield from self._below.receive()
            if data:
                self._in.write(data)
            else:
                self._in.write_eof()


Layer = Plain | Tls
