"""The stub on a port of its own: uvicorn in a thread, ready when `start` returns and gone when `stop` does."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import h11
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from paisr_stub._api import PREFIX
from paisr_stub._app import CLOSE_CONNECTION, StubApp
from paisr_stub._clock import Clock
from paisr_stub._control import PREFIX as CONTROL_PREFIX
from paisr_stub._responses import failure

GRACE = 0.3  # seconds that requests under way have to end when the server stops


class StubServer(StubApp):
    """The stub on `http://127.0.0.1:PORT/v2`.

    >>> with StubServer() as stub:
    ...     stub.seed(10)
    ...     # send requests to stub.url with `Authorization: Bearer` and stub.token

    - `port`: 0 is a free one; `host`: an address of this machine's loopback, nothing else is taken.
    - `db`: a file that outlives the server; without, everything is in memory and gone after `stop`.
    - `token`: the token, or several; random when not given. `.token` is the (first) one.
    - `clock`: what time it is, as an aware datetime; the machine's own by default.
    - `seed`: decides which invoices `.seed(n)` makes up, and which ids there are.
    - `rate_limit`: requests in any 60 seconds, or `(requests, seconds)`; off by default. The documented one is 250.
    - `webhook_url`, `webhook_secret`: where deliveries go from the start, as `send_webhooks` says; nowhere by default.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        db: str | Path | None = None,
        token: str | Sequence[str] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        rate_limit: int | tuple[int, float] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> None:
        self._family = _loopback_family(host)
        self._address = (host, port)
        self._port: int | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        super().__init__(
            db=db,
            token=token,
            clock=clock,
            seed=seed,
            rate_limit=rate_limit,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
        )

    @property
    def url(self) -> str:
        """What to give a client as its base URL; ends in `/v2`, as the service's does."""
        return self._origin + PREFIX

    @property
    def url_for_control(self) -> str:
        """Where another process can seed, pay, void and order faults: `POST {url_for_control}/pay` with `{"id": …}`.

        The others are issue, void, seed (`count`), fail (the arguments of `fail_next`), reset and requests. Each is a
        POST with the token and a JSON object. Responses are in the API's envelope; what cannot be done gets 422.
        """
        return self._origin + CONTROL_PREFIX.rstrip("/")

    @property
    def port(self) -> int:
        """The port it listens on; raises `RuntimeError` before `start`."""
        if self._port is None:
            raise RuntimeError("The stub has not been started.")
        return self._port

    @property
    def _origin(self) -> str:
        host = self._address[0]
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> Self:
        """Listen; when this returns, requests are served. Raises `OSError` when the port is taken."""
        if self._thread is not None:
            raise RuntimeError("The stub was started before. A new one is needed.")
        try:
            listener = _listener(self._family, self._address)
        except BaseException:
            self.close()
            raise
        self._port = listener.getsockname()[1]
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.run_on, args=(listener,), name="paisr-stub", daemon=True)
        self._thread.start()
        self._server.ready.wait()
        if self._server.failure is not None:
            self._thread.join()
            raise RuntimeError("The stub did not start.") from self._server.failure
        return self

    def stop(self) -> None:
        """Stop listening, close every connection and the store. Takes less than a second; twice is once."""
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join()
        self.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _loopback_family(host: str) -> socket.AddressFamily:
    """Raises `ValueError` unless `host` is a loopback address: the stub is not to be reached from elsewhere."""
    if host == "localhost":
        return socket.AF_INET
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"host {host!r} is not a loopback address such as 127.0.0.1.") from None
    if not address.is_loopback:
        raise ValueError(f"host {host} is not a loopback address such as 127.0.0.1.")
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET


def _listener(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's algorithm off; without, each response waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would allow two servers on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except BaseException:
        listener.close()
        raise
    return listener


class _Protocol(H11Protocol):
    """uvicorn's own, which also lets the application close its connection, and refuses non-HTTP in the envelope."""

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


class _Server(uvicorn.Server):
    """uvicorn's own, which is told to end by an event instead of being asked every tenth of a second."""

    def __init__(self, app: StubApp) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
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
