"""The HTTP library logs a response's headers at DEBUG; a token that a service echoes in one must not get there."""

from __future__ import annotations

import logging
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr._base.route import Route

# Filters of a logger do not hold for the loggers below it, so that each is named.
LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")

_routes: weakref.WeakSet[Route] = weakref.WeakSet()


def keep_out_of_logs(route: Route) -> None:
    """From now on, as long as `route` is in use, its token is blacked out of what httpcore logs."""
    _routes.add(route)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_black_out)  # the same filter is added only once


def _black_out(record: logging.LogRecord) -> bool:
    text = clean = record.getMessage()
    for route in list(_routes):
        clean = route.token.scrub(clean)
    if clean != text:
        record.msg, record.args = clean, ()
    return True
