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


def without_response(server: Any, connection: socket.socket) -> None:
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


class TimeoutCheck:
    """A timeout that this machine can keep under its present load, and the measured lateness of its threads.

    `short` is ten times the duration of a successful call with its connection, and at least 0.15 s.
    """

    def __init__(self, side: Any, url: str) -> None:
        taken: list[float] = []
        for _ in range(4):
            client = side.client(base_url=url, max_retries=0)
            began = time.monotonic()
            side.call(client, "get", "inv_1")
            taken.append(time.monotonic() - began)
        self.short = max(0.15, 10 * max(taken[1:]))  # the first call also imports modules
        self._late = 0.0

    @contextlib.contextmanager
    def ends(self, seconds: float) -> Iterator[None]:
        """The call ends within a second after its timeout, plus the lateness of a thread that only sleeps."""
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
def timeout_check(side: Any, raw_server: Any) -> TimeoutCheck:
    return TimeoutCheck(side, raw_server(healthy).url)


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
def test_an_endless_response_ends_at_the_timeout(
    side: Any, raw_server: Any, create: Any, timeout_check: TimeoutCheck, talk: Any
) -> None:
    client, short = side.client(base_url=raw_server(talk).url, max_retries=0), timeout_check.short
    began = time.monotonic()
    message = re.escape(f"within the {short:g} s of this call")
    with timeout_check.ends(short), pytest.raises(APITimeoutError, match=message) as caught:
        side.call(client, "get", "inv_1", timeout=short)
    assert time.monotonic() - began > short * 0.9
    assert caught.value.outcome == "unknown"
    with timeout_check.ends(short), pytest.raises(OutcomeUnknownError):
        side.call(client, "create", **create, timeout=short)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (500, ServerError)])
def test_the_status_of_an_error_is_known_while_its_body_drips(
    side: Any, raw_server: Any, timeout_check: TimeoutCheck, status: int, kind: Any
) -> None:
    client = side.client(base_url=raw_server(dripping(HEAD % status)).url, max_retries=0)
    with timeout_check.ends(timeout_check.short), pytest.raises(kind):
        side.call(client, "get", "inv_1", timeout=timeout_check.short)


def test_a_connect_that_never_completes_ends_at_the_timeout(
    side: Any, create: Any, timeout_check: TimeoutCheck
) -> None:
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _attempt in range(4):  # fills the backlog of a socket that accepts no connection
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        time.sleep(0.01)
        client = side.client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v2")
        for name, arguments in (("get", {"invoice_id": "inv_1"}), ("create", create)):
            with timeout_check.ends(0.15), pytest.raises(APITimeoutError) as caught:
                side.call(client, name, **arguments, timeout=0.15)
            assert caught.value.outcome == "not_sent"


def test_a_missing_tls_handshake_ends_at_the_timeout(
    side: Any, raw_server: Any, create: Any, timeout_check: TimeoutCheck
) -> None:
    url = raw_server(without_response).url.replace("http:", "https:")
    client = side.client(base_url=url, max_retries=0)
    with timeout_check.ends(0.15), pytest.raises(APITimeoutError) as caught:
        side.call(client, "create", **create, timeout=0.15)
    assert caught.value.outcome == "not_sent"


def test_attempts_and_pauses_share_one_deadline(side: Any, raw_server: Any, timeout_check: TimeoutCheck) -> None:
    def failing(server: Any, connection: socket.socket) -> None:
        while server.read(connection):
            time.sleep(0.02)
            connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")

    client = side.client(base_url=raw_server(failing).url, max_retries=100)
    with timeout_check.ends(0.3), pytest.raises((ServerError, APITimeoutError)):
        side.call(client, "get", "inv_1", timeout=0.3)


def test_a_users_transport_is_stopped_between_two_chunks(script: Any, time: Any) -> None:
    """`Paisr` only: the deadline of `AsyncPaisr` uses the clock of the event loop, which the test cannot set."""

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


def test_the_remaining_time_is_never_negative(time: Any) -> None:
    deadline = Deadline(2.0, lambda: time.seconds)
    assert deadline.remaining() == 2.0
    time.seconds += 5
    assert deadline.remaining() == 0.0
    assert repr(deadline) == "Deadline(timeout=2.0)"
