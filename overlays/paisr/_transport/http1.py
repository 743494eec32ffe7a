"""HTTP/1.1 on one connection, without IO: h11 reads and writes it, and knows where a response ends."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import h11

from paisr._engine.steps import RawResponse
from paisr._transport.bodies import Body
from paisr._transport.progress import NO_RESPONSE, NOT_WRITTEN

if TYPE_CHECKING:
    from paisr._transport.layers import ByteSteps, Layer
    from paisr._transport.progress import Progress

# Bytes of a response's head, or of a line between chunks.
MAX_HEAD = 100 * 1024
END = h11.EndOfMessage()


class Http1:
    """The HTTP side of one connection, for one request after the other."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._http = h11.Connection(h11.CLIENT, MAX_HEAD)

    @property
    def is_reusable(self) -> bool:
        """Whether the last response was read to its end, and no byte came after it."""
        http = self._http
        return (
            http.our_state is h11.DONE
            and http.their_state is h11.DONE
            and http.trailing_data == (b"", False)
            and self._layer.is_quiet
        )

    def exchange(self, request: h11.Request, body: bytes | None, progress: Progress) -> ByteSteps[RawResponse]:
        """Send a request, and read its response to the end."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        progress.timeout_reason = NOT_WRITTEN
        with contextlib.suppress(ConnectionError):  # a service that closes early may have sent a response first
            yield from self._layer.send(self._written(request, body))
        progress.timeout_reason = NO_RESPONSE
        yield from self._receive()  # without a question to h11, which has nothing yet
        head = yield from self.head()
        progress.head = status, headers = head.status_code, head.headers.raw_items()
        content = Body(headers)
        while isinstance(event := (yield from self._next()), h11.Data):
            content.add(bytes(event.data))
        return RawResponse(status, headers, content.whole())

    def head(self) -> ByteSteps[h11.Response]:
        """The head of the final response; interim responses are skipped."""
        while not isinstance(event := (yield from self._next()), h11.Response):
            pass
        return event

    def _written(self, request: h11.Request, body: bytes | None) -> bytes:
        head = self._http.send(request) or b""
        content = self._http.send(h11.Data(data=body)) if body else None
        self._http.send(END)
        return head + (content or b"")

    def _next(self) -> ByteSteps[object]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            yield from self._receive()
        return event

    def _receive(self) -> ByteSteps[None]:
        data = yield from self._layer.receive()
        if not data and self._http.their_state is h11.SEND_RESPONSE:
            raise h11.RemoteProtocolError("the connection was closed before a response came")
        self._http.receive_data(data)
