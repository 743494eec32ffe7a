"""Sockets on an event loop: reads, writes until the deadline, and connecting."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from paisr import AsyncPaisr, ConfigurationError
from paisr._engine.deadlines import Deadline
from paisr._transport import asynchronous
from paisr._transport.asynchronous import AsyncPool, AsyncStream
from paisr._transport.progress import Progress
from paisr._transport.streams import WRITE_SIZE


def seconds(time: Any, count: float) -> Progress:
    return Progress(Deadline(count, lambda: time.seconds), "api.example:443")


def ample() -> Progress:
    return Progress(Deadline(60.0, lambda: 0.0), "api.example:443")


async def connect_async(host: str, port: int) -> AsyncStream:
    pool = AsyncPool(None)  # type: ignore[arg-type] # it does no handshake
    return await pool.connect(host, port, ample())


def run(test: Callable[[AsyncStream, socket.socket], Awaitable[None]]) -> None:
    """Run a test with a stream and the other end of its connection."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream = await connect_async("127.0.0.1", listener.getsockname()[1])
            other, _address = listener.accept()
        with other:
            async with asyncio.timeout(10):
                await test(stream, other)
            stream.close()

    asyncio.run(main())


def test_data_is_read_in_order_until_the_end() -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        other.sendall(b"one")
        assert await stream.receive(ample()) == b"one"
        reading = asyncio.ensure_future(stream.receive(ample()))
        await asyncio.sleep(0)
        other.sendall(b"two")
        assert await reading == b"two"
        other.close()
        assert await stream.receive(ample()) == b""

    run(test)


def test_a_reset_connection_raises_from_a_read() -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        reading = asyncio.ensure_future(stream.receive(ample()))
        await asyncio.sleep(0)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()
        with pytest.raises(ConnectionResetError):
            await reading

    run(test)


def test_a_large_write_waits_until_the_other_side_reads_it() -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        data = bytes(range(256)) * 80_000
        writing = asyncio.ensure_future(stream.send(data, ample()))
        await asyncio.sleep(0)
        assert not writing.done()
        other.setblocking(False)
        came = bytearray()
        while len(came) < len(data):
            came += await asyncio.get_running_loop().sock_recv(other, 1 << 20)
        await writing
        assert came == data

    run(test)


def test_nothing_is_written_after_the_deadline_when_the_loop_was_blocked(time: Any) -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        late = seconds(time, 1.0)
        time.seconds += 3.0
        with pytest.raises(TimeoutError):
            await stream.send(b"head", late)
        assert not late.sent
        # In the middle of a write: the rest is not written although the other side reads.
        progress = seconds(time, 1.0)
        writing = asyncio.ensure_future(stream.send(b"x" * 20_000_000, progress))
        await asyncio.sleep(0)
        assert progress.sent
        time.seconds += 3.0
        other.setblocking(False)
        came = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                came += len(other.recv(1 << 20))
        with pytest.raises(TimeoutError):
            await writing
        stream.abort()
        with contextlib.suppress(ConnectionResetError):
            while more := len(await asyncio.get_running_loop().sock_recv(other, 1 << 20)):
                came += more
        assert came < 20_000_000

    run(test)


def test_the_deadline_is_checked_before_each_part_of_a_write(time: Any, monkeypatch: Any) -> None:
    class Wires:
        def __init__(self) -> None:
            self.written: list[int] = []

        def send(self, data: bytes) -> int:
            time.seconds += 1
            self.written.append(len(data))
            return len(data)

        def close(self) -> None:
            pass

    wires: Any = Wires()
    with pytest.raises(TimeoutError):
        asyncio.run(AsyncStream(wires).send(b"x" * WRITE_SIZE * 4, seconds(time, 2.5)))  # type: ignore[arg-type] # a fake socket
    assert wires.written == [WRITE_SIZE] * 3


def refuse(*arguments: Any) -> None:
    raise NotImplementedError


