"""Requests for the wire, with the headers that every request has. What is the same in all of them is built once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from paisr._transport.bodies import ACCEPTED_ENCODING

if TYPE_CHECKING:
    from paisr._base.route import Route
    from paisr_generated.operations import Request

Header = tuple[bytes, bytes]


class RequestMaker:
    """Turns a contract's request into one for the wire. It holds the token, which its repr does not show."""

    def __init__(self, route: Route) -> None:
        service = route.service
        self._token = route.token
        self._base: tuple[Header, ...] = (
            (b"Host", service.authority.encode()),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", ACCEPTED_ENCODING.encode()),
            *((name.encode(), value.reveal().encode()) for name, value in route.headers),
        )
        self._prefix = service.path.encode()
        self._checked: tuple[list[Header], h11.Request | None] = ([], None)

    def for_wire(self, request: Request) -> h11.Request:
        target, headers = self._prefix + request.target.encode(), self.headers(request)
        checked, last = self._checked
        if last is not None and headers == checked:  # h11 does not check its own `Headers` again
            return h11.Request(method=request.method, target=target, headers=last.headers)
        made = h11.Request(method=request.method, target=target, headers=headers)
        self._checked = headers, made
        return made

    def headers(self, request: Request) -> list[Header]:
        """The headers of a request: the client's own, the current token, the operation's, and the body's."""
        own = [(b"Authorization", b"Bearer " + self._token.reveal().encode())]
        own += [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
        if request.body is not None:
            own.append((b"Content-Type", b"application/json"))
            own.append((b"Content-Length", str(len(request.body)).encode()))
        if not request.headers:
            return [*self._base, *own]
        named = {name.lower() for name, _ in own}
        return [*(one for one in self._base if one[0].lower() not in named), *own]
