"""The connection pool: it returns the connection used last, none in a doubtful state, and not more than allowed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from paisr._engine.deadlines import Deadline
from paisr._transport import connections as module
from paisr._transport.connections import IDLE_EXPIRY
from paisr._transport.progress import NO_CONNECTION_FREE, Progress
from paisr._transport.synchronous import SyncPool, SyncStream


class Line:
    """A connection; `other` is its other end."""

    is_reusable = True

    def __init__(self) -> None:
        mine, self.other = socket.socketpair()
        self.stream = SyncStream(mine)


@pytest.fixture
def pool(time: Any) -> Any:
    made: Any = SyncPool(None)  # type: ignore[arg-type] # it opens no connection
    made._clock = lambda: time.seconds
    return made


@pytest.fixture
def connected(pool: Any) -> Iterator[Any]:
    """A new connection of the pool."""
    others: list[socket.socket] = []

    def make() -> Any:
        line = Line()
        others.append(line.other)
        pool._add(line.stream)
        return line

    yield make
    for other in others:
        other.close()


def is_closed(connection: Any) -> bool:
    return connection.stream.socket.fileno() == -1


def test_the_connection_used_last_is_used_first(pool: Any, connected: Any) -> None:
    assert pool.take() is None
    first, second = connected(), connected()
    pool.put(second)
    pool.put(first)
    assert pool.take() is first
    assert pool.take() is second
    assert pool.take() is None


def test_a_connection_that_is_not_reusable_is_closed(pool: Any, connected: Any) -> None:
    line = connected()
    line.is_reusable = False
    pool.put(line)
    assert is_closed(line)
    assert pool.take() is None


@pytest.mark.parametrize("surplus", [b"x", b""])
def test_an_idle_connection_that_received_data_is_closed_and_not_used(
    pool: Any, connected: Any, surplus: bytes
) -> None:
    good, line = connected(), connected()
    pool.put(good)
    pool.put(line)
    if surplus:
        line.other.sendall(surplus)
    else:
        line.other.close()
    assert pool.take() is good
    assert is_closed(line)
    good.stream.close()
    pool.put(good)
    assert pool.take() is None, "a closed connection was returned"


def test_expired_idle_connections_are_closed(pool: Any, connected: Any, time: Any) -> None:
    many = [connected() for _ in range(3)]
    for line in many:
        pool.put(line)
    time.seconds += IDLE_EXPIRY / 2
    busy = pool.take()
    assert busy is many[2]
    time.seconds += IDLE_EXPIRY / 2 + 0.1
    pool.put(busy)
    assert [is_closed(line) for line in many] == [True, True, False]
    assert pool.take() is busy


def test_a_closed_pool_ends_its_calls_and_refuses_new_ones(pool: Any, connected: Any) -> None:
    in_use, idle = connected(), connected()
    pool.put(idle)
    pool.close()
    assert in_use.stream.socket.recv(1) == b"", "the call in flight was not ended"
    pool.put(in_use)
    assert is_closed(in_use)
    with pytest.raises(ConnectionError, match="the client was closed before the request was sent"):
        pool.take()
    with pytest.raises(ConnectionError, match="the client was closed before the request was sent"):
        connected()


def test_a_signal_handler_can_close_the_pool_while_its_thread_holds_the_lock(pool: Any) -> None:
    def interrupted() -> None:
        with pool._lock:
            pool.close()
        closed.set()

    closed = threading.Event()
    threading.Thread(target=interrupted, daemon=True).start()
    assert closed.wait(5)


def test_an_aborted_connection_sends_nothing_more(connected: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = SyncStream(socket.create_connection(listener.getsockname()))
        other, _address = listener.accept()
    with other:
        stream.socket.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += stream.socket.send(b"x" * 65536)
        stream.abort()
        came = 0
        with contextlib.suppress(ConnectionResetError):
            while more := len(other.recv(65536)):
                came += more
        assert came < sent


def permit(pool: Any, seconds: float = 0.0) -> Any:
    """A permit of the pool, waited for up to so many seconds."""
    progress = Progress(Deadline(seconds, lambda: 0.0), "api.example:443")
    one = pool.permit(progress)
    one.__aenter__()
    return one


def test_a_permit_is_returned_when_the_call_is_interrupted(monkeypatch: pytest.MonkeyPatch, pool: Any) -> None:
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)

    def broken_off() -> None:
        raise KeyboardInterrupt(permit(pool))

    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            broken_off()
    held = [permit(pool) for _ in range(2)]
    with pytest.raises(TimeoutError, match=NO_CONNECTION_FREE):
        permit(pool)
    held.pop()
    held.append(permit(pool))
    with pytest.raises(TimeoutError):
        permit(pool)


def test_an_interruption_at_the_end_of_a_call_leaves_nothing_that_holds_a_permit(
    monkeypatch: pytest.MonkeyPatch, pool: Any
) -> None:
    """A coroutine that was never awaited would be reported, and whoever keeps the report would keep the permit."""
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 1)
    one = permit(pool)
    left = one.__aexit__(None, None, None)
    del one
    assert permit(pool)
    assert left
