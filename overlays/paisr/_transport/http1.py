"""HTTP/1.1 on one connection: h11 reads and writes it, and knows where a response ends."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import h11

from paisr._engine.steps import RawResponse
from paisr._transport.bodies import Body
from paisr._transport.progress import NO_RESPONSE, NOT_WRITTEN

if TYPE_CHECKING:
    from paisr._transport.progress import Progress
    from paisr._transport.streams import Stream
    from paisr._transport.tls import Layer

# Bytes of a response's head, or of a line between chunks.
MAX_HEAD = 100 * 1024
END = h11.EndOfMessage()


class Connection:
    """An open connection to the service, for one request after the other. `layer`: what HTTP is spoken over."""

    def __init__(self, stream: Stream, layer: Layer) -> None:
        self.stream = stream
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

    async def exchange(self, request: h11.Request, body: bytes | None, progress: Progress) -> RawResponse:
        """Send a request, and read its response to the end."""
        http = self._http
        if http.our_state is h11.DONE:
            http.start_next_cycle()
        progress.timeout_reason = NOT_WRITTEN
        written = http.send(request) or b""
        if body:
            written += http.send(h11.Data(data=body)) or b""
        http.send(END)
        with contextlib.suppress(ConnectionError):  # a service that closes early may have sent a response first
            await self._layer.send(written, progress)
        progress.timeout_reason = NO_RESPONSE
        await self._receive(progress)  # without a question to h11, which has nothing yet
        while not isinstance(head := await self._next(progress), h11.Response):
            pass  # an interim response
        progress.head = status, headers = head.status_code, head.headers.raw_items()
        content = Body(headers)
        while isinstance(event := await self._next(progress), h11.Data):
            content.add(bytes(event.data))
        return RawResponse(status, headers, content.whole())

    async def _next(self, progress: Progress) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            await self._receive(progress)
        return event

    async def _receive(self, progress: Progress) -> None:
        data = await self._layer.receive(progress)
        if not data and self._http.their_state is h11.SEND_RESPONSE:
            raise h11.RemoteProtocolError("the connection was closed before a response came")
        self._http.receive_data(data)
