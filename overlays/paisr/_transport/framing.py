"""Where a response ends on its connection, so that a byte after it is not taken for the next response."""

from __future__ import annotations

MAX_LINE = 8192
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class Framing:
    """Follows the responses on one connection. `reusable` is true only after a whole response and not a byte more.

    It decides nothing about the response itself, which is the HTTP library's; whatever it does not understand makes the
    connection not reusable, never the response wrong.
    """

    __slots__ = ("_buffer", "_left", "_state")

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._state = "head"
        self._buffer = b""
        self._left = 0

    @property
    def reusable(self) -> bool:
        return self._state == "done"

    def sent(self) -> None:
        """Bytes of a request went out: after a whole response, the next one begins."""
        if self._state == "done":
            self._start()

    def received(self, data: bytes) -> None:
        """Bytes of a response came in."""
        while data and self._state != "lost":
            match self._state:
                case "head":
                    data = self._head(data)
                case "length":
                    data = self._counted(data)
                    self._state = "length" if self._left else "done"
                case "chunk data":
                    data = self._counted(data)
                    self._state = "chunk data" if self._left else "chunk size"
                case "chunk size" | "trailer":
                    data = self._line(data)
                case _:  # done: nothing may follow
                    self._state = "lost"

    def _head(self, data: bytes) -> bytes:
        buffer = self._buffer + data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = buffer
            return b""
        head, rest = buffer[: end + 2], buffer[end + 4 :]
        self._buffer = b""
        self._after_head(head)
        return rest

    def _after_head(self, head: bytes) -> None:
        status = head[9:12]
        if status.startswith(b"1"):
            return
        lines = head.lower().split(b"\r\n")
        lengths = _values(lines, b"content-length:")
        if status in {b"204", b"304"}:
            self._state = "done"
        elif _values(lines, b"transfer-encoding:") == [b"chunked"]:
            self._state = "chunk size"
        elif len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) <= 18:
            self._left = int(lengths[0])
            self._state = "length" if self._left else "done"
        else:
            self._state = "lost"

    def _counted(self, data: bytes) -> bytes:
        taken = min(self._left, len(data))
        self._left -= taken
        return data[taken:]

    def _line(self, data: bytes) -> bytes:
        buffer = self._buffer + data
        end = buffer.find(b"\n")
        if end < 0:
            self._buffer = buffer
            if len(buffer) > MAX_LINE:
                self._state = "lost"
            return b""
        self._buffer = b""
        line = buffer[:end].strip()
        if self._state == "trailer":
            self._state = "trailer" if line else "done"
        else:
            self._chunk(line)
        return buffer[end + 1 :]

    def _chunk(self, line: bytes) -> None:
        size = line.split(b";")[0].strip()
        if not 1 <= len(size) <= 16 or not _HEXADECIMAL.issuperset(size):
            self._state = "lost"
            return
        self._left = int(size, 16) + len(b"\r\n") if int(size, 16) else 0
        self._state = "chunk data" if self._left else "trailer"


def _values(lines: list[bytes], name: bytes) -> list[bytes]:
    """What the headers of that name say; `name` is in lower case, with its colon."""
    return [line[len(name) :].strip(b" \t") for line in lines if line.startswith(name)]
