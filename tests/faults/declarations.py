"""A fault as data, and the expected result of a call during it."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import trustme
from server import Behaviour, FaultServer, healthy

TOKEN = "canary-token-7f3a91"
PROXY_PASSWORD = "canary-proxy-5d20c4"

SHORT_TIMEOUT = 0.4  # the timeout of a call to a silent peer, in seconds
LONG_TIMEOUT = 5.0  # the timeout of every other call

CREATE = {"customer": "cus_1", "summary": "Two pizzas", "due": "In 3 days"}


@dataclass(frozen=True)
class Expect:
    """The expected result of a call. `requests`: the exact number of GETs or POSTs at the server, after the warm-up.

    Without `error` the call has a result, whose id is `result`. `cause` is the class of the error's cause; `pauses`
    are the seconds slept before each retry.
    """

    requests: int
    error: str = ""
    outcome: str = ""
    result: str = ""
    cause: str = ""
    pauses: tuple[float, ...] | None = None


Expects = Mapping[str, Expect]  # by operation: "get", "list", "create"


@dataclass(frozen=True)
class Target:
    """The settings that lead a client to the fault, as plain data that can be passed to another process."""

    base_url: str
    token: str = TOKEN
    proxy: str | None = None
    ca: str | None = None  # a file with the certificates to trust
    resolver: str = ""  # "fails" or "hangs"

    @property
    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.ca) if self.ca else None


def plain(server: FaultServer) -> Target:
    return Target(server.url)


@dataclass(frozen=True)
class Fault:
    """One way in which the service, the network or the caller goes wrong.

    `warm`: a successful call comes first, on the connection that then has the fault. `arguments` replace the usual
    ones of the operation. `peers`: the fault can be tested with other libraries as well.
    """

    name: str
    expects: Expects
    behave: Behaviour = healthy
    arrange: Callable[[FaultServer], Target] = plain
    timeout: float = LONG_TIMEOUT
    warm: bool = False
    tls: Callable[[], ssl.SSLContext] | None = None
    receive_buffer: int = 0
    arguments: Mapping[str, Any] = field(default_factory=dict)
    peers: bool = True


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def other_authority() -> trustme.CA:
    return trustme.CA()


def certified(*names: str, by: Callable[[], trustme.CA] = authority, **options: Any) -> Callable[[], ssl.SSLContext]:
    """A server's TLS context with a certificate for these names."""

    def context() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by().issue_cert(*names, **options).configure_cert(made)
        return made

    return context


def over_tls(server: FaultServer) -> Target:
    """The server by https; the client trusts its certificate authority."""
    ca = server.cleanup.enter_context(authority().cert_pem.tempfile())
    return Target(server.url.replace("http://", "https://"), ca=ca)


def never_sent(error: str = "APIConnectionError") -> Expects:
    expected = Expect(0, error, "not_sent")
    return {"get": expected, "create": expected}


def ambiguous(cause: str, reads: int = 1, creates: int = 1) -> Expects:
    """The outcome is unknown: a read raises CAUSE after READS requests, a create raises `OutcomeUnknownError`."""
    return {
        "get": Expect(reads, cause, "unknown"),
        "create": Expect(creates, "OutcomeUnknownError", "unknown", cause=cause),
    }


def broken(reads: int = 3) -> Expects:
    return ambiguous("APIConnectionError", reads, min(reads, 1))


def late(requests: int = 1) -> Expects:
    return ambiguous("APITimeoutError", requests, requests)


def off_contract() -> Expects:
    return ambiguous("UnexpectedResponseError")


def rejected(error: str, requests: int = 1) -> Expects:
    return dict.fromkeys(("get", "create"), Expect(requests, error, "rejected"))


def success() -> Expects:
    return {"get": Expect(1, result="inv_123"), "create": Expect(1, result="inv_created")}
