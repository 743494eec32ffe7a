"""Sends webhook deliveries in a background thread, and retries each until it is accepted.

Documented: a delivery without a 2XX response is retried up to 10 times, with exponential backoff. The stub chose the
rest, and none of it is a fact about the service: the ten retries come after the first attempt; the first pause is one
second, and each pause is twice the previous one; each attempt has a new signature; redirects are not followed.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from paisr_stub._clock import TravelClock
from paisr_stub._events import Delivery, Event
from paisr_stub._record import Record
from paisr_stub._records import timestamp
from paisr_stub._sending import post

MAX_RETRIES = 10
FIRST_PAUSE = timedelta(seconds=1)
MAX_ATTEMPTS_KEPT = 20_000  # the oldest are forgotten
POLL = 0.05  # seconds between two reads of a given clock while a retry waits for it


@dataclass(frozen=True, slots=True, eq=False)
class DeliveryAttempt(Record):
    """One attempt to send a delivery, and its result.

    `number` is 1 for the first. `sent_at` and `next_at` (None: it is not tried again) are RFC 3339 texts. `status` is
    None when there was no response; `error` then says why.
    """

    delivery: Delivery
    url: str
    number: int
    sent_at: str
    status: int | None
    error: str | None
    next_at: str | None

    @property
    def accepted(self) -> bool:
        """Whether the response was 2XX."""
        return self.status is not None and 200 <= self.status <= 299


@dataclass(frozen=True, slots=True)
class _Due:
    at: datetime
    event: Event
    url: str
    number: int = 1

    def after(self) -> _Due | None:
        """The next attempt. It counts from the time at which this one was due: after `advance`, overdue ones follow at
        once."""
        if self.number > MAX_RETRIES:
            return None
        return _Due(self.at + FIRST_PAUSE * 2 ** (self.number - 1), self.event, self.url, self.number + 1)


class Deliverer:
    """Sends deliveries in the order in which they are due. Every method may be called from any thread."""

    def __init__(self, clock: TravelClock, sign: Callable[[Event], Delivery]) -> None:
        self._clock = clock
        self._sign = sign
        self._changed = threading.Condition()
        self._due: list[tuple[datetime, int, _Due]] = []
        self._order = itertools.count()
        self._attempts: deque[DeliveryAttempt] = deque(maxlen=MAX_ATTEMPTS_KEPT)
        self._thread: threading.Thread | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._busy = False
        self._stopped = False

    def add(self, event: Event, url: str) -> None:
        """Send it as soon as possible; nothing is sent after `stop`."""
        with self._changed:
            if self._stopped:
                return
            self._push(_Due(self._clock(), event, url))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="paisr-stub-webhooks", daemon=True)
                self._thread.start()

    def record(self, attempt: DeliveryAttempt) -> None:
        """Keep an attempt that was made elsewhere."""
        with self._changed:
            self._attempts.append(attempt)

    def attempts(self) -> list[DeliveryAttempt]:
        """A copy, the oldest first."""
        with self._changed:
            return list(self._attempts)

    def wake(self) -> None:
        """Look at the clock again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float) -> None:
        """Wait until no delivery is due; raises `TimeoutError` after `timeout` seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while self._busy or self._is_due():
                left = end - time.monotonic()
                if left <= 0 or self._stopped:
                    raise TimeoutError(f"Deliveries were still due after {timeout:g} seconds.")
                self._changed.wait(left)

    def stop(self) -> None:
        """Drop the deliveries that were not sent. Returns at once."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            sock = None if self._connection is None else self._connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            self._changed.notify_all()

    def _push(self, due: _Due) -> None:
        heapq.heappush(self._due, (due.at, next(self._order), due))
        self._changed.notify_all()

    def _is_due(self) -> bool:
        return bool(self._due) and self._due[0][0] <= self._clock()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            delivery = self._sign(due.event)
            sent_at = timestamp(self._clock())
            status, error = post(due.url, delivery, self._opened)
            self._finish(due, delivery, sent_at, status, error)

    def _next(self) -> _Due | None:
        with self._changed:
            while not self._stopped and not self._is_due():
                self._changed.wait(POLL if self._due else None)
            if self._stopped:
                return None
            self._busy = True
            return heapq.heappop(self._due)[2]

    def _opened(self, connection: http.client.HTTPConnection) -> None:
        with self._changed:
            self._connection = connection

    def _finish(self, due: _Due, delivery: Delivery, sent_at: str, status: int | None, error: str | None) -> None:
        with self._changed:
            self._busy = False
            self._connection = None
            accepted = status is not None and 200 <= status <= 299
            again = None if accepted or self._stopped else due.after()
            next_at = None if again is None else timestamp(again.at)
            self._attempts.append(DeliveryAttempt(delivery, due.url, due.number, sent_at, status, error, next_at))
            if again is not None:
                self._push(again)
            self._changed.notify_all()
