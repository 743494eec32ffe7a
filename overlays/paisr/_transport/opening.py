"""How a connection to the service is opened: the address to connect to, and the handshakes before the first request."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import h11

from paisr._transport.tls import Tls, shared_context

if TYPE_CHECKING:
    import ssl

    from paisr._base.route import Route, Service
    from paisr._transport.progress import Progress
    from paisr._transport.proxies import Proxy
    from paisr._transport.streams import Stream
    from paisr._transport.tls import Layer

Login = tuple[bytes, bytes]


class Opening:
    """How a client opens connections: directly, or through a proxy. `address`: the host and port to connect to."""

    def __init__(self, route: Route, proxy: Proxy | None) -> None:
        self._service = service = route.service
        self._proxy = proxy
        self._context: ssl.SSLContext | None = None
        if service.scheme == "https":
            self._context = route.tls or shared_context()
        first = proxy or service
        self.address = first.host, first.effective_port

    async def handshakes(self, stream: Stream, progress: Progress) -> Layer:
        """Carry out the handshakes with a proxy and for TLS. Returns the layer for HTTP."""
        layer: Layer = stream
        service, proxy = self._service, self._proxy
        if proxy is not None:
            if proxy.scheme == "https":
                layer = await Tls(layer, shared_context(), proxy.host).handshake(progress)
            ask = ask_http_proxy if proxy.is_http else ask_socks_proxy
            await ask(layer, service, proxy.login, progress)
        if self._context is not None:
            layer = await Tls(layer, self._context, service.host).handshake(progress)
        return layer


async def ask_http_proxy(layer: Layer, service: Service, login: Login | None, progress: Progress) -> None:
    """CONNECT to the service's host and port."""
    http = h11.Connection(h11.CLIENT)
    headers = [(b"Host", service.address.encode())]
    if login is not None:
        headers.append((b"Proxy-Authorization", b"Basic " + b64encode(b":".join(login))))
    request = h11.Request(method=b"CONNECT", target=service.address.encode(), headers=headers)
    await layer.send((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""), progress)
    # No error quotes the proxy, whose text may have the password in it.
    try:
        while not isinstance(event := http.next_event(), h11.Response):
            if event is h11.NEED_DATA:
                data = await layer.receive(progress)
                if not data:
                    raise ConnectionError("the proxy closed the connection")
                http.receive_data(data)
    except h11.RemoteProtocolError:
        raise ConnectionError("the proxy does not speak HTTP/1.1") from None
    if not 200 <= event.status_code < 300:
        raise ConnectionError(f"the proxy responded with {event.status_code}")
    if http.trailing_data[0]:
        raise ConnectionError("the proxy sent bytes before the request")


async def ask_socks_proxy(layer: Layer, service: Service, login: Login | None, progress: Progress) -> None:
    """CONNECT to the service's host and port by SOCKS 5 (RFC 1928, RFC 1929)."""
    from socksio import ProtocolError, socks5  # here, because it is an extra of httpx, and few need it

    socks: Any = socks5.SOCKS5Connection()
    method = socks5.SOCKS5AuthMethod.USERNAME_PASSWORD if login else socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED

    async def ask(request: Any) -> Any:
        socks.send(request)
        await layer.send(socks.data_to_send(), progress)
        try:
            return socks.receive_data(await layer.receive(progress))
        except ProtocolError:
            raise ConnectionError("the proxy does not speak SOCKS 5") from None

    reply = await ask(socks5.SOCKS5AuthMethodsRequest([method]))
    if reply.method != method:
        raise ConnectionError("the proxy requires another authentication method")
    if login and not (await ask(socks5.SOCKS5UsernamePasswordRequest(*login))).success:
        raise ConnectionError("the proxy does not accept the user name and password")
    address = service.host, service.effective_port
    reply = await ask(socks5.SOCKS5CommandRequest.from_address(socks5.SOCKS5Command.CONNECT, address))
    if reply.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED:
        raise ConnectionError(f"the proxy could not connect ({reply.reply_code.name.lower().replace('_', ' ')})")
