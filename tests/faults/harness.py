"""Runs a client against a fault, and records everything that an observer can see: result, requests, time, secrets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import logging
import pickle
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx
from declarations import CREATE, PROXY_PASSWORD, TOKEN, Expect, Fault, Target
from server import FaultServer

from paisr import AsyncPaisr, Paisr, PaisrError
from paisr._base.runtime import Runtime
from paisr._engine.drivers import run_to_end

COLUMNS = ("Paisr", "AsyncPaisr")
# Transports of the user's own, which do not have all guarantees of the package's transport.
FOREIGN = ("Paisr, httpx.HTTPTransport", "AsyncPaisr, httpx_aiohttp.AiohttpTransport")
OVER = 1.0  # seconds that a call may outlive its deadline
USUAL: dict[str, dict[str, Any]] = {"create": CREATE, "get": {"invoice_id": "inv_123"}, "list": {}}
CANARIES = (TOKEN, PROXY_PASSWORD, base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode())

# Spellings in which a peer may echo the token.
SPELLED = (
    TOKEN.upper(),
    "".join(f"%{one:02x}" for one in TOKEN.encode()),
    "".join(f"\\u{one:04x}" for one in TOKEN.encode()),
    *(nul.join(TOKEN) for nul in ("\0", "\\x00", "\\\\x00", " ")),
)


@dataclass
class Observed:
    """The end of a call. `shown` names the places in which a secret was found; `overrun` is in seconds."""

    error: str = ""
    outcome: str = ""
    result: str = ""
    cause: str = ""
    requests: int = 0
    astray: int = 0  # requests at the host that a redirect points to
    pauses: list[float] = field(default_factory=list)
    overrun: float = 0.0
    shown: list[str] = field(default_factory=list)
    is_ours: bool = True

    def matches(self, expected: Expect) -> bool:
        return (
            (self.error, self.outcome, self.requests) == (expected.error, expected.outcome, expected.requests)
            and self.result == expected.result
            and (not expected.cause or self.cause == expected.cause)
            and (expected.pauses is None or self.pauses == list(expected.pauses))
        )

    def __str__(self) -> str:
        ended = f"{self.error} {self.outcome}" if self.error else self.result
        return f"{ended}, {self.requests}"


class Logs(logging.Handler):
    """Records the output of every logger, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.stream = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(f"{record.getMessage()} {record.args!r} {record.__dict__!r}\n")


@contextlib.contextmanager
def all_logs() -> Iterator[io.StringIO]:
    logs, root = Logs(), logging.getLogger()
    before = root.level
    root.addHandler(logs)
    root.setLevel(logging.DEBUG)
    try:
        yield logs.stream
    finally:
        root.setLevel(before)
        root.removeHandler(logs)


