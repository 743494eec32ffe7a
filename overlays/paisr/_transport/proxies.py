"""The proxy that a client uses: the one that is given, else the environment's, found as httpx finds it."""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from paisr._base.errors import ConfigurationError
from paisr._base.route import DEFAULT_PORTS, ascii_host, is_loopback, names_one_host
from paisr._base.secrets import Secret, login_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paisr._base.route import Route, Service

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
SOCKS_PORT = 1080
# These systems have proxy settings of their own, which the standard library can read.
_HAS_SYSTEM_SETTINGS = sys.platform in {"darwin", "win32"}


class Proxy(Struct, frozen=True, kw_only=True):
    """The parts of a proxy's URL."""

    scheme: str
    host: str
    port: int
    login: tuple[bytes, bytes] | None

    @classmethod
    def of(cls, url: Secret) -> Proxy:
        parts = urlsplit(url.reveal())
        return cls(
            scheme=parts.scheme,
            host=ascii_host(parts.hostname or ""),
            port=parts.port or DEFAULT_PORTS.get(parts.scheme, SOCKS_PORT),
            login=login_of(url),
        )

    def __repr__(self) -> str:
        return f"Proxy({self.scheme}://{self.host}:{self.port})"  # without the login

    @property
    def address(self) -> str:
        """Host and port, as in an error text."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_http(self) -> bool:
        return self.scheme in DEFAULT_PORTS

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of a request to the proxy itself."""
        return [(b"Proxy-Authorization", b"Basic " + b64encode(b":".join(self.login)))] if self.login else []


def choose_proxy(route: Route) -> Proxy | None:
    """The proxy that is given, else the environment's (``HTTPS_PROXY``, ``ALL_PROXY``), or None.

    ``NO_PROXY`` exempts a service from the environment's proxy, and a service on loopback is always exempt.
    """
    proxy = route.proxy
    if proxy is None and not route.service.is_loopback:
        proxy = _environments_proxy(route.service)
    if proxy is None:
        return None
    if problem := _proxy_problem(proxy):
        raise ConfigurationError(problem)
    chosen = Proxy.of(proxy)
    if route.service.scheme == "http" and not is_loopback(chosen.host):
        raise ConfigurationError(
            "The base URL is plain http on this machine, and the proxy is on another one: the token would be sent "
            "unencrypted; leave proxy= out, or give an https base URL."
        )
    return chosen


def _environments_proxy(service: Service) -> Secret | None:
    named = _from_environment(os.environ)
    if not named and _HAS_SYSTEM_SETTINGS:
        from urllib.request import getproxies, proxy_bypass  # here, because it is slow to import, and rarely needed

        if proxy_bypass(service.host):
            return None
        named = getproxies()
    address = named.get(service.scheme) or named.get("all")
    if not address or _is_exempt(service, named.get("no", "")):
        return None
    return Secret(address if "://" in address else f"http://{address}")


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The values of the variables ``*_proxy`` by their prefix; the lower-case spelling wins.

    The same as `urllib.request.getproxies_environment`, whose module is slow to import. In a CGI program, which has a
    ``REQUEST_METHOD``, ``HTTP_PROXY`` comes from a request's header, and is ignored.
    """
    given = [(name, value) for name, value in environment.items() if name[-6:].lower() == "_proxy"]
    found = {name[:-6].lower(): value for name, value in given if value}
    if "REQUEST_METHOD" in environment:
        found.pop("http", None)
    for name, value in given:
        if name[-6:] != "_proxy":
            continue
        if value:
            found[name[:-6].lower()] = value
        else:
            found.pop(name[:-6].lower(), None)
    return found


def _is_exempt(service: Service, exceptions: str) -> bool:
    """Whether NO_PROXY's list names this service: by host or parent domain, by address, by ``*``, or by URL."""
    return any(_names(entry.strip().lower(), service) for entry in exceptions.split(","))


def _names(entry: str, service: Service) -> bool:
    if entry in {"", "*"}:
        return entry == "*"
    scheme, separator, rest = entry.rpartition("://")
    if separator and scheme not in {"all", service.scheme}:
        return False
    host, port = _host_and_port(rest)
    # An entry may name the scheme's own port: a URL with it and one without it are the same.
    if port is not None and port != service.effective_port:
        return False
    if separator and not host.startswith("*"):
        return host == service.host
    return _is_below(service.host, host.removeprefix("*"))


def _host_and_port(text: str) -> tuple[str, int | None]:
    text = text.split("/", maxsplit=1)[0]
    if text.count(":") > 1 and not text.startswith("["):  # an IPv6 address without brackets
        return text, None
    host, _, port = text.rpartition(":") if text.rpartition(":")[2].isdigit() else (text, "", "")
    return host.strip("[]"), int(port) if port else None


def _is_below(host: str, domain: str) -> bool:
    """Whether a host is the domain or a subdomain; only a subdomain if the domain begins with a full stop."""
    if domain.startswith("."):
        return host.endswith(domain) and host != domain
    return host == domain or host.endswith(f".{domain}")


def _proxy_problem(proxy: Secret) -> str | None:
    hint = "give one such as 'http://proxy.example:3128'"
    try:
        parts = urlsplit(proxy.reveal())
        _port, _bytes = parts.port, proxy.reveal().encode()
    except ValueError:
        return f"The proxy's URL cannot be read; {hint}."
    host = ascii_host(parts.hostname or "") if names_one_host(parts.netloc.rpartition("@")[2]) else ""
    if parts.scheme not in PROXY_SCHEMES or not host:
        return f"The proxy's URL is not one of {', '.join(PROXY_SCHEMES)} with a host; {hint}."
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        return "A SOCKS proxy needs the package socksio: install httpx[socks]."
    return None
