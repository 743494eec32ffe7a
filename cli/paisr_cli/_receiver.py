"""A small HTTP server on loopback that takes webhook deliveries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, Self, cast

from paisr import ConfigurationError, WebhookError, WebhookEvent, webhooks
from paisr_cli._output import say

HOST = "127.0.0.1"
# Bytes. A delivery is an id and the name of an event (vendor's documentation).
MAX_BODY = 65_536
# Seconds that a sender may take for its request.
MAX_WAIT = 10


class Receiver(ThreadingHTTPServer):
    """Takes deliveries while it is entered; iterating over it gives each genuine event as it comes."""

    daemon_threads = True

    def __init__(self, port: int, secret: str, tolerance: float) -> None:
        self._secret, self._tolerance = secret, tolerance
        self._events: SimpleQueue[WebhookEvent] = SimpleQueue()
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise ConfigurationError(f"Port {port} of {HOST} cannot be listened on: {error.strerror}.") from None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def take(self, body: bytes, headers: Any) -> HTTPStatus:
        """The response to a delivery."""
        try:
            event = webhooks.verify(body, headers=headers, secret=self._secret, tolerance=self._tolerance)
        except WebhookError as error:
            say(f"refused a delivery: {error}")
            return HTTPStatus.BAD_REQUEST
        self._events.put(event)
        return HTTPStatus.NO_CONTENT

    def __iter__(self) -> Iterator[WebhookEvent]:
        while True:
            yield self._events.get()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True, name="paisr-webhooks").start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Reads one delivery, with limits on its size and time."""

    timeout = MAX_WAIT

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._respond(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > 9 or int(length) > MAX_BODY:
            self._respond(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            receiver = cast("Receiver", self.server)
            self._respond(receiver.take(self.rfile.read(int(length)), self.headers))

    def _respond(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a stranger's request must not reach the terminal."""
