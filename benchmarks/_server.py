"""A server that costs next to nothing: prepared bytes over a raw socket, in a process of its own.

`python -m benchmarks._server` prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from benchmarks import _samples

_LIMIT = re.compile(rb"[?&]limit=(\d+)")
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


@cache
def _answer(target: bytes) -> bytes:
    found = _LIMIT.search(target)
    body = _samples.list_answer(int(found[1])) if found else _samples.get_answer()
    return HEAD.format(len(body)).encode() + body


class Answers(asyncio.Protocol):
    """Answers each GET on a connection; what is asked for decides the answer, headers do not."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        *requests, self.received = (self.received + data).split(b"\r\n\r\n")
        for request in requests:
            self.transport.write(_answer(request.split(b" ", 2)[1]))


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answers, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def running() -> Iterator[str]:
    """The server's address, ``http://127.0.0.1:PORT``, as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks._server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