@contextlib.contextmanager
def resolver(kind: str) -> Iterator[threading.Event]:
    """Replaces the name resolution of the system: names under .invalid fail, or hang until the event is set."""
    usual, released = socket.getaddrinfo, threading.Event()

    def look_up(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if flags & socket.AI_NUMERICHOST or not name.endswith(".invalid"):
            return usual(host, port, family, type, proto, flags)
        if kind == "hangs":
            released.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if kind:
        socket.getaddrinfo = look_up
    try:
        yield released
    finally:
        released.set()
        socket.getaddrinfo = usual


def runtime(pauses: list[float]) -> Runtime:
    """A runtime that records the pauses of the backoff and does not sleep."""

    async def sleep_async(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    return Runtime(jitter=lambda: 0.0, sleep=pauses.append, sleep_async=sleep_async)


def settings(target: Target, fault: Fault) -> dict[str, Any]:
    return {
        "token": target.token,
        "base_url": target.base_url,
        "proxy": target.proxy,
        "tls": target.tls,
        "timeout": fault.timeout,
        "rate_limit": None,
        # Events are searched for secrets together with the logs.
        "on_event": logging.getLogger("on_event").debug,
    }


def async_transport(target: Target) -> httpx.AsyncBaseTransport:
    import httpx_aiohttp

    proxy = httpx.Proxy(target.proxy) if target.proxy else None
    return httpx_aiohttp.AiohttpTransport(verify=target.tls or True, proxy=proxy)


def sync_transport(target: Target) -> httpx.BaseTransport:
    return httpx.HTTPTransport(verify=target.tls or True, proxy=target.proxy)


class Trial:
    """One client, one fault, one operation."""

    def __init__(self, column: str, fault: Fault, operation: str) -> None:
        self.column, self.fault, self.operation = column, fault, operation
        self.seen = Observed()

    def run(self) -> Observed:
        fault = self.fault
        tls = fault.tls() if fault.tls else None
        with (
            all_logs() as logs,
            FaultServer(fault.behave, tls=tls, receive_buffer=fault.receive_buffer) as server,
            resolver((target := fault.arrange(server)).resolver) as self._released,
        ):
            error: BaseException | None = None
            try:
                if self.column.startswith("Async"):
                    asyncio.run(self._call_async(server, target))
                else:
                    self._call(server, target)
            except Exception as caught:
                error = caught
                self._ended(server)
                self._failed(caught)
            self.seen.shown += _found_in("the log", logs.getvalue())
        if error is not None:
            self._search_for_secrets(error)
        return self.seen

    def _call(self, server: FaultServer, target: Target) -> None:
        own = runtime(self.seen.pauses)
        client_type = type("Paisr", (Paisr,), {"_runtime": own})
        options = settings(target, self.fault)
        if self.column in FOREIGN:
            options["transport"] = sync_transport(target)
        with client_type(**options) as client:
            if self.fault.warm:
                with contextlib.suppress(PaisrError):
                    client.invoices.get("inv_warm")
                time.sleep(0.03)
            self._begin(server)
            got = getattr(client.invoices, self.operation)(**self.fault.arguments or USUAL[self.operation])
            self._ended(server)
            self._got(got)

    async def _call_async(self, server: FaultServer, target: Target) -> None:
        own = runtime(self.seen.pauses)
        client_type = type("AsyncPaisr", (AsyncPaisr,), {"_runtime": own})
        options = settings(target, self.fault)
        if self.column in FOREIGN:
            options["transport"] = async_transport(target)
        async with client_type(**options) as client:
            if self.fault.warm:
                with contextlib.suppress(PaisrError):
                    await client.invoices.get("inv_warm")
                await asyncio.sleep(0.03)
            self._begin(server)
            try:
                got = await getattr(client.invoices, self.operation)(**self.fault.arguments or USUAL[self.operation])
            finally:
                self._ended(server)
                if self.fault.receive_buffer:
                    # aiohttp keeps writing a request that it has begun until the server closes the connection.
                    server.stopping.set()
                    await asyncio.sleep(0.05)
            self._got(got)

    def _begin(self, server: FaultServer) -> None:
        self._before = len(server.requests)
        self._started = time.monotonic()
        self._finished = 0.0

    _started = _finished = 0.0
    _before = 0

    def _ended(self, server: FaultServer) -> None:
        """Record the end of the call, once: closing the client does not count."""
        if self._finished:
            return
        self._finished = time.monotonic()
        self._released.set()
        if self._started:
            self.seen.overrun = max(0.0, self._finished - self._started - self.fault.timeout)
        method = "POST" if self.operation == "create" else "GET"
        self.seen.requests = sum(one.method == method for one in server.requests[self._before :])
        self.seen.astray = len(server.elsewhere.requests) if server.elsewhere else 0

    def _got(self, result: Any) -> None:
        first = result[0] if self.operation == "list" else result
        self.seen.result = first.id

    def _failed(self, error: Exception) -> None:
        self.seen.error = type(error).__name__
        self.seen.is_ours = isinstance(error, PaisrError)
        self.seen.outcome = getattr(error, "outcome", "")
        self.seen.cause = type(error.__cause__).__name__

    def _search_for_secrets(self, error: BaseException) -> None:
        self.seen.shown += shown_by(error)


def shown_by(error: BaseException) -> list[str]:
    """The places in which an error reveals a secret: its text, its pickle, its traceback with local variables."""
    shown: list[str] = []
    for link in _chain(error):
        shown += _found_in("the text", f"{link!r} {link!s} {link.args!r} {link.__dict__!r}")
    for link in _chain(error):
        link.__traceback__ = _below_this_file(link.__traceback__)
    try:
        recorded = traceback.TracebackException.from_exception(error, capture_locals=True)
    except Exception as unshowable:
        shown.append(f"(a local has no repr: {unshowable!r})")
    else:
        shown += _found_in("the traceback with locals", "".join(recorded.format(chain=True)))
    if isinstance(error, PaisrError):
        pickled = pickle.dumps(error)
        shown += _found_in("the pickle", pickled.decode("latin-1"))
        again = pickle.loads(pickled)
        if (type(again), str(again), again.outcome) != (type(error), str(error), error.outcome):
            shown.append("(the pickle is not the same error)")
    return shown


def _below_this_file(frames: TracebackType | None) -> TracebackType | None:
    """The frames of the library only: the frames of the caller hold the secrets that the caller passed."""
    rest, found = frames, frames
    while found is not None:
        if found.tb_frame.f_code.co_filename == __file__:
            rest = found.tb_next
        found = found.tb_next
    return rest


def _chain(error: BaseException | None, known: frozenset[int] = frozenset()) -> Iterator[BaseException]:
    if error is None or id(error) in known:
        return
    known |= {id(error)}
    yield error
    yield from _chain(error.__cause__, known)
    yield from _chain(error.__context__, known)


def _found_in(place: str, text: str) -> list[str]:
    return [place] if any(canary in text for canary in (*CANARIES, *SPELLED)) else []


def trial(column: str, fault: Fault, operation: str) -> Observed:
    return Trial(column, fault, operation).run()


def close_connections(client: Paisr) -> None:
    """Close the idle connections of a client: its next call opens a new one."""
    run_to_end(client._transport.close())
