"""The stub on its own port: uvicorn in a thread, ready when `start` returns and ended when `stop` returns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from paisr_stub._api import PREFIX
from paisr_stub._app import StubApp
from paisr_stub._checkout import PREFIX as CHECKOUT_PREFIX
from paisr_stub._clock import Clock
from paisr_stub._control import PREFIX as CONTROL_PREFIX
from paisr_stub._guard import Guard, name_of
from paisr_stub._listening import address_family, listener, origin_of
from paisr_stub._uvicorn import Server

MIN_REMOTE_TOKEN = 16  # characters


class StubServer(StubApp):
    """The stub on `http://127.0.0.1:PORT/v2`.

        with StubServer() as stub:
            stub.seed(10)
            ...  # send requests to stub.url with `Authorization: Bearer` and stub.token

    - `port`: 0 is a free one; `host`: an address of this machine's loopback.
    - `allow_remote`: allows any other `host`, so that other machines and containers reach the stub. The token, which
      protects the control endpoints too, then needs at least 16 characters.
    - `public_url`: the URL under which others reach the stub, such as `http://stub:8000`; `.url` and the checkout
      links begin with it.
    - `db`: a file that keeps the state; by default the state is in memory.
    - `token`: the token, or several; random by default. `.token` is the first one.
    - `clock`: a function that returns the time as an aware datetime; the machine's clock by default.
    - `seed`: determines the invoices that `.seed(n)` generates, and the ids.
    - `rate_limit`: requests in any 60 seconds, or `(requests, seconds)`; off by default. The documented one is 250.
    - `webhook_url`, `webhook_secret`: the arguments of `send_webhooks`; no deliveries are sent by default.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        allow_remote: bool = False,
        public_url: str | None = None,
        db: str | Path | None = None,
        token: str | Sequence[str] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        rate_limit: int | tuple[int, float] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> None:
        self._family = address_family(host, allow_remote=allow_remote)
        if allow_remote:
            _check_tokens(token)
        self._public = None if public_url is None else origin_of(public_url)
        self._address = (host, port)
        self._port: int | None = None
        self._server: Server | None = None
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
        self._guard = Guard(frozenset({"localhost"} if self._public is None else {"localhost", name_of(self._public)}))

    @property
    def url(self) -> str:
        """The base URL for a client. It ends in `/v2`, as the service's does."""
        return self._origin + PREFIX

    @property
    def url_for_control(self) -> str:
        """The URL at which another process can seed, pay, void and plan faults: `POST {url_for_control}/pay` with
        `{"id": …}`.

        The others are issue, void, seed (`count`), advance (`seconds`), fail (the arguments of `fail_next`), reset and
        requests. Each is a POST with the token and a JSON object. Responses are in the API's envelope; a request that
        cannot be carried out gets 422.
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
        if self._public is not None:
            return self._public
        host = self._address[0]
        if host in ("0.0.0.0", "::"):
            host = "127.0.0.1" if host == "0.0.0.0" else "::1"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> Self:
        """Start to serve requests. Raises `OSError` when the port is taken."""
        if self._thread is not None:
            raise RuntimeError("The stub was started before. A new one is needed.")
        try:
            listening = listener(self._family, self._address)
        except BaseException:
            self.close()
            raise
        self._port = listening.getsockname()[1]
        self._store.checkout_url = self._origin + CHECKOUT_PREFIX.rstrip("/")
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.run_on, args=(listening,), name="paisr-stub", daemon=True)
        self._thread.start()
        self._server.ready.wait()
        if self._server.failure is not None:
            self._thread.join()
            raise RuntimeError("The stub did not start.") from self._server.failure
        return self

    def stop(self) -> None:
        """Stop listening, close every connection and the store. Takes less than a second; a second call does
        nothing."""
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


def _check_tokens(token: str | Sequence[str] | None) -> None:
    given = () if token is None else (token,) if isinstance(token, str) else token
    if any(len(each) < MIN_REMOTE_TOKEN for each in given):
        raise ValueError(f"A stub that others can reach needs a token of at least {MIN_REMOTE_TOKEN} characters.")
