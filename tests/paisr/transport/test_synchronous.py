"""Blocking sockets keep the deadline: in name resolution, for every address, and in each read and write."""

from __future__ import annotations

import socket
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from paisr import APIConnectionError, Paisr
from paisr._base.forks import _reset_all, register_after_fork
from paisr._engine.deadlines import Deadline
from paisr._transport.progress import Progress
from paisr._transport.streams import WRITE_SIZE
from paisr._transport.synchronous import SyncPool, SyncStream


def seconds(time: Any, count: float) -> Progress:
    return Progress(Deadline(count, lambda: time.seconds), "api.example:443")


def done(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that does not suspend."""
    with pytest.raises(StopIteration) as stop:
        work.send(None)
    return stop.value.value


def connect(host: str, port: int, progress: Progress) -> SyncStream:
    pool: Any = SyncPool(None)  # type: ignore[arg-type] # it opens no connection
    stream: SyncStream = done(pool.connect(host, port, progress))
    return stream


class Wires:
    """A fake socket that records writes and timeouts. Every read returns a byte; every operation takes a second."""

    def __init__(self, time: Any) -> None:
        self.time = time
        self.limit = 0.0
        self.written: list[tuple[int, float]] = []
        self.is_closed = False

    def settimeout(self, limit: float) -> None:
        self.limit = limit

    def recv(self, size: int) -> bytes:
        self.time.seconds += 1
        return b"x"

    def send(self, data: bytes) -> int:
        self.time.seconds += 1
        self.written.append((len(data), self.limit))
        return len(data)

    def close(self) -> None:
        self.is_closed = True


def test_every_read_and_write_has_the_remaining_time_of_the_call(time: Any) -> None:
    wires: Any = Wires(time)
    stream, progress = SyncStream(wires), seconds(time, 2.5)
    with pytest.raises(TimeoutError):
        done(stream.send(b"x" * (WRITE_SIZE * 4), progress))
    assert wires.written == [(WRITE_SIZE, 2.5), (WRITE_SIZE, 1.5), (WRITE_SIZE, 0.5)]
    assert progress.sent
    with pytest.raises(TimeoutError):
        done(stream.receive(progress))
    unsent = seconds(time, 0.0)
    with pytest.raises(TimeoutError):
        done(stream.send(b"x", unsent))
    assert not unsent.sent
    assert done(stream.receive(seconds(time, 7.0))) == b"x"
    assert wires.limit == 7.0


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the name resolution returns."""
    found: list[str] = []

    def look_up(host: str, port: int, **named: Any) -> list[Any]:
        if named["flags"]:
            raise socket.gaierror
        return [(socket.AF_INET, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    return found


def test_the_first_address_that_accepts_a_connection_is_used(addresses: list[str], time: Any) -> None:
    addresses += ["127.0.0.2", "127.0.0.2", "127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = connect("api.example", listener.getsockname()[1], seconds(time, 5.0))
        assert stream.socket.getpeername()[0] == "127.0.0.1"
        assert stream.socket.gettimeout() == 5.0, "the last address did not get all of the remaining time"
        assert stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.close()


def test_each_address_gets_a_share_of_the_remaining_time(addresses: list[str], time: Any, monkeypatch: Any) -> None:
    addresses += ["127.0.0.2", "127.0.0.3"]
    limits: list[float] = []

    class Refusing(Wires):
        def __init__(self, *kind: Any) -> None:
            super().__init__(time)

        def connect(self, address: Any) -> None:
            limits.append(self.limit)
            time.seconds += 1
            raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr("socket.socket", Refusing)
    with pytest.raises(ConnectionRefusedError):
        connect("api.example", 443, seconds(time, 8.0))
    assert limits == [4.0, 7.0]


def test_a_name_without_an_address_is_an_error(addresses: list[str], time: Any) -> None:
    with pytest.raises(OSError, match=r"api\.example has no address"):
        connect("api.example", 443, seconds(time, 8.0))


def test_a_look_up_that_outlasts_the_deadline_is_abandoned(monkeypatch: Any) -> None:
    import time

    is_over, finished = threading.Event(), threading.Event()

    def look_up(host: str, port: int, **named: Any) -> list[Any]:
        if named["flags"]:
            raise socket.gaierror
        is_over.wait(5)
        finished.set()
        return []

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    with pytest.raises(TimeoutError):
        connect("api.example", 443, Progress(Deadline(0.05, time.monotonic), "api.example:443"))
    assert not finished.is_set(), "the call waited for the look-up"
    is_over.set()


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_failed_look_up_is_a_connection_error_and_not_sent(monkeypatch: Any, error: Exception) -> None:
    def look_up(host: str, port: int, **named: Any) -> list[Any]:
        raise socket.gaierror if named["flags"] else error

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    failed = pytest.raises(APIConnectionError, match=r"look-up of api\.live\.paisr\.tech failed")
    with Paisr("tok", max_retries=0) as client, failed as caught:
        client.invoices.get("inv_1")
    assert caught.value.outcome == "not_sent"


def test_no_connection_is_made_after_the_deadline(time: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("socket.socket", lambda *kind: Wires(time))
    with pytest.raises(TimeoutError):
        connect("127.0.0.1", 9, seconds(time, 0.0))


def test_after_fork_is_called_for_living_objects() -> None:
    renewed: list[str] = []

    class Holder:
        def after_fork(self) -> None:
            renewed.append("renewed")

    holder = Holder()
    register_after_fork(holder)
    _reset_all()
    del holder
    _reset_all()
    assert renewed == ["renewed"]
