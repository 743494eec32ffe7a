"""`RateLimit`: the number of requests, their period in seconds, and the backend that counts them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import field, frozen

from paisr._base.errors import ConfigurationError
from paisr._base.secrets import Secret
from paisr._base.texts import safe_repr

if TYPE_CHECKING:
    from pathlib import Path

# The delay between a permit and the arrival of its request varies. Without a margin the service would sometimes count
# one request too many. A window is longer than `per` by this share.
MARGIN = 1 / 60
MAX_REQUESTS = 1_000_000
MAX_PER = 86_400
_SHARED_ADVICE = "give shared='file:PATH' or shared='redis://HOST:PORT/DB'"


@frozen(init=False)
class RateLimit:
    """At most `requests` requests in any `per` seconds, retries included.

    The vendor allows 250 requests a minute (its public documentation). All clients of one service and token in a
    process share one count; a client with a lower limit keeps its own. `shared` names a backend that counts for several
    processes (``"file:PATH"``, on one machine, POSIX only) or machines (``"redis://HOST:PORT/DB"``, needs
    ``paisr[redis]``). A backend does not tell tokens apart: give each token its own file or Redis database. Redis
    counts each service separately, and its clients may have different limits. A file has one limit and refuses others.

    While the backend is unavailable, the process keeps the limit on its own and logs a warning. A Redis that cannot
    work (wrong password, a replica, a cluster, no scripts) raises `ConfigurationError` at the first call. A password in
    the URL is never shown, and a limit with a URL cannot be pickled.

    Raises `ConfigurationError` unless `requests` is from 1 to 1,000,000, and `per` above 0 and at most 86,400 seconds.
    """

    requests: int
    per: float
    shared: str | None
    # The argument `shared`, if it is a URL: it may hold a password.
    _url: Secret | None = field(repr=False, eq=lambda url: None if url is None else url.reveal())

    def __init__(self, requests: int, *, per: float = 60, shared: str | None = None) -> None:
        backend = None if shared is None else Secret(shared)
        del shared  # a traceback must not have it among its locals
        set_field = object.__setattr__
        # Set all fields before the first error: a tool that records frames must be able to show this object.
        for name, value in (("requests", requests), ("per", per), ("shared", None), ("_url", None)):
            set_field(self, name, value)
        if problem := _problem(requests, per):
            raise ConfigurationError(f"RateLimit {problem}; the published rate is RateLimit(250, per=60).")
        if backend is not None:
            set_field(self, "shared", _shown_backend(backend))
            set_field(self, "_url", backend if "://" in backend.reveal() else None)

    @property
    def window(self) -> float:
        """Seconds for which a permit counts: `per` plus the margin."""
        return self.per * (1 + MARGIN)

    def url(self) -> Secret | None:
        """The full URL of the shared backend; None for a file or no backend."""
        return self._url


def wait_time(used_at: float, rounds: int, now: float, window: float) -> float:
    """Return the seconds until the slot last used at `used_at` is free, for a caller `rounds` full windows behind.

    The last permits are the slots. The next caller takes the oldest slot, and the caller behind it the second oldest.
    After the newest slot, callers start again with the oldest, one window later.
    """
    return max(0.0, used_at + window - now) + rounds * window


def _problem(requests: object, per: object) -> str | None:
    if isinstance(requests, bool) or not isinstance(requests, int) or not 1 <= requests <= MAX_REQUESTS:
        return f"requests={safe_repr(requests)} is not a whole number from 1 to {MAX_REQUESTS:,}"
    if isinstance(per, bool) or not isinstance(per, (int, float)) or not 0 < per <= MAX_PER:
        return f"per={safe_repr(per)} is not a number of seconds above 0 and at most {MAX_PER:,}"
    return None


def _shown_backend(backend: Secret) -> str:
    """Return `shared` without a secret: ``file:`` and an absolute path, or the URL without user name and password."""
    scheme = backend.reveal().partition(":")[0].lower()
    if scheme == "file":
        problem = _file_problem(backend)
    elif scheme in {"redis", "rediss"}:
        problem = _redis_problem(backend)
    else:
        problem = "shared names an unknown backend" if backend.is_text else f"shared is {backend.kind}"
    if problem:
        raise ConfigurationError(f"RateLimit {problem}; {_SHARED_ADVICE}.")
    if scheme == "file":
        return f"file:{_expanded(backend.reveal()[len('file:') :]).absolute()}"
    parts = urlsplit(backend.reveal())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{scheme}://{host}:{parts.port or 6379}/{parts.path.strip('/') or 0}"


def _expanded(path: str) -> Path:
    from pathlib import Path  # here, because only a file needs it

    return Path(path).expanduser()


def _file_problem(backend: Secret) -> str | None:
    path = backend.reveal()[len("file:") :]
    try:
        usable = b"\0" not in os.fsencode(path) and _expanded(path).name
    except (UnicodeError, RuntimeError):  # a lone surrogate, or the home folder of an unknown user
        usable = ""
    if not usable or path.endswith("/"):
        return "shared names no file"
    if path.startswith("//"):
        return "shared has too many slashes after 'file:' (an absolute path is file:/var/lib/x)"
    return None


def _redis_problem(backend: Secret) -> str | None:
    try:
        parts = urlsplit(backend.reveal())
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "shared is not a valid URL"
    if not host:
        return "shared is a URL without a host"
    if parts.query or parts.fragment:
        return "shared is a URL with options, which are not supported"
    if not re.fullmatch(r"/?[0-9]*", parts.path):
        return "shared is a URL whose path is not a database number"
    return None
