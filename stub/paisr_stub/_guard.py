"""Refuses requests that come from web pages of other sites."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from paisr_stub._api import Call
from paisr_stub._responses import Refused


@dataclass(frozen=True, slots=True)
class Guard:
    """Knows the host names of the stub. None: the stub is called in process, and every name is allowed."""

    names: frozenset[str] | None = None

    def check(self, call: Call) -> None:
        """Raises `Refused` with 403 for a foreign `Host` or `Origin`.

        An IP address is allowed: a foreign page can direct only its own host name to the stub.
        """
        host, origin = call.headers.get("host", ""), call.headers.get("origin")
        if self.names is not None and not _is_address(name_of(host)) and name_of(host) not in self.names:
            raise Refused(403, "The Host is not a name of the stub's.")
        if origin is not None and origin.partition("//")[2] != host:
            raise Refused(403, "The Origin is not the stub's own.")


def name_of(origin: str) -> str:
    """The host in `http://stub:8000` or `stub:8000`, without port and brackets; empty where there is none."""
    try:
        return urlsplit(f"//{origin.rpartition('//')[2]}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
