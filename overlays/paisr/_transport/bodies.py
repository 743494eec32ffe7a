"""A response's body, decompressed, with a maximum size."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# A list of 1,000 invoices is about 0.7 MB; this leaves room for twenty times that.
MAX_BODY = 16 * 2**20
ACCEPTED_ENCODING = "gzip"


class UnreadableBodyError(Exception):
    """A body that is too large, cut off, or in an encoding that was not asked for."""


class Body:
    """Collects and decompresses the chunks of a body; more than `MAX_BODY` bytes are an error at once."""

    def __init__(self, raw_headers: Iterable[tuple[bytes, bytes]]) -> None:
        encoding = b",".join(value for name, value in raw_headers if name.lower() == b"content-encoding")
        self._parts: list[bytes] = []
        self._left = MAX_BODY
        self._gunzip = None
        if encoding.strip().lower() in {b"gzip", b"x-gzip"}:
            self._gunzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif encoding.strip().lower() not in {b"", b"identity"}:
            raise UnreadableBodyError(f"only {ACCEPTED_ENCODING} was offered, but its encoding is {encoding!r}")

    def add(self, chunk: bytes) -> None:
        chunk = self._decompressed(chunk)
        self._left -= len(chunk)
        if self._left < 0:
            raise UnreadableBodyError(
                f"it is larger than {MAX_BODY // 2**20} MiB, the most that is read; ask for less with limit="
            )
        self._parts.append(chunk)

    def _decompressed(self, chunk: bytes) -> bytes:
        gunzip = self._gunzip
        if gunzip is None:
            return chunk
        try:
            plain = gunzip.decompress(chunk, self._left + 1)
        except zlib.error as error:
            raise UnreadableBodyError("its encoding is gzip, and it is not valid gzip data") from error
        if gunzip.unused_data:
            raise UnreadableBodyError("it continues after the end of its gzip data")
        return plain

    def whole(self) -> bytes:
        """The whole body, after its last chunk was added."""
        if self._gunzip is not None and not self._gunzip.eof:
            raise UnreadableBodyError("its gzip data is cut off")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
