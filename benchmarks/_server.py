"""A server with very little cost: it sends prepared bytes, and runs in its own process.

`python -m benchmarks._server` prints its port, and ends when its standard input ends. With the path of a certificate
and its key, it uses TLS.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from benchmarks import _samples

_LIMIT = re.compile(rb"[?&]limit=(\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


_created = itertools.count(1)
_FIRST = _samples.create_response()


def _response(line: bytes) -> bytes:
    """The response to a request that begins with `line`: method, target, protocol. Each create has an id of its own."""
    return _read(line) if not line.startswith(b"POST") else _new()


def _new() -> bytes:
    body = _FIRST.replace(b"000000001", b"%09d" % next(_created))
    return HEAD.format(len(body)).encode() + body


@cache
def _read(line: bytes) -> bytes:
    found = _LIMIT.search(line)
    body = _samples.list_response(int(found[1])) if found else _samples.get_response()
    return HEAD.format(len(body)).encode() + body


class Responses(asyncio.Protocol):
    """Sends the response to each request on a connection. Only the request line determines the response."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n") + 4) > 3:
            length = _LENGTH.search(self.received, 0, end)
            end += int(length[1]) if length else 0
            if len(self.received) < end:
                return
            self.transport.write(_response(self.received.partition(b"\r\n")[0]))
            self.received = self.received[end:]


async def serve(certificate: str | None) -> None:
    loop = asyncio.get_running_loop()
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    server = await loop.create_server(Responses, "127.0.0.1", 0, backlog=1024, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def running(certificate: Path | None = None) -> Iterator[str]:
    """Run the server during the block. Gives its URL: ``http://127.0.0.1:PORT``, or https with a certificate."""
    command = [sys.executable, "-m", "benchmarks._server", *([str(certificate)] if certificate else [])]
    scheme = "https" if certificate else "http"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"{scheme}://127.0.0.1:{int(process.stdout.readline())}"
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if sys.argv[1:] else None))
