"""Faults before a request is sent: name resolution, ports, TLS, proxies, and arguments that are refused."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from functools import partial

from declarations import (
    CREATE,
    PROXY_PASSWORD,
    SHORT_TIMEOUT,
    TOKEN,
    Expect,
    Fault,
    Target,
    broken,
    certified,
    never_sent,
    other_authority,
    over_tls,
)
from server import Connection, FaultServer, after_request, cut, http


def closed_port(server: FaultServer) -> Target:
    """A port that refuses connections: bound, so that no other process takes it, and not listened on."""
    return Target(f"http://127.0.0.1:{_bound(server)}/v2")


def _bound(server: FaultServer) -> int:
    taken = server.cleanup.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    port: int = taken.getsockname()[1]
    return port


def full_backlog(server: FaultServer) -> Target:
    """A port whose backlog is full: the system drops the next connection attempt without a response."""
    listener = server.cleanup.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        waiting = server.cleanup.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    return Target(f"http://127.0.0.1:{listener.getsockname()[1]}/v2")


def unknown_name(resolver: str, server: FaultServer) -> Target:
    return Target("https://service.invalid/v2", resolver=resolver)


def untrusted(server: FaultServer) -> Target:
    """The server by https; the client trusts only the usual certificate authorities."""
    return Target(server.url.replace("http://", "https://"))


def through_proxy(server: FaultServer) -> Target:
    """The server is a faulty proxy; no request reaches the service behind it."""
    return Target("https://127.0.0.1:9/v2", proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:{server.port}")


def dead_proxy(server: FaultServer) -> Target:
    return Target("https://127.0.0.1:9/v2", proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:{_bound(server)}")


def elsewhere(base_url: str, token: str, server: FaultServer) -> Target:
    return Target(base_url or server.url, token=token)


def silent_tunnel(connection: Connection) -> None:
    """Accept the tunnel, and forward nothing."""
    connection.send(http(200, length=False))
    connection.hold()


def plain_refusal(connection: Connection) -> None:
    """The response of a plain HTTP server to a TLS ClientHello."""
    connection.socket.recv(65536)
    connection.send(http(400))
    connection.fin()


YESTERDAY = datetime.now(UTC) - timedelta(days=1)
# Only the certificate is wrong: a client that ignores it gets a response.
TLS_REFUSALS = [
    Fault("untrusted certificate", never_sent(), tls=certified("127.0.0.1", by=other_authority), arrange=over_tls),
    Fault("certificate authority that is not trusted", never_sent(), tls=certified("127.0.0.1"), arrange=untrusted),
    Fault("certificate of another host", never_sent(), tls=certified("other.example"), arrange=over_tls),
    Fault("expired certificate", never_sent(), tls=certified("127.0.0.1", not_after=YESTERDAY), arrange=over_tls),
]
CONNECTING = [
    Fault("connection refused", never_sent(), arrange=closed_port),
    Fault("connect time-out", never_sent("APITimeoutError"), arrange=full_backlog, timeout=SHORT_TIMEOUT),
    Fault("name not found", never_sent(), arrange=partial(unknown_name, "fails")),
    Fault(
        "look-up hangs", never_sent("APITimeoutError"), arrange=partial(unknown_name, "hangs"), timeout=SHORT_TIMEOUT
    ),
    *TLS_REFUSALS,
    Fault("TLS to a plain port", never_sent(), plain_refusal, arrange=over_tls),
    Fault("plain text to a TLS port", broken(reads=0), tls=certified("127.0.0.1")),
    Fault(
        "TLS handshake hangs", never_sent("APITimeoutError"), Connection.hold, arrange=over_tls, timeout=SHORT_TIMEOUT
    ),
    Fault("TLS handshake cut off", never_sent(), Connection.fin, arrange=over_tls),
    Fault("dead proxy", never_sent(), arrange=dead_proxy),
    Fault("proxy refuses the tunnel", never_sent(), cut(http(403)), arrange=through_proxy),
    Fault("proxy wants a password (407)", never_sent(), cut(http(407)), arrange=through_proxy),
    Fault("proxy echoes its password", never_sent(), cut(http(f"403 {PROXY_PASSWORD}")), arrange=through_proxy),
    Fault("proxy cannot reach the service", never_sent(), cut(http(502)), arrange=through_proxy),
    Fault("proxy hangs up", never_sent(), after_request(Connection.fin), arrange=through_proxy),
    Fault(
        "proxy is silent",
        never_sent("APITimeoutError"),
        after_request(Connection.hold),
        arrange=through_proxy,
        timeout=SHORT_TIMEOUT,
    ),
    Fault(
        "silent tunnel",
        never_sent("APITimeoutError"),
        after_request(silent_tunnel),
        arrange=through_proxy,
        timeout=SHORT_TIMEOUT,
    ),
]


def misconfigured(name: str, base_url: str = "", token: str = TOKEN) -> Fault:
    return Fault(
        name,
        {"get": Expect(0, "ConfigurationError", "not_sent")},
        arrange=partial(elsewhere, base_url, token),
        peers=False,
    )


def refused(name: str, **arguments: object) -> Fault:
    operation = "get" if "invoice_id" in arguments else "list" if {"limit", "status"} & arguments.keys() else "create"
    expected = {operation: Expect(0, "InvalidArgumentError", "not_sent")}
    given = CREATE | arguments if operation == "create" else arguments
    return Fault(name, expected, arguments=given, peers=False)


def item(**changes: object) -> list[dict[str, object]]:
    return [{"description": "Pizza", "quantity": 1, "unit_price": "9.50"} | changes]


LOCAL = [
    misconfigured("token with a line break", token=f"{TOKEN}\nX-More: 1"),
    misconfigured("plain http to another host", "http://service.invalid/v2"),
    misconfigured("credentials in the URL", f"https://user:{PROXY_PASSWORD}@service.invalid/v2"),
    refused("id .. (parent path)", invoice_id=".."),
    refused("empty id", invoice_id=""),
    refused("limit of zero", limit=0),
    refused("unknown status as filter", status="refunded"),
    refused("customer empty", customer=""),
    refused("price as float", items=item(unit_price=9.5)),
    refused("price not finite", items=item(unit_price="NaN")),
    refused("negative price", items=item(unit_price="-1")),
    refused("quantity of zero", items=item(quantity=0)),
    refused("51 items", items=item() * 51),
    refused("a lone surrogate", summary="\ud800"),
]
