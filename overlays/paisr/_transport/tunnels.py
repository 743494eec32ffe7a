"""The handshakes with a proxy: CONNECT by HTTP and by SOCKS 5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11

if TYPE_CHECKING:
    from paisr._transport.layers import ByteSteps, Layer
    from paisr._transport.requests import Header

Login = tuple[bytes, bytes]


class ProxyError(OSError):
    """A proxy did not connect to the service."""


def ask_http_proxy(layer: Layer, authority: bytes, headers: list[Header]) -> ByteSteps[None]:
    """CONNECT to the service's host and port."""
    http = h11.Connection(h11.CLIENT)
    request = h11.Request(method=b"CONNECT", target=authority, headers=[(b"Host", authority), *headers])
    yield from layer.send((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
    # No error quotes the proxy, whose text may have the password in it.
    try:
        while not isinstance(event := http.next_event(), h11.Response):
            if event is h11.NEED_DATA:
                data = yield from layer.receive()
                if not data:
                    raise ProxyError("the proxy closed the connection")
                http.receive_data(data)
    except h11.RemoteProtocolError:
        raise ProxyError("the proxy does not speak HTTP/1.1") from None
    if not 200 <= event.status_code < 300:
        raise ProxyError(f"the proxy responded with {event.status_code}")
    if http.trailing_data[0]:
        raise ProxyError("the proxy sent bytes before the request")


def ask_socks_proxy(layer: Layer, host: str, port: int, login: Login | None) -> ByteSteps[None]:
    """CONNECT to a host and port by SOCKS 5 (RFC 1928, RFC 1929)."""
    from socksio import ProtocolError, socks5  # here, because it is an extra of httpx, and few need it

    socks: Any = socks5.SOCKS5Connection()
    method = socks5.SOCKS5AuthMethod.USERNAME_PASSWORD if login else socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED

    def ask(request: Any) -> ByteSteps[Any]:
        socks.send(request)
        yield from layer.send(socks.data_to_send())
        try:
            return socks.receive_data((yield from layer.receive()))
        except ProtocolError as error:
            raise ProxyError(f"the proxy does not speak SOCKS 5: {error}") from None

    reply = yield from ask(socks5.SOCKS5AuthMethodsRequest([method]))
    if reply.method != method:
        raise ProxyError("the proxy requires another authentication method")
    if login and not (yield from ask(socks5.SOCKS5UsernamePasswordRequest(*login))).success:
        raise ProxyError("the proxy does not accept the user name and password")
    command = socks5.SOCKS5CommandRequest.from_address(socks5.SOCKS5Command.CONNECT, (host, port))
    reply = yield from ask(command)
    if reply.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED:
        raise ProxyError(f"the proxy could not connect ({reply.reply_code.name.lower().replace('_', ' ')})")
