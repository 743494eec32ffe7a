"""Streams on an event loop: what comes is kept until it is read, and a surplus byte is seen before the next call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpcore
import pytest

from paisr._engine.deadlines import Deadline
from paisr._transport import async_streams
from paisr._transport.async_streams import MAX_UNREAD, LoopBackend, Receiver
from paisr._transport.times import TimeLeft

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Any, socket.socket]]:
    """A stream, and the other end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = await LoopBackend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5)
        other, _address = listener.accept()
        with other:
            yield stream, other
        await stream.aclose()
        await asyncio.sleep(0)


def run(test: Callable[[Any, socket.socket], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(10), connected() as (stream, other):
            await test(stream, other)

    asyncio.run(main())


def test_what_comes_is_read_in_order_until_the_end() -> None:
    async def test(stream: Any, other: socket.socket) -> None:
        other.sendall(b"one")
        assert await stream.read(10) == b"one"
        reading = asyncio.ensure_future(stream.read(10))
        await asyncio.sleep(0)
        other.sendall(b"two")
        assert await reading == b"two"
        other.close()
        assert await stream.read(10) == b""
        assert await stream.read(10) == b""

    run(test)


def test_a_connection_that_breaks_says_so_after_what_came_before() -> None:
    async def test(stream: Any, other: socket.socket) -> None:
        stream._receiver.data_received(b"half")
        stream._receiver.connection_lost(ConnectionResetError(104, "reset"))
        assert await stream.read(10) == b"half"
        with pytest.raises(httpcore.ReadError) as caught:
            await stream.read(10)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        left = TimeLeft(Deadline(5.0, lambda: 0.0))
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"more", left)
        assert left.sent, "who cannot say that it was not sent says that it may have been"

    run(test)


@pytest.mark.parametrize("surplus", [b"", b"x"])
def test_a_surplus_byte_is_seen_with_the_response_and_after_it(surplus: bytes) -> None:
    async def test(stream: Any, other: socket.socket) -> None:
        await stream.write(b"GET", None)
        other.sendall(WHOLE + surplus)
        await stream.read(100)
        assert stream.get_extra_info("is_readable") is bool(surplus)
        if not surplus:
            other.sendall(b"x")  # and the event loop does not run meanwhile
            assert stream.get_extra_info("is_readable") is True

    run(test)


def test_an_end_while_idle_is_seen() -> None:
    async def test(stream: Any, other: socket.socket) -> None:
        other.sendall(WHOLE)
        await stream.read(100)
        assert stream.get_extra_info("is_readable") is False
        other.close()
        assert stream.get_extra_info("is_readable") is True
        await asyncio.sleep(0.01)
        assert stream.get_extra_info("is_readable") is True

    run(test)


class Transport(asyncio.Transport):
    """Notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def pause_reading(self) -> None:
        self.asked.append("pause")

    def resume_reading(self) -> None:
        self.asked.append("resume")


def test_who_sends_faster_than_is_read_is_held_up() -> None:
    async def main() -> None:
        receiver, transport = Receiver(), Transport()
        receiver.connection_made(transport)
        piece = b"x" * (MAX_UNREAD // 2)
        for _ in range(2):
            receiver.data_received(piece)
        assert transport.asked == []
        receiver.data_received(piece)
        receiver.data_received(piece)
        assert transport.asked == ["pause"]
        assert await receiver.read() == piece * 4
        assert transport.asked == ["pause", "resume"]

    asyncio.run(main())


def test_a_write_waits_until_the_other_side_takes_it_and_ends_with_the_connection() -> None:
    async def main() -> None:
        for go_on in (Receiver.resume_writing, lambda receiver: receiver.connection_lost(None)):
            receiver = Receiver()
            await receiver.drained()
            receiver.pause_writing()
            waiting = asyncio.ensure_future(receiver.drained())
            await asyncio.sleep(0)
            assert not waiting.done()
            go_on(receiver)
            await waiting

    asyncio.run(main())


def test_what_was_not_taken_is_not_sent_after_the_close() -> None:
    async def test(stream: Any, other: socket.socket) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await stream.write(b"x" * 50_000_000)
        assert stream.get_extra_info("is_readable") is True, "not for another request"
        await stream.aclose()
        assert stream._transport.get_write_buffer_size() == 0

    run(test)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(111, "refused"), httpcore.ConnectError),
        (UnicodeError("label too long"), httpcore.ConnectError),
        (socket.gaierror(-2, "unknown"), httpcore.ConnectError),
        (TimeoutError(110, "timed out"), httpcore.ConnectTimeout),
    ],
)
def test_a_connection_that_is_not_made_says_so(monkeypatch: Any, error: Exception, kind: type[Exception]) -> None:
    async def refuse(*arguments: Any, **named: Any) -> None:
        raise error

    async def main() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", refuse)
        await LoopBackend().connect_tcp("api.example", 443, 5)

    with pytest.raises(kind) as caught:
        asyncio.run(main())
    assert caught.value.__cause__ is error


def test_a_connection_that_takes_too_long_is_given_up(monkeypatch: Any) -> None:
    async def hang(*arguments: Any, **named: Any) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        monkeypatch.setattr(async_streams, "MAX_CONNECT", 0.02)
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", hang)
        await LoopBackend().connect_tcp("api.example", 443, 5)

    with pytest.raises(httpcore.ConnectTimeout):
        asyncio.run(main())


@pytest.mark.parametrize("own", [True, False])
def test_only_asyncios_own_loop_is_asked_to_try_addresses_side_by_side(monkeypatch: Any, own: bool) -> None:
    asked: list[Any] = []

    async def connect(*arguments: Any, **named: Any) -> Any:
        asked.append(named)
        raise OSError("no")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "create_connection", connect)
        if not own:
            monkeypatch.setattr("asyncio.BaseEventLoop", asyncio.Event)
        await LoopBackend().connect_tcp("api.example", 443, 5)

    with pytest.raises(httpcore.ConnectError):
        asyncio.run(main())
    assert asked == [{"happy_eyeballs_delay": async_streams.NEXT_ADDRESS}] if own else [{}]


def test_a_handshake_that_does_not_end_leaves_no_socket(monkeypatch: Any) -> None:
    import ssl

    async def test(stream: Any, other: socket.socket) -> None:
        monkeypatch.setattr(async_streams, "MAX_CONNECT", 0.02)
        with pytest.raises(httpcore.ConnectTimeout):
            await stream.start_tls(ssl.create_default_context(), "api.example", 5)
        await asyncio.sleep(0)
        assert stream.get_extra_info("socket").fileno() == -1

    run(test)
