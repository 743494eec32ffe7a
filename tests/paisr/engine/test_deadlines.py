"""No call outlives its time-out, whatever the server does: over real sockets, with both clients."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from paisr import APITimeoutError, NotFoundError, OutcomeUnknownError, Paisr, ServerError
from paisr._engine.deadlines import Deadline

HEAD = b"HTTP/1.1 %d OK\r\nContent-Length: 100000\r\n\r\n"


def silent(server: Any, connection: socket.socket) -> None:
    server.read(connection)
    server.stopped.wait(5)


def dripping(first: bytes) -> Any:
    def talk(server: Any, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(first)
        while not server.stopped.wait(0.01):
            connection.sendall(b"x")

    return talk


def without_a_word(server: Any, connection: socket.socket) -> None:
    server.stopped.wait(5)


TALKS = {
    "no response": silent,
    "a header that drips": dripping(b"HTTP/1.1 200 OK\r\nX-Long: "),
    "a body that drips": dripping(HEAD % 200),
    "a chunk that drips": dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"),
}


def healthy(server: Any, connection: socket.socket) -> None:
    body = b'{"success": true, "data": {"id": "inv_1", "status": "paid"}}'
    while server.read(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class InTime:
    """A time-out that this machine can keep now, and what it was late with everything meanwhile.

    `short` is ten times what a call takes that goes well, its connection included, and at least 0.15 s.
    """

    def __init__(self, side: Any, url: str) -> None:
        taken: list[float] = []
        for _ in range(4):
            client = side.client(base_url=url, max_retries=0)
            began = time.monotonic()
            side.call(client, "get", "inv_1")
            taken.append(time.monotonic() - began)
        self.short = max(0.15, 10 * max(taken[1:]))  # the first one loads what it needs
        self._late = 0.0

    @contextlib.contextmanager
    def ends(self, seconds: float) -> Iterator[None]:
        """No call outlives its time-out by a second, and by as much as a thread that only sleeps was woken too late."""
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.is_set():
                asleep = time.monotonic()
                is_over.wait(0.01)
                self._late = max(self._late, time.monotonic() - asleep - 0.01)

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.monotonic()
        try:
            yield
            taken = time.monotonic() - began
        finally:
            is_over.set()
            watcher.join()
        assert taken < seconds + 1 + self._late


@pytest.fixture
def in_time(side: Any, raw_server: Any) -> InTime:
    return InTime(side, raw_server(healthy).url)


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
def test_a_response_that_does_not_end_is_given_up_in_time(
    side: Any, raw_server: Any, create: Any, in_time: InTime, talk: Any
) -> None:
    client, short = side.client(base_url=raw_server(talk).url, max_retries=0), in_time.short
    began = time.monotonic()
    said = re.escape(f"within the {short:g} s of this call")
    with in_time.ends(short), pytest.raises(APITimeoutError, match=said) as caught:
        side.call(client, "get", "inv_1", timeout=short)
    assert time.monotonic() - began > short * 0.9
    assert caught.value.outcome == "unknown"
    with in_time.ends(short), pytest.raises(OutcomeUnknownError):
        side.call(client, "create", **create, timeout=short)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (500, ServerError)])
def test_of_an_error_whose_body_drips_the_status_is_known(
    side: Any, raw_server: Any, in_time: InTime, status: int, kind: Any
) -> None:
    client = side.client(base_url=raw_server(dripping(HEAD % status)).url, max_retries=0)
    with in_time.ends(in_time.short), pytest.raises(kind):
        side.call(client, "get", "inv_1", timeout=in_time.short)


def test_a_connection_that_is_never_made_is_given_up_in_time(side: Any, create: Any, in_time: InTime) -> None:
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _place in range(4):  # until the queue is full, and nobody takes anybody out of it
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        time.sleep(0.01)
        client = side.client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v2")
        for name, arguments in (("get", {"invoice_id": "inv_1"}), ("create", create)):
            with in_time.ends(0.15), pytest.raises(APITimeoutError) as caught:
                side.call(client, name, **arguments, timeout=0.15)
            assert caught.value.outcome == "not_sent"


def test_a_handshake_that_never_comes_is_given_up_in_time(
    side: Any, raw_server: Any, create: Any, in_time: InTime
) -> None:
    url = raw_server(without_a_word).url.replace("http:", "https:")
    client = side.client(base_url=url, max_retries=0)
    with in_time.ends(0.15), pytest.raises(APITimeoutError) as caught:
        side.call(client, "create", **create, timeout=0.15)
    assert caught.value.outcome == "not_sent"


def test_attempts_and_pauses_share_one_deadline(side: Any, raw_server: Any, in_time: InTime) -> None:
    def failing(server: Any, connection: socket.socket) -> None:
        while server.read(connection):
            time.sleep(0.02)
            connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")

    client = side.client(base_url=raw_server(failing).url, max_retries=100)
    with in_time.ends(0.3), pytest.raises((ServerError, APITimeoutError)):
        side.call(client, "get", "inv_1", timeout=0.3)


def test_a_transport_of_the_users_is_cut_off_between_its_parts(script: Any, time: Any) -> None:
    """Of the client for threads; the other is cut off by the event loop's own clock, which cannot be made up."""

    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for _part in range(100):
                time.seconds += 1
                yield b" "

    class Timed(Paisr):
        _runtime = time.runtime

    responses = script(lambda request: httpx.Response(200, stream=Slow()))
    before = time.seconds
    with Timed("tok", transport=responses.transport, max_retries=0) as client, pytest.raises(APITimeoutError):
        client.invoices.get("inv_1", timeout=10)
    assert time.seconds - before <= 11


def test_what_is_left_never_goes_below_zero(time: Any) -> None:
    deadline = Deadline(2.0, lambda: time.seconds)
    assert deadline.remaining() == 2.0
    time.seconds += 5
    assert deadline.remaining() == 0.0
    assert repr(deadline) == "Deadline(timeout=2.0)"
