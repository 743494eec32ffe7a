"""A request made ready: what is the same in every one is built once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from paisr._base.errors import ConfigurationError
from paisr._base.texts import type_name
from paisr._transport.bodies import ACCEPTED_ENCODING

if TYPE_CHECKING:
    import httpx

    from paisr._base.route import Route
    from paisr._transport.proxies import Proxy
    from paisr_generated.operations import Request

Header = tuple[bytes, bytes]


class RequestMaker:
    """Turns a contract's request into one for the wire. It holds the token, and its repr shows nothing.

    `headers` go with every request; `own_headers` adds those of one. `address` names the service, and the proxy, in an
    error. A proxy that forwards a plain HTTP request
    gets the whole URL.
    """

    __slots__ = ("_base", "_prefix", "_token", "address", "headers")

    def __init__(self, route: Route, proxy: Proxy | None = None) -> None:
        service = route.service
        self._base = service.url
        self.address = f"{service.address} through the proxy {proxy.address}" if proxy else service.address
        self._token = route.token
        self.headers: tuple[Header, ...] = (
            (b"Host", service.authority.encode()),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", ACCEPTED_ENCODING.encode()),
            *((name.encode(), value.reveal().encode()) for name, value in route.headers),
        )
        is_forwarded = proxy is not None and proxy.is_http and service.scheme == "http"
        if proxy is not None and is_forwarded:
            self.headers += tuple(proxy.headers)
        self._prefix = (service.url if is_forwarded else service.path).encode()

    def for_wire(self, request: Request) -> h11.Request:
        target = self._prefix + request.target.encode()
        return h11.Request(method=request.method, target=target, headers=self._all_headers(request))

    def for_transport(self, request: Request, seconds: float, kind: type[httpx.Request]) -> httpx.Request:
        """For a transport of httpx's kind."""
        return kind(
            request.method,
            self._base + request.target,
            headers=self._all_headers(request),
            content=request.body,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )

    def _all_headers(self, request: Request) -> list[Header]:
        own = self.own_headers(request)
        if not request.headers:
            return [*self.headers, *own]
        named = {name.lower() for name, _ in own}
        return [*(one for one in self.headers if one[0].lower() not in named), *own]

    def own_headers(self, request: Request) -> list[Header]:
        """The headers of this request alone: the current token, the operation's, and its body's."""
        headers = [(b"Authorization", b"Bearer " + self._token.reveal().encode())]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
        if request.body is not None:
            headers.append((b"Content-Type", b"application/json"))
            headers.append((b"Content-Length", str(len(request.body)).encode()))
        return headers


def check_transport(transport: object, method: str, right: str) -> None:
    """Refuse a transport of the other kind here, and not at the first call."""
    if isinstance(transport, type) or not callable(getattr(transport, method, None)):
        raise ConfigurationError(f"transport is {type_name(transport)}; {right}, made ready.")


def on_its_own_connection(request: httpx.Request) -> httpx.Request:
    """For a foreign transport: a connection that is used once cannot keep a surplus response for the next call."""
    request.headers["Connection"] = "close"
    return request
