"""What a connection pool is made with: TLS, proxy, sizes."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from paisr._config import ascii_host
from paisr._errors import ConfigurationError
from paisr._secrets import Secret
from paisr._texts import type_name
from paisr._wire._tls import shared_context

if TYPE_CHECKING:
    from paisr._config import Route

MAX_CONNECTIONS = 100
# As many may stay open: httpcore (1.0) weighs this bound against all connections, not only the idle ones, so that with
# a lower one each of 40 threads would make a new connection for every call.
MAX_IDLE = MAX_CONNECTIONS
# Seconds. A server drops idle connections too; doing so while a create is under way leaves its outcome unknown.
IDLE_EXPIRY = 5.0

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


class _Hidden(bytes):
    """Bytes that httpcore sends, and does not write into its logs."""

    def __repr__(self) -> str:
        return "b'…'"


def check_transport(transport: object, method: str, right: str) -> None:
    """A transport of the other kind would only show itself at the first call."""
    if isinstance(transport, type) or not callable(getattr(transport, method, None)):
        raise ConfigurationError(f"transport is {type_name(transport)}; {right}, made ready.")


def choose_proxy(route: Route) -> Secret | None:
    """The proxy given, else the environment's (``HTTPS_PROXY``, ``ALL_PROXY``, not where ``NO_PROXY`` says so).

    A service on loopback is this machine's own, and never asked for through a proxy from the environment.
    """
    service, proxy = route.service, route.proxy
    direct = service.is_loopback or proxy_bypass(service.host) or proxy_bypass(f"{service.host}:{service.port or 443}")
    if proxy is None and not direct:
        found = getproxies()
        address = found.get(service.scheme) or found.get("all")
        proxy = Secret(address if "://" in address else f"http://{address}") if address else None
    if proxy is not None and (problem := _proxy_problem(proxy)):
        raise ConfigurationError(problem)
    return proxy


def _proxy_problem(proxy: Secret) -> str | None:
    right = "give one such as 'http://proxy.example:3128'"
    try:
        parts = urlsplit(proxy.reveal())
        _port = parts.port
    except ValueError:
        return f"The proxy's URL cannot be read; {right}."
    if parts.scheme not in PROXY_SCHEMES or not ascii_host(parts.hostname or ""):
        return f"The proxy's URL is not one of {', '.join(PROXY_SCHEMES)} with a host; {right}."
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        return "A SOCKS proxy needs the package socksio: install httpx[socks]."
    return None


def pool_arguments(route: Route) -> dict[str, Any]:
    """The arguments that the sync and the async pool take alike."""
    arguments: dict[str, Any] = {
        "max_connections": MAX_CONNECTIONS,
        "max_keepalive_connections": MAX_IDLE,
        "keepalive_expiry": IDLE_EXPIRY,
    }
    if route.service.scheme == "https":
        arguments["ssl_context"] = route.tls or shared_context.get()
    return arguments


def proxy_for_pool(proxy: Secret) -> httpcore.Proxy:
    """The proxy for the pool, its user name and password taken out of the URL."""
    parts = urlsplit(proxy.reveal())
    auth = None
    if parts.username:
        auth = (_Hidden(unquote(parts.username).encode()), _Hidden(unquote(parts.password or "").encode()))
    host = ascii_host(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
    return httpcore.Proxy(f"{parts.scheme}://{host}:{port}", auth=auth)
