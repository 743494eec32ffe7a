"""A rate that several processes or machines keep together, and what holds when the place that counts is gone."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from paisr._errors import ConfigurationError
from paisr._limiter import MemoryWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._limiter import RateLimit, Window
    from paisr._secrets import Secret

log = logging.getLogger("paisr")

# Seconds for which a place that failed is left alone: one that hangs must not cost every call its patience.
LEFT_ALONE = 3.0

_RIGHT = "give shared='file:PATH' or shared='redis://HOST:PORT/DB'"


class PlaceGoneError(Exception):
    """The shared place cannot count now. Its text says why, without a secret."""


class Place(Protocol):
    """A window that can be gone."""

    def take(self, ahead: int) -> float:
        """As `Window.take`; raises `PlaceGoneError`."""
        ...


class SharedWindow:
    """A window in a shared place, and this process's own, which is kept informed and serves alone when it must.

    A grant needs both. So one process never exceeds the limit, also when the place has forgotten everything; while the
    place is gone, all processes together can, since each keeps to the limit by itself.
    """

    blocking = True

    def __init__(self, place: Place, rate: RateLimit, clock: Callable[[], float]) -> None:
        self._place = place
        self._rate = rate
        self._clock = clock
        self._own = MemoryWindow(rate, clock)
        self._gone = False
        self._again_at = clock()

    def take(self, ahead: int) -> float:
        wait = self._own.wait(ahead)
        if wait > 0:
            return wait
        if self._clock() < self._again_at:
            return self._own.take(ahead)
        try:
            wait = self._place.take(ahead)
        except PlaceGoneError as error:
            self._lose(str(error))
            return self._own.take(ahead)
        self._find()
        if wait <= 0:
            self._own.note()
        return wait

    def _lose(self, why: str) -> None:
        self._again_at = self._clock() + LEFT_ALONE
        if not self._gone:
            self._gone = True
            log.warning(
                "The rate limit shared at %s is gone (%s): this process keeps to %d in %g s alone until it is back.",
                self._rate.shared,
                why,
                self._rate.requests,
                self._rate.per,
            )

    def _find(self) -> None:
        if self._gone:
            self._gone = False
            log.warning("The rate limit shared at %s is back.", self._rate.shared)


def shared_window(rate: RateLimit, clock: Callable[[], float]) -> Window:
    """The window that `rate.shared` names. Raises `ConfigurationError` when it cannot be used as things are set up."""
    if (url := rate.url()) is not None:
        from paisr._shared_limit_redis import RedisPlace

        return SharedWindow(RedisPlace(rate, url), rate, clock)
    try:
        from paisr._shared_limit_file import FilePlace
    except ImportError:
        raise ConfigurationError(
            "This system has no file locks of the kind that a rate shared by a file needs (POSIX); share it by redis://."
        ) from None
    return SharedWindow(FilePlace(rate, Path((rate.shared or "").removeprefix("file:")), clock), rate, clock)


def place_without_password(place: Secret) -> str:
    """`shared` as it may be shown: ``file:`` and an absolute path, or the URL without user name and password."""
    scheme = place.reveal().partition(":")[0].lower()
    problem = _problems.get(scheme, _unknown)(place)
    if problem:
        raise ConfigurationError(f"RateLimit {problem}; {_RIGHT}.")
    if scheme == "file":
        return f"file:{Path(place.reveal()[len('file:') :]).expanduser().absolute()}"
    parts = urlsplit(place.reveal())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{scheme}://{host}:{parts.port or 6379}/{parts.path.strip('/') or 0}"


def _unknown(place: Secret) -> str:
    return f"shared is a {place.kind}" if not place.is_text else "shared names no place that is known"


def _file_problem(place: Secret) -> str | None:
    path = place.reveal()[len("file:") :]
    try:
        usable = b"\0" not in os.fsencode(path) and Path(path).expanduser().name
    except (UnicodeError, RuntimeError):  # half a character; the home folder of nobody
        usable = ""
    if not usable or path.endswith("/"):
        return "shared names no file"
    if path.startswith("//"):
        return "shared has slashes after 'file:' that belong to no path (file:/var/lib/x is one from the root)"
    return None


def _redis_problem(place: Secret) -> str | None:
    try:
        parts = urlsplit(place.reveal())
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "shared is a URL that cannot be read"
    if not host:
        return "shared is a URL without a host"
    if parts.query or parts.fragment:
        return "shared is a URL with options, which are not taken"
    if not re.fullmatch(r"/?[0-9]*", parts.path):
        return "shared is a URL whose path is not the number of a database"
    return None


_problems: dict[str, Callable[[Secret], str | None]] = {
    "file": _file_problem,
    "redis": _redis_problem,
    "rediss": _redis_problem,
}
