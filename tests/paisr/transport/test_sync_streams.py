"""Streams that keep the deadline: at the look-up of a name, for every address, and at each read and write."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpcore
import pytest

from paisr import APIConnectionError, Paisr
from paisr._base.forks import _renew_all, register_after_fork
from paisr._engine.deadlines import Deadline
from paisr._transport.sync_streams import WRITE_SIZE, DeadlineBackend, WatchedStream
from paisr._transport.times import TimeLeft


def seconds(time: Any, count: float) -> TimeLeft:
    return TimeLeft(Deadline(count, lambda: time.seconds))


class Wires(httpcore.NetworkStream):
    """What is written is kept; every read gives a byte; each takes a second."""

    def __init__(self, time: Any) -> None:
        self.time = time
        self.written: list[tuple[int, float | None]] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.time.seconds += 1
        return b"x"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.time.seconds += 1
        self.written.append((len(buffer), timeout))

    def get_extra_info(self, info: str) -> Any:
        return info


def test_every_read_and_write_has_what_is_left_of_the_call(time: Any) -> None:
    wires = Wires(time)
    stream, left = WatchedStream(wires), seconds(time, 2.5)
    with pytest.raises(httpcore.WriteTimeout):
        stream.write(b"x" * (WRITE_SIZE * 4), left)
    assert wires.written == [(WRITE_SIZE, 2.5), (WRITE_SIZE, 1.5), (WRITE_SIZE, 0.5)]
    assert left.sent
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(10, left)
    unsent = seconds(time, 0.0)
    with pytest.raises(httpcore.WriteTimeout):
        stream.write(b"x", unsent)
    assert not unsent.sent
    assert stream.read(10, 7.0) == b"x"
    assert stream.get_extra_info("is_readable") is True
    assert stream.get_extra_info("socket") == "socket"


@pytest.mark.parametrize("limit", [None, 5.0])
def test_a_connection_is_made_to_the_first_address_that_responses(monkeypatch: Any, limit: float | None) -> None:
    def addresses(host: str, port: int, **named: Any) -> list[Any]:
        if named["flags"]:
            raise socket.gaierror
        return [(0, 0, 0, "", (address, port)) for address in ("127.0.0.2", "127.0.0.2", "127.0.0.1")]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr("socket.getaddrinfo", addresses)
        port = listener.getsockname()[1]
        tried: list[str] = []

        def connect(self: Any, host: str, *rest: Any) -> Any:
            tried.append(host)
            if host == "127.0.0.2":
                raise httpcore.ConnectError("refused")
            return Wires(None)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
        DeadlineBackend().connect_tcp("api.example", port, limit)
    assert tried == ["127.0.0.2", "127.0.0.1"]


def test_a_look_up_that_takes_too_long_is_given_up(monkeypatch: Any) -> None:
    done = threading.Event()

    def addresses(host: str, port: int, **named: Any) -> list[Any]:
        if named["flags"]:
            raise socket.gaierror
        done.wait(5)
        return []

    monkeypatch.setattr("socket.getaddrinfo", addresses)
    with pytest.raises(httpcore.ConnectTimeout, match=r"look-up of api\.example"):
        DeadlineBackend().connect_tcp("api.example", 443, 0.05)
    done.set()


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_look_up_that_fails_is_a_connection_that_was_not_made(monkeypatch: Any, error: Exception) -> None:
    def addresses(host: str, port: int, **named: Any) -> list[Any]:
        raise socket.gaierror if named["flags"] else error

    monkeypatch.setattr("socket.getaddrinfo", addresses)
    failed = pytest.raises(APIConnectionError, match=r"look-up of api\.live\.paisr\.tech failed")
    with Paisr("tok", max_retries=0) as client, failed as caught:
        client.invoices.get("inv_1")
    assert caught.value.outcome == "not_sent"


def test_no_time_left_makes_no_connection(time: Any) -> None:
    with pytest.raises(httpcore.ConnectTimeout, match="the deadline passed"):
        DeadlineBackend().connect_tcp("127.0.0.1", 9, seconds(time, 0.0))


def test_who_asked_is_told_in_a_forked_child_as_long_as_it_lives() -> None:
    told: list[str] = []

    class Holder:
        def after_fork(self) -> None:
            told.append("told")

    holder = Holder()
    register_after_fork(holder)
    _renew_all()
    del holder
    _renew_all()
    assert told == ["told"]
