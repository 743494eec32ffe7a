"""Checks the headers that a user adds. `RequestMaker` in `_transport/requests.py` puts them into every request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._base.texts import safe_repr

if TYPE_CHECKING:
    from paisr._base.secrets import Secret

# The headers that the client sets itself, and those of message framing and connection management.
OWN_HEADERS = {
    *("accept", "accept-encoding", "authorization", "content-length", "content-type", "expect", "host", "user-agent"),
    *("connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding"),
    "upgrade",
}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def check_header(name: object, value: Secret) -> None:
    """Raise `ConfigurationError` for an invalid header, and for one that only the client may set."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(f"{safe_repr(name)} is not the name of a header; give one such as 'X-Team'.")
    if name.lower() in OWN_HEADERS:
        raise ConfigurationError(f"The header {name} is the client's own; leave it out.")
    check_value(value, f"The value of the header {name}")


def check_value(value: Secret, what: str) -> None:
    if not _VALUE.fullmatch(value.reveal()):
        raise ConfigurationError(f"{what} is not a line of printable ASCII text; give one such as 'billing/1.0'.")
