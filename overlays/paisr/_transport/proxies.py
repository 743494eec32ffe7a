"""The proxy that a client uses: the one that is given, else the environment's, found as httpx finds it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from paisr._base.errors import ConfigurationError
from paisr._base.route import DEFAULT_PORTS, Server, ascii_host, names_one_host
from paisr._base.secrets import Secret, login_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paisr._base.route import Service

# These systems have proxy settings of their own, which the standard library can read.
_HAS_SYSTEM_SETTINGS = sys.platform in {"darwin", "win32"}


class Proxy(Server, frozen=True, kw_only=True):
    """A proxy. `login`: the user name and password in its URL, as they are sent."""

    login: tuple[bytes, bytes] | None

    @classmethod
    def of(cls, url: Secret) -> Proxy | str:
        """The proxy of a URL, or a sentence that says what is wrong with it.

        No error is raised here, because its traceback would show the password, and the sentence does not quote the URL.
        """
        hint = "give one such as 'http://proxy.example:3128'"
        try:
            parts, login = urlsplit(url.reveal()), login_of(url)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            return f"The proxy's URL cannot be read; {hint}."
        host = ascii_host(parts.hostname or "") if names_one_host(parts.netloc.rpartition("@")[2]) else ""
        if parts.scheme not in DEFAULT_PORTS or not host:
            return f"The proxy's URL is not one of {', '.join(DEFAULT_PORTS)} with a host; {hint}."
        proxy = cls(scheme=parts.scheme, host=host, port=port, login=login)
        if not proxy.is_http and find_spec("socksio") is None:
            return "A SOCKS proxy needs the package socksio: install httpx[socks]."
        return proxy

    @property
    def is_http(self) -> bool:
        return not self.scheme.startswith("socks")

    def __repr__(self) -> str:
        return f"Proxy({self.scheme}://{self.address})"  # without the login


def choose_proxy(service: Service, url: Secret | None) -> Proxy | None:
    """The proxy whose URL is given, else the environment's (``HTTPS_PROXY``, ``ALL_PROXY``), or None.

    ``NO_PROXY`` exempts a service from the environment's proxy, and a service on loopback is always exempt.
    """
    if url is None and not service.is_loopback:
        url = _environments_proxy(service)
    if url is None:
        return None
    proxy = Proxy.of(url)
    if isinstance(proxy, str):
        raise ConfigurationError(proxy)
    if service.scheme == "http" and not proxy.is_loopback:
        raise ConfigurationError(
            "The base URL is plain http on this machine, and the proxy is on another one: the token would be sent "
            "unencrypted; leave proxy= out, or give an https base URL."
        )
    return proxy


def _environments_proxy(service: Service) -> Secret | None:
    named = _from_environment(os.environ)
    if not named and _HAS_SYSTEM_SETTINGS:
        from urllib.request import getproxies, proxy_bypass  # here, because it is slow to import, and rarely needed

        if proxy_bypass(service.host):
            return None
        named = getproxies()
    address = named.get(service.scheme) or named.get("all")
    if not address or any(_exempts(entry.strip().lower(), service) for entry in named.get("no", "").split(",")):
        return None
    return Secret(address if "://" in address else f"http://{address}")


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The values of the variables ``*_proxy`` by their prefix; the lower-case spelling wins, even if it is empty.

    The same as `urllib.request.getproxies_environment`, whose module is slow to import. In a CGI program, which has a
    ``REQUEST_METHOD``, ``HTTP_PROXY`` comes from a request's header, and is ignored.
    """
    found: dict[str, str] = {}
    names = [name for name in environment if name[-6:].lower() == "_proxy"]
    for name in sorted(names, key=lambda name: name.endswith("_proxy")):
        prefix, is_lower = name[:-6].lower(), name.endswith("_proxy")
        if environment[name] and (is_lower or prefix != "http" or "REQUEST_METHOD" not in environment):
            found[prefix] = environment[name]
        elif is_lower:
            found.pop(prefix, None)
    return found


def _exempts(entry: str, service: Service) -> bool:
    """Whether an entry of NO_PROXY names this service: by host or parent domain, by address, by ``*``, or by URL."""
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
    domain = host.removeprefix("*")  # one that begins with a full stop exempts subdomains only
    return service.host == domain or service.host.endswith(f".{domain.removeprefix('.')}")


def _host_and_port(text: str) -> tuple[str, int | None]:
    text = text.split("/", maxsplit=1)[0]
    if text.count(":") > 1 and not text.startswith("["):  # an IPv6 address without brackets
        return text, None
    host, _, port = text.rpartition(":") if text.rpartition(":")[2].isdigit() else (text, "", "")
    return host.strip("[]"), int(port) if port else None
