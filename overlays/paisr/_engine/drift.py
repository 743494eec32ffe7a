"""Where a response has moved on from the contract: fields and enumeration values that it does not know.

Neither is an error: a field is skipped and stays in the raw response, a value is kept as its text. Who wants to be told
gives the client `on_drift`, and with ``unreadable="report"`` it reports optional fields that do not fit there too.
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

# A service that makes names up must not fill the memory; beyond this many, nothing more is reported.
MAX_TOLD = 1000
log = logging.getLogger("paisr")
_log_difference = partial(log.warning, "the response to %s differs from the contract: %s")


class DriftWatch(ForkSafe):
    """Tells `on_drift` of each difference once, by operation and path; without it, a warning is logged.

    `takes_unreadable`: whether optional fields that do not fit are such differences, and no errors.
    """

    def __init__(self, on_drift: OnDrift | None, *, takes_unreadable: bool = False) -> None:
        self.on_drift = on_drift
        self.takes_unreadable = takes_unreadable
        self._told: set[tuple[str, str]] = set()
        super().__init__()

    def look(self, operation: str, content: bytes, response: type, secret: Secret) -> None:
        """Compare a body that was decoded with its model, where somebody asked; an echo of the token is hidden."""
        if self.on_drift is not None:
            self.tell(operation, map(secret.scrub, unknown_paths(content, response)))

    def tell(self, operation: str, paths: Iterable[str]) -> None:
        """Tell of what is new among the paths. Whatever goes wrong here is logged, and the call goes on."""
        try:
            for path in paths:
                if self._is_new(operation, path):
                    (self.on_drift or _log_difference)(operation, path)
        except Exception:
            log.exception("looking for drift in the response to %s failed", operation)

    def _is_new(self, operation: str, path: str) -> bool:
        with self._lock:
            if (operation, path) in self._told or len(self._told) >= MAX_TOLD:
                return False
            self._told.add((operation, path))
            return True
