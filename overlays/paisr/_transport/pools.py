"""What connections are made with: TLS and proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpcore

from paisr._base.errors import ConfigurationError
from paisr._base.route import ascii_host
from paisr._base.texts import type_name
from paisr._transport.connections import IDLE_EXPIRY
from paisr._transport.tls import shared_context

if TYPE_CHECKING:
    from paisr._base.route import Route
    from paisr._base.secrets import Secret


class _Hidden(bytes):
    """Bytes that httpcore sends, and does not write into its logs."""

    def __repr__(self) -> str:
        return "b'…'"


def check_transport(transport: object, method: str, right: str) -> None:
    """A transport of the other kind would only show itself at the first call."""
    if isinstance(transport, type) or not callable(getattr(transport, method, None)):
        raise ConfigurationError(f"transport is {type_name(transport)}; {right}, made ready.")


def pool_arguments(route: Route, proxy: Secret | None) -> dict[str, Any]:
    """The arguments that httpcore's sync and async pool take alike."""
    arguments: dict[str, Any] = {"keepalive_expiry": IDLE_EXPIRY}
    if proxy is not None:
        arguments["proxy"] = _proxy_for_pool(proxy)
    if route.service.scheme == "https":
        arguments["ssl_context"] = route.tls or shared_context.get()
    return arguments


def _proxy_for_pool(proxy: Secret) -> httpcore.Proxy:
    """The proxy for the pool, its user name and password taken out of the URL."""
    parts = urlsplit(proxy.reveal())
    auth = None
    if parts.username:
        auth = (_Hidden(unquote(parts.username).encode()), _Hidden(unquote(parts.password or "").encode()))
    host = ascii_host(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
    return httpcore.Proxy(f"{parts.scheme}://{host}:{port}", auth=auth)
