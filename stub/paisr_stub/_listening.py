"""The address on which the stub listens."""

from __future__ import annotations

import ipaddress
import os
import socket
from urllib.parse import urlsplit


def address_family(host: str, *, allow_remote: bool) -> socket.AddressFamily:
    """Raises `ValueError` unless `host` is a loopback address; `allow_remote` permits other addresses."""
    if host == "localhost":
        return socket.AF_INET
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"host {host!r} is not an address such as 127.0.0.1, the loopback address.") from None
    if not address.is_loopback and not allow_remote:
        raise ValueError(f"host {host} is not a loopback address such as 127.0.0.1; allow_remote permits it.")
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET


def listener(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    """A listening socket; raises `OSError` when the port is not available."""
    # With the protocol named, asyncio switches Nagle's algorithm off; without, each response waits 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would allow two servers on one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(512)
    except BaseException:
        made.close()
        raise
    return made


def origin_of(url: str) -> str:
    """The scheme, host and port of the public URL; raises `ValueError` for a URL with more parts."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        good = good and parts.port != 0 and url.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
    except ValueError:  # an invalid port
        good = False
    if not good:
        raise ValueError(f"public_url {url!r} is not the beginning of a URL, such as http://stub:8000.")
    return url.rstrip("/")
