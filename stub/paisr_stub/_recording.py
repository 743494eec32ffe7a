"""The recorded requests. Bounds on their number and size keep memory use flat."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from paisr_stub import _exact
from paisr_stub._faults import Operation
from paisr_stub._record import Record

MAX_REQUESTS = 20_000  # the oldest are forgotten
MAX_BODY = 1 << 16  # bytes of each body; what is longer is cut
MAX_BYTES = 1 << 25  # of all of them together, headers included; the oldest are forgotten
OVERHEAD = 500  # bytes, about what a record costs besides its texts


@dataclass(frozen=True, slots=True, eq=False)
class RecordedRequest(Record):
    """A request as it arrived, and the status of its response.

    `query` is the raw query string, `headers` has lower-case names, Authorization included. `body` is at most 64 KiB;
    `body_size` is the size of the whole body. `status` is None when the connection was closed without a response.
    `is_planned`: whether it met a fault that was planned.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    body_size: int
    status: int | None
    operation: Operation | None
    is_planned: bool = False

    def json(self) -> object:
        """The body read as JSON, numbers with a fraction as `Decimal`; raises `ValueError` when it is not JSON."""
        if len(self.body) < self.body_size:
            raise ValueError(f"The body had {self.body_size} bytes, of which {len(self.body)} were kept.")
        return _exact.loads(self.body)


class Recording:
    """The newest requests. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[RecordedRequest] = deque()
        self._bytes = 0

    def add(
        self,
        *,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        status: int | None,
        operation: Operation | None,
        is_planned: bool = False,
    ) -> None:
        """Keep a request, and as much of its body as the bounds allow."""
        kept = body[:MAX_BODY]
        request = RecordedRequest(method, path, query, headers, kept, len(body), status, operation, is_planned)
        with self._lock:
            self._requests.append(request)
            self._bytes += _cost(request)
            while self._bytes > MAX_BYTES or len(self._requests) > MAX_REQUESTS:
                self._bytes -= _cost(self._requests.popleft())

    def all(self) -> list[RecordedRequest]:
        """A copy, the oldest first."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._bytes = 0


def _cost(request: RecordedRequest) -> int:
    texts = len(request.method) + len(request.path) + len(request.query)
    return OVERHEAD + texts + len(request.body) + sum(len(name) + len(value) for name, value in request.headers.items())
