"""The connection pool: it returns the connection used last, none in a doubtful state, and not more than allowed."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from paisr._transport import connections as module
from paisr._transport.connections import (
    IDLE_EXPIRY,
    Connection,
    ConnectionPermits,
    Connections,
    PoolClosedError,
    Stream,
)


class Http:
    is_reusable = True


@pytest.fixture
def pool(time: Any) -> Connections[Stream]:
    return Connections(clock=lambda: time.seconds)


@pytest.fixture
def connected(pool: Connections[Stream]) -> Iterator[Any]:
    """A new connection of the pool; `other` is its other end."""
    others: list[socket.socket] = []

    class Line(Connection[Stream]):
        other: socket.socket

    def make() -> Any:
        mine, other = socket.socketpair()
        others.append(other)
        http: Any = Http()
        line = Line(Stream(mine), http, other)
        pool.add(line.stream)
        return line

    yield make
    for other in others:
        other.close()


def is_closed(connection: Connection[Stream]) -> bool:
    return connection.stream.socket.fileno() == -1


def test_the_connection_used_last_is_used_first(pool: Connections[Stream], connected: Any) -> None:
    assert pool.take() is None
    first, second = connected(), connected()
    pool.put(second)
    pool.put(first)
    assert pool.take() is first
    assert pool.take() is second
    assert pool.take() is None


def test_a_connection_that_is_not_reusable_is_closed(pool: Connections[Stream], connected: Any) -> None:
    line = connected()
    line.http.is_reusable = False
    pool.put(line)
    assert is_closed(line)
    assert pool.take() is None


@pytest.mark.parametrize("surplus", [b"x", b""])
def test_an_idle_connection_that_received_data_is_closed_and_not_used(
    pool: Connections[Stream], connected: Any, surplus: bytes
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


def test_expired_idle_connections_are_closed(pool: Connections[Stream], connected: Any, time: Any) -> None:
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


def test_a_closed_pool_ends_its_calls_and_refuses_new_ones(pool: Connections[Stream], connected: Any) -> None:
    in_use, idle = connected(), connected()
    pool.put(idle)
    pool.close()
    assert in_use.stream.socket.recv(1) == b"", "the call in flight was not ended"
    pool.put(in_use)
    assert is_closed(in_use)
    with pytest.raises(PoolClosedError):
        pool.take()
    with pytest.raises(PoolClosedError):
        connected()


def test_an_aborted_connection_sends_nothing_more(connected: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = Stream(socket.create_connection(listener.getsockname()))
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


def test_a_permit_is_returned_when_the_call_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)
    permits = ConnectionPermits()

    def broken_off() -> None:
        permit = permits.take()
        assert permit is not None
        raise KeyboardInterrupt(permit)

    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            broken_off()
    held = [permits.take() for _ in range(2)]
    assert permits.take() is None
    held.pop()
    assert permits.take() is not None
    held.append(permits.take())
    assert permits.take() is None
