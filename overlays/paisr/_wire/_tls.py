"""One TLS context for the process: making one takes nearly all the time that making a client would."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from paisr._forks import register_after_fork

if TYPE_CHECKING:
    import ssl


class _SharedContext:
    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        register_after_fork(self)

    def get(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                import httpx  # here, because only https needs it

                self._context = httpx.create_ssl_context()
            return self._context

    def after_fork(self) -> None:
        self._lock = threading.Lock()


shared_context = _SharedContext()
