"""The service's address, and the route to it: proxy, TLS context, token and headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from paisr._base.secrets import with_login

if TYPE_CHECKING:
    import ssl

    from paisr._base.secrets import Secret

DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Server(Struct, frozen=True, kw_only=True):
    """What a connection is made to: `scheme`, `host` (ASCII) and `port` (None: the scheme's own)."""

    scheme: str
    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def effective_port(self) -> int:
        return self.port or DEFAULT_PORTS[self.scheme]

    @property
    def address(self) -> str:
        """Host and port, as in an error text and in a proxy's CONNECT."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.effective_port}"


class Service(Server, frozen=True, kw_only=True):
    """The service. `path`: a prefix of all its paths."""

    path: str

    @property
    def authority(self) -> str:
        """Host and port as in a URL and a Host header; the scheme's own port is left out."""
        return self.address.removesuffix(f":{DEFAULT_PORTS[self.scheme]}")

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


class Route(Struct, frozen=True, kw_only=True, weakref=True):
    """The route to the service. `proxy` None: the environment's. `headers`: `User-Agent`, and those of the user."""

    service: Service
    proxy: Secret | None
    tls: ssl.SSLContext | None
    token: Secret
    headers: tuple[tuple[str, Secret], ...] = ()

    @property
    def secrets(self) -> Secret:
        """The token and the proxy's login: no error shows an echo of them."""
        return with_login(self.token, self.proxy)


def ascii_host(host: str) -> str:
    """The host in ASCII, as sent on the wire; empty when it is not valid."""
    if ":" in host:
        return host
    if host.isascii():  # without the codec, which is slow to import
        labels = host.removesuffix(".").split(".")
        return host if re.fullmatch(r"[A-Za-z0-9._-]+", host) and all(0 < len(one) < 64 for one in labels) else ""
    try:
        name = host.encode("idna").decode("ascii")
        if host.encode("idna").decode("idna") != host:
            return ""  # the codec turns it into another host: straße into strasse
    except UnicodeError:
        return ""
    return name if re.fullmatch(r"[A-Za-z0-9._-]+", name) else ""


def names_one_host(authority: str) -> bool:
    """Whether it is a host and an optional port, and nothing else: parsers read ``[::1]evil`` as ``::1``."""
    return re.fullmatch(r"(\[[^\[\]]*\]|[^\[\]:]*)(:\d*)?", authority) is not None


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    if not host[-1:].isdigit() and ":" not in host:
        return False  # a name, not an address
    import ipaddress  # here, because few base URLs have an address

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
