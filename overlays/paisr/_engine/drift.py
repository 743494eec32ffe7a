"""Drift: fields and enumeration values of a response that the contract does not know.

Neither is an error: an unknown field stays in the raw response, and an unknown value is kept as its text. The client
reports both to `on_drift`; with ``unreadable="report"``, also the optional fields that do not fit the contract.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from paisr._base.forks import ForkSafe
from paisr_generated.unknown import unknown_paths

if TYPE_CHECKING:
    from paisr._base.secrets import Secret

OnDrift = Callable[[str, str], object]

# Differences. Further ones are not reported: a service that makes up names must not fill the memory.
MAX_REPORTED = 1000
log = logging.getLogger("paisr")
_log_difference = partial(log.warning, "the response to %s differs from the contract: %s")


class DriftWatch(ForkSafe):
    """Reports each difference to `on_drift` once, by operation and path; without `on_drift`, logs a warning.

    `takes_unreadable`: whether an optional field that does not fit is reported, and is not an error.
    """

    def __init__(self, on_drift: OnDrift | None, *, takes_unreadable: bool = False) -> None:
        self.on_drift = on_drift
        self.takes_unreadable = takes_unreadable
        self._reported: set[tuple[str, str]] = set()
        super().__init__()

    def compare(self, operation: str, content: bytes, response: type, secret: Secret) -> None:
        """Report what the model of a decoded body does not know, if there is an `on_drift`. The token is redacted."""
        if self.on_drift is not None:
            self.report(operation, map(secret.scrub, unknown_paths(content, response)))

    def report(self, operation: str, paths: Iterable[str]) -> None:
        """Report the paths that were not reported before. An exception is logged, and the call goes on."""
        try:
            for path in paths:
                if self._is_new(operation, path):
                    (self.on_drift or _log_difference)(operation, path)
        except Exception:
            log.exception("looking for drift in the response to %s failed", operation)

    def _is_new(self, operation: str, path: str) -> bool:
        with self._lock:
            if (operation, path) in self._reported or len(self._reported) >= MAX_REPORTED:
                return False
            self._reported.add((operation, path))
            return True
