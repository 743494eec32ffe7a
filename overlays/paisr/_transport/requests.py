"""A request made ready: what is the same in every one is built once."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import httpcore

from paisr._transport.bodies import ACCEPTED_ENCODING
from paisr._transport.logs import keep_out_of_logs
from paisr._transport.times import timeouts
from paisr._version import __version__

if TYPE_CHECKING:
    import httpx

    from paisr._base.route import Route
    from paisr._transport.times import TimeLeft
    from paisr_generated.operations import Request

Header = tuple[bytes, bytes]


class RequestMaker:
    """Turns a contract's request into one for the wire. It holds the token, and shows nothing of itself.

    `origin` is where every request goes, and `headers` is what each of them has beside its own.
    """

    __slots__ = ("_base", "_host", "_port", "_prefix", "_scheme", "_token", "headers", "origin")

    def __init__(self, route: Route) -> None:
        keep_out_of_logs(route)
        service = route.service
        self._scheme = service.scheme.encode()
        self._host = service.host.encode()
        self._port = service.port
        self._prefix = service.path.encode()
        self.origin = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=b"/").origin
        self._base = service.url
        self._token = route.token
        self.headers: tuple[Header, ...] = (
            (b"Host", service.authority.encode()),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", ACCEPTED_ENCODING.encode()),
            (b"User-Agent", f"paisr/{__version__} python/{platform.python_version()}".encode()),
        )

    def for_pool(self, request: Request, left: TimeLeft) -> httpcore.Request:
        target = self._prefix + request.target.encode()
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target)
        extensions = {"timeout": timeouts(left)}
        outgoing = httpcore.Request(request.method.encode(), url, content=request.body, extensions=extensions)
        # Not by the constructor, which would look at each of them again in every call.
        outgoing.headers = self._all_headers(request)
        return outgoing

    def for_transport(self, request: Request, left: TimeLeft, kind: type[httpx.Request]) -> httpx.Request:
        """For a transport of httpx's kind, whose time-outs are plain numbers."""
        plain = dict.fromkeys(timeouts(left), float(left))
        return kind(
            request.method,
            self._base + request.target,
            headers=self._all_headers(request),
            content=request.body,
            extensions={"timeout": plain},
        )

    def _all_headers(self, request: Request) -> list[Header]:
        return [*self.headers, *self.own_headers(request)]

    def own_headers(self, request: Request) -> list[Header]:
        """What this request has beside the headers of all: the token of now, the operation's, and its body's."""
        headers = [(b"Authorization", b"Bearer " + self._token.reveal().encode())]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
        if request.body is not None:
            headers.append((b"Content-Type", b"application/json"))
            headers.append((b"Content-Length", str(len(request.body)).encode()))
        return headers


def on_its_own_connection(request: httpx.Request) -> httpx.Request:
    """For a foreign transport: a connection that is used once cannot keep a surplus response for the next call."""
    request.headers["Connection"] = "close"
    return request
