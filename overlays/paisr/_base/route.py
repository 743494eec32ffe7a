"""Where the service is, and how it is reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import ssl

    from paisr._base.secrets import Secret

DEFAULT_PORTS = {"http": 80, "https": 443}


class Service(Struct, frozen=True, kw_only=True):
    """Where the service is: `scheme`, `host` (ASCII), `port` (None: the scheme's own), and the path before others."""

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def authority(self) -> str:
        """Host and port as in a URL and a Host header; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in {None, DEFAULT_PORTS[self.scheme]} else f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """Host and port, as an error names them and as a proxy is asked for them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port or DEFAULT_PORTS[self.scheme]}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


class Route(Struct, frozen=True, kw_only=True, weakref=True):
    """How the service is reached: where it is, by which proxy (None: as the environment says), and with which token.

    `headers`: what a user adds to every request.
    """

    service: Service
    proxy: Secret | None
    tls: ssl.SSLContext | None
    token: Secret
    headers: tuple[tuple[str, Secret], ...] = ()


def ascii_host(host: str) -> str:
    """The host as it is written on the wire; empty when it cannot be."""
    if ":" in host:
        return host
    if host.isascii():  # without the codec, which loads much
        labels = host.removesuffix(".").split(".")
        return host if re.fullmatch(r"[A-Za-z0-9._-]+", host) and all(0 < len(one) < 64 for one in labels) else ""
    try:
        name = host.encode("idna").decode("ascii")
        if host.encode("idna").decode("idna") != host:
            return ""  # this codec would make another host of it: strasse of straße
    except UnicodeError:
        return ""
    return name if re.fullmatch(r"[A-Za-z0-9._-]+", name) else ""


def names_one_host(authority: str) -> bool:
    """Whether host and port are all that there is: parsers read ``[::1]evil`` as ``::1``."""
    return re.fullmatch(r"(\[[^\[\]]*\]|[^\[\]:]*)(:\d*)?", authority) is not None


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    if not host[-1:].isdigit() and ":" not in host:
        return False  # a name, and no address
    import ipaddress  # here, because few clients are for an address

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
