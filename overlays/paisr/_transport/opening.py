"""How a connection to the service is opened: the address to connect to, and the handshakes before the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paisr._transport.http1 import Http1
from paisr._transport.layers import Plain, Tls
from paisr._transport.tls import shared_context

if TYPE_CHECKING:
    import ssl

    from paisr._base.route import Route
    from paisr._transport.layers import ByteSteps, Layer
    from paisr._transport.proxies import Proxy


class Opening:
    """How a client opens connections: directly, or through a proxy. `host` and `port`: the address to connect to."""

    def __init__(self, route: Route, proxy: Proxy | None) -> None:
        self._service = service = route.service
        self._proxy = proxy
        self._context: ssl.SSLContext | None = None
        if service.scheme == "https":
            self._context = route.tls or shared_context.get()
        self.host = proxy.host if proxy else service.host
        self.port = proxy.port if proxy else service.effective_port

    def steps(self) -> ByteSteps[Http1]:
        """The handshakes on a new connection, with a proxy and for TLS."""
        layer: Layer = Plain()
        if self._proxy is not None:
            layer = yield from self._through(self._proxy, layer)
        if self._context is not None:
            layer = yield from _secured(layer, self._context, self._service.host)
        return Http1(layer)

    def _through(self, proxy: Proxy, layer: Layer) -> ByteSteps[Layer]:
        from paisr._transport import tunnels  # here, because few clients use a proxy

        service = self._service
        if proxy.scheme == "https":
            layer = yield from _secured(layer, shared_context.get(), proxy.host)
        if not proxy.is_http:
            yield from tunnels.ask_socks_proxy(layer, service.host, service.effective_port, proxy.login)
        elif self._context is not None:
            yield from tunnels.ask_http_proxy(layer, service.address.encode(), proxy.headers)
        return layer


def _secured(layer: Layer, context: ssl.SSLContext, host: str) -> ByteSteps[Layer]:
    secured = Tls(layer, context, host)
    yield from secured.handshake()
    return secured