def test_an_event_loop_without_add_reader_is_polled(monkeypatch: Any) -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        for name in ("add_reader", "add_writer"):
            monkeypatch.setattr(asyncio.get_running_loop(), name, refuse)
        reading = asyncio.ensure_future(stream.receive(ample()))
        await asyncio.sleep(0)
        other.sendall(b"one")
        assert await reading == b"one"
        data = b"x" * 20_000_000
        writing = asyncio.ensure_future(stream.send(data, ample()))
        await asyncio.sleep(0)
        assert not writing.done()
        assert len(await asyncio.to_thread(other.recv, len(data), socket.MSG_WAITALL)) == len(data)
        await writing

    run(test)


def test_an_event_loop_that_cannot_connect_is_a_configuration_error(monkeypatch: Any) -> None:
    async def main() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", refuse)
        async with AsyncPaisr("tok", base_url="http://127.0.0.1:9/v2") as client:
            await client.invoices.get("inv_1")

    with pytest.raises(ConfigurationError, match="This event loop cannot connect sockets") as caught:
        asyncio.run(main())
    assert caught.value.outcome == "not_sent"


def test_a_cancelled_read_leaves_no_reader_registered() -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        reading = asyncio.ensure_future(stream.receive(ample()))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not asyncio.get_running_loop().remove_reader(stream.socket)
        other.sendall(b"one")
        assert await stream.receive(ample()) == b"one"

    run(test)


def test_a_stream_is_closed_with_its_last_reference() -> None:
    async def test(stream: AsyncStream, other: socket.socket) -> None:
        inner = stream.socket
        other_stream = AsyncStream(inner)
        del other_stream
        assert inner.fileno() == -1

    run(test)


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the name resolution returns."""
    found: list[str] = []

    def look_up(host: str, port: int) -> list[Any]:
        return [(socket.AF_INET, (address, port)) for address in found]

    monkeypatch.setattr(asynchronous, "look_up", look_up)
    return found


def reached(host: str, port: int) -> str:
    async def main() -> str:
        stream = await connect_async(host, port)
        address: str = stream.socket.getpeername()[0]
        stream.close()
        return address

    return asyncio.run(main())


def test_the_first_address_that_accepts_a_connection_is_used(addresses: list[str], monkeypatch: Any) -> None:
    addresses += ["127.0.0.2", "127.0.0.2", "127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert reached("api.example", port) == "127.0.0.1"
    addresses[:] = ["127.0.0.2", "127.0.0.3"]
    with pytest.raises(ConnectionRefusedError):
        reached("api.example", port)
    addresses.clear()
    with pytest.raises(OSError, match="has no address"):
        reached("api.example", port)


def test_a_silent_address_does_not_delay_the_next(addresses: list[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(asynchronous, "NEXT_ADDRESS", 0.01)
    addresses += ["127.0.0.2", "127.0.0.1"]
    usual, cancelled = asynchronous._connected, []

    async def connected(family: Any, address: Any) -> Any:
        if address[0] == "127.0.0.1":
            return await usual(family, address)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(address[0])

    async def main(port: int) -> None:
        stream = await connect_async("api.example", port)
        assert stream.socket.getpeername()[0] == "127.0.0.1"
        stream.close()
        await asyncio.sleep(0)
        assert cancelled == ["127.0.0.2"], "the attempt that lost was not cancelled"

    monkeypatch.setattr(asynchronous, "_connected", connected)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asyncio.run(main(listener.getsockname()[1]))


def test_a_cancelled_connect_leaves_no_socket(monkeypatch: Any) -> None:
    made: list[socket.socket] = []
    usual = socket.socket

    def note(*kind: Any) -> socket.socket:
        made.append(usual(*kind))
        return made[-1]

    async def hang(*arguments: Any) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", hang)
        monkeypatch.setattr(asynchronous.socket, "socket", note)
        task = asyncio.ensure_future(connect_async("127.0.0.1", 9))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert [one.fileno() for one in made] == [-1]
