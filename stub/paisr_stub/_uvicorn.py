"""uvicorn in a thread: started when it reports that it is ready, stopped on request."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from paisr_stub._app import CLOSE_CONNECTION
from paisr_stub._responses import failure

GRACE = 0.3  # seconds that requests under way have to end when the server stops


class Protocol(H11Protocol):
    """uvicorn's protocol. It also lets the application close its connection, and refuses non-HTTP in the envelope."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        application: Any = self.app

        async def with_close(scope: Scope, receive: Receive, send: Send) -> None:
            scope[CLOSE_CONNECTION] = transport.close
            await application(scope, receive, send)

        self.app = with_close

    def send_400_response(self, msg: str) -> None:
        response = failure(400, msg)
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(response.body))),
            ("Connection", "close"),
        ]
        head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (head, h11.Data(data=response.body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's server. An event ends it, where uvicorn polls every tenth of a second."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
        )
        super().__init__(config)
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None

    def run_on(self, listener: socket.socket) -> None:
        try:
            with listener:
                asyncio.run(self.serve(sockets=[listener]))
        except BaseException as error:
            self.failure = error
        finally:
            self.ready.set()

    def end(self) -> None:
        """From any thread: begin to shut down."""
        loop, ending = self._loop, self._ending
        if loop is not None and ending is not None and not loop.is_closed():
            loop.call_soon_threadsafe(ending.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        await self.on_tick(0)
        self.ready.set()
        while not self._ending.is_set():
            try:
                await asyncio.wait_for(self._ending.wait(), 1)
            except TimeoutError:
                await self.on_tick(0)  # keeps the Date header right

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._wait_for_connections(GRACE)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await self._wait_for_connections(GRACE)

    async def _wait_for_connections(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (self.server_state.connections or self.server_state.tasks) and loop.time() < end:
            await asyncio.sleep(0.005)
