"""Planned faults, which replace or change the responses to the next requests."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, cast, get_args

from paisr_stub._responses import Response, failure

Operation = Literal["create", "list", "get"]
Drop = Literal["before", "after"]

MAX_WAITING = 10_000  # faults; bounds the memory that one request can use
MAX_DELAY = 3600  # seconds

_HEADER_NAME = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `StubServer.fail_next` says what each part does."""

    status: int | None = None
    message: str | None = None
    body: bytes | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    drop: Drop | None = None
    truncate: int | None = None
    processed: bool = False
    operation: Operation | None = None

    @property
    def processes(self) -> bool:
        """Whether the request is carried out before the fault shows."""
        if self.drop is not None:
            return self.drop == "after"
        return self.processed or not self._replaces

    @property
    def _replaces(self) -> bool:
        return self.status is not None or self.message is not None or self.body is not None

    def shape(self, response: Response | None) -> Response:
        """The response to send, made from the response without the fault."""
        if self._replaces or response is None:
            response = failure(self.status or (503 if self.body is None else 200), self.message)
        if self.body is not None:
            response = replace(response, body=self.body)
        if self.content_type is not None:
            response = replace(response, content_type=self.content_type)
        return replace(response, headers=response.headers + self.headers)


def fault(
    *,
    status: int | None = None,
    message: str | None = None,
    body: bytes | str | None = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
    delay: float = 0.0,
    drop: Drop | None = None,
    truncate: int | None = None,
    processed: bool = False,
    operation: Operation | None = None,
) -> Fault:
    """Check the parts, which may come from another process; raises `ValueError` or `TypeError` with what is wrong."""
    if status is not None:
        whole("status", status, minimum=200, maximum=599)
    if truncate is not None:
        whole("truncate", truncate, minimum=0)
    if drop not in (None, *get_args(Drop)):
        raise ValueError('drop is neither "before" nor "after".')
    if operation not in (None, *get_args(Operation)):
        raise ValueError('operation is none of "create", "list", "get".')
    if not isinstance(cast("object", processed), bool):
        raise TypeError("processed is neither true nor false.")
    extra = _headers(headers)
    if content_type is not None:
        _check_header("Content-Type", content_type)
    seconds = _delay(delay)
    raw = _raw(body)
    if message is not None:
        text("message", message)
    plain = content_type is None and not extra and not seconds and drop is None and truncate is None and not processed
    if plain and status is None and message is None and raw is None:
        status = 503
    return Fault(
        status=status,
        message=message,
        body=raw,
        content_type=content_type,
        headers=extra,
        delay=seconds,
        drop=drop,
        truncate=truncate,
        processed=processed,
        operation=operation,
    )


def whole(name: str, value: object, *, minimum: int, maximum: int | None = None) -> int:
    """The value, when it is a whole number within its bounds; otherwise `ValueError` or `TypeError`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is not a whole number.")
    if value < minimum or (maximum is not None and value > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ValueError(f"{name} is not {bounds}.")
    return value


def text(name: str, value: object) -> str:
    """The value, when it is a text that UTF-8 can write; otherwise `ValueError` or `TypeError`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} has a lone surrogate in it, which is not a character.") from None
    return value


def _raw(body: object) -> bytes | None:
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(cast("bytes", body))
    return None if body is None else text("body", body).encode()


def _delay(delay: object) -> float:
    if isinstance(delay, bool) or not isinstance(delay, int | float | Decimal):
        raise TypeError("delay is not a number of seconds.")
    seconds = float(min(delay, MAX_DELAY + 1)) if isinstance(delay, int) else float(delay)
    if not 0 <= seconds <= MAX_DELAY:
        raise ValueError(f"delay is not from 0 to {MAX_DELAY} seconds.")
    return seconds


def _headers(headers: object) -> tuple[tuple[str, str], ...]:
    if headers is None:
        return ()
    if not isinstance(headers, Mapping):
        raise TypeError("headers is not a mapping of names to values.")
    pairs = tuple(cast("Mapping[str, str]", headers).items())
    for name, value in pairs:
        _check_header(name, value)
    return pairs


def _check_header(name: object, value: object) -> None:
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError("A header is a name and a value, both of them texts.")
    if name.lower() in ("content-length", "transfer-encoding"):
        raise ValueError(f"{name} is set by the server; use truncate for a response that ends early.")
    if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"{name[:60]!a} is not a header that HTTP allows.")


class FaultQueue:
    """Faults in the order in which they were planned; each request takes the first that applies to its operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()

    def add(self, planned: Fault, times: int) -> None:
        """Raises `ValueError`, and adds none, when more than `MAX_WAITING` faults would wait."""
        whole("times", times, minimum=1, maximum=MAX_WAITING)
        with self._lock:
            if len(self._waiting) + times > MAX_WAITING:
                raise ValueError(f"More than {MAX_WAITING} faults would be waiting.")
            self._waiting.extend([planned] * times)

    def take(self, operation: Operation | None) -> Fault | None:
        with self._lock:
            for position, waiting in enumerate(self._waiting):
                if waiting.operation is None or waiting.operation == operation:
                    del self._waiting[position]
                    return waiting
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
