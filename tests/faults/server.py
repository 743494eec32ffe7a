"""A faulty server on loopback: the behaviour of a fault serves each connection, on the bare socket."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

HOLD_TIMEOUT = 30.0  # seconds after which an open connection is closed
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Received:
    """A received request. `connection` counts from 0."""

    connection: int
    method: str
    target: str
    head: bytes
    body: bytes

    @property
    def invoice_id(self) -> str:
        """The last segment of the path: the requested id."""
        return self.target.split("?")[0].rpartition("/")[2]


class Connection:
    """One accepted connection, with the actions that faults are made of."""

    def __init__(self, server: FaultServer, number: int, peer: socket.socket) -> None:
        self.server = server
        self.number = number
        self.socket = peer
        self._unread = b""

    def request(self) -> Received | None:
        """Read one whole request and count it; None when the client has hung up."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        found = _LENGTH.search(head)
        body = self._exactly(int(found[1]) if found else 0)
        if body is None:
            return None
        method, target, *_version = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        received = Received(self.number, method, target, head, body)
        self.server.requests.append(received)
        return received

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hold(self) -> None:
        """Send nothing until the client closes the connection or the server stops."""
        with contextlib.suppress(OSError):
            while self.socket.recv(65536):
                pass

    def wait_for_stop(self) -> None:
        """Neither read nor write until the server stops."""
        self.server.stopping.wait(HOLD_TIMEOUT)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send DATA again and again, until the client closes the connection or the server stops."""
        for byte in itertools.cycle(data):
            self.send(bytes([byte]))
            if self.server.stopping.wait(seconds):
                return

    def fin(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _until(self, end: bytes) -> bytes | None:
        while end not in self._unread:
            more = self.socket.recv(65536)
            if not more:
                return None
            self._unread += more
        head, _, self._unread = self._unread.partition(end)
        return head + end

    def _exactly(self, length: int) -> bytes | None:
        while len(self._unread) < length:
            more = self.socket.recv(65536)
            if not more:
                return None
            self._unread += more
        body, self._unread = self._unread[:length], self._unread[length:]
        return body


Behaviour = Callable[[Connection], None]


class FaultServer:
    """Serves one behaviour on a free port, each connection in a thread of its own, and records the requests."""

    def __init__(self, behave: Behaviour, *, tls: ssl.SSLContext | None = None, receive_buffer: int = 0) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.cleanup = contextlib.ExitStack()
        self.elsewhere: FaultServer | None = None  # another host, which a redirect may point to
        self._behave = behave
        self._tls = tls
        self._listener = socket.socket()
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    def count(self, method: str) -> int:
        return sum(received.method == method for received in self.requests)

    def forget(self) -> None:
        """Drop the recorded requests and connections, so that a test can measure the memory of this process."""
        self.requests.clear()
        self._open = {one for one in self._open if one.fileno() != -1}
        self._threads = [one for one in self._threads if one.is_alive()]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in list(self._open):
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self.cleanup.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _address = self._listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(peer)
            self._start(self._serve, self.connections, peer)
            self.connections += 1

    def _serve(self, number: int, peer: socket.socket) -> None:
        # A client may break off its connection to a faulty server at any time.
        with contextlib.suppress(OSError, ValueError), peer:
            peer.settimeout(HOLD_TIMEOUT)
            if self._tls is None:
                self._behave(Connection(self, number, peer))
                return
            with self._tls.wrap_socket(peer, server_side=True) as wrapped:
                self._open.add(wrapped)
                self._behave(Connection(self, number, wrapped))


def http(status: int | str = 200, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """The bytes of a response. `headers` are whole lines; without `length` there is no Content-Length."""
    lines = [f"HTTP/1.1 {status}" if isinstance(status, str) else f"HTTP/1.1 {status} Something", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def as_json(value: object, status: int = 200, *headers: str) -> bytes:
    return http(status, json.dumps(value).encode(), "Content-Type: application/json", *headers)


def right_response(received: Received) -> bytes:
    """The response of a healthy service: the requested invoice, or the created one."""
    return as_json({"success": True, "data": right_data(received)})


def right_data(received: Received) -> dict[str, object]:
    if received.method == "POST":
        return {"id": "inv_created", "status": "unpaid", "session": None}
    if received.invoice_id == "invoices":
        return {"invoices": [{"id": "inv_1", "status": "paid"}, {"id": "inv_2", "status": "draft"}]}
    return {"id": received.invoice_id, "status": "paid", "currency": "SRD"}


Response = bytes | Callable[[Received], bytes]


def response_bytes(response: Response, received: Received) -> bytes:
    return response if isinstance(response, bytes) else response(received)


def always(response: Response) -> Behaviour:
    """Every request of every connection gets this response."""

    def behave(connection: Connection) -> None:
        while received := connection.request():
            connection.send(response_bytes(response, received))

    return behave


def in_turn(*responses: Response) -> Behaviour:
    """The first request gets the first response, and so on; the last response is repeated."""

    def behave(connection: Connection) -> None:
        while received := connection.request():
            place = min(len(connection.server.requests), len(responses)) - 1
            connection.send(response_bytes(responses[place], received))

    return behave


def after_request(then: Behaviour) -> Behaviour:
    """Read one request, then do THEN."""

    def behave(connection: Connection) -> None:
        if connection.request():
            then(connection)

    return behave


def after_good_response(then: Behaviour) -> Behaviour:
    """Respond to the first request as a healthy service does; after that, do THEN on the connection."""

    def behave(connection: Connection) -> None:
        if connection.number == 0:
            received = connection.request()
            if received:
                connection.send(right_response(received))
        then(connection)

    return behave


def cut(response: bytes) -> Behaviour:
    """Send these bytes in response to a request, and close the connection."""

    def behave(connection: Connection) -> None:
        connection.send(response)
        connection.fin()

    return after_request(behave)


healthy: Behaviour = always(right_response)
