"""Sends one webhook delivery over HTTP, once, with the standard library alone."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from paisr_stub._events import Delivery

TIMEOUT = 10.0  # seconds for each step; how long the service waits is not documented
MAX_READ = 1 << 16  # bytes of the response
Opened = Callable[[http.client.HTTPConnection], None]


def checked_url(url: str) -> str:
    """The URL, when deliveries can be sent there; otherwise `ValueError`."""
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        good = False
    if not good or not url.isascii() or any(character <= " " for character in url):
        raise ValueError("The address of a webhook is a URL such as http://127.0.0.1:8000/webhooks.")
    return url


def post(url: str, delivery: Delivery, opened: Opened | None = None) -> tuple[int | None, str | None]:
    """The status of the response, or None and the reason. Redirects are not followed, and proxies are not used.

    `opened` is called with the connection before anything is sent.
    """
    parts = urlsplit(url)
    connection = _connection(parts)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        if opened is not None:
            opened(connection)
        connection.request("POST", target, body=delivery.body, headers=dict(delivery.headers))
        response = connection.getresponse()
        response.read(MAX_READ)
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        return None, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    else:
        return response.status, None
    finally:
        connection.close()


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
