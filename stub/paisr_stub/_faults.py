"""Faults on order: what the next requests meet instead of a plain response."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import index
from typing import Literal, get_args

from paisr_stub._responses import Response, failure

Operation = Literal["create", "list", "get"]
Drop = Literal["before", "after"]

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
        """The response that is sent, made of the one that the request would have had."""
        if self._replaces or response is None:
            response = failure(self.status or (503 if self.body is None else 200), self.message)
        if self.body is not None:
            response = replace(response, body=self.body)
        if self.content_type is not None:
            response = replace(response, content_type=self.content_type)
        return replace(response, headers=response.headers + self.headers)


def fault(
    *,
    status: int | None,
    message: str | None,
    body: bytes | str | None,
    content_type: str | None,
    headers: Mapping[str, str] | None,
    delay: float,
    drop: Drop | None,
    truncate: int | None,
    processed: bool,
    operation: Operation | None,
) -> Fault:
    """Check the parts, which may come from another process; raises `ValueError` or `TypeError` with what is wrong."""
    if status is not None and not 200 <= status <= 599:
        raise ValueError(f"status {status} is not between 200 and 599.")
    if not 0 <= delay <= 3600:
        raise ValueError(f"delay {delay} is not between 0 and 3600 seconds.")
    if truncate is not None and truncate < 0:
        raise ValueError("truncate is negative.")
    if drop not in (None, *get_args(Drop)):
        raise ValueError('drop is neither "before" nor "after".')
    if operation not in (None, *get_args(Operation)):
        raise ValueError('operation is none of "create", "list", "get".')
    extra = tuple((headers or {}).items())
    for name, value in extra if content_type is None else (*extra, ("Content-Type", content_type)):
        _check_header(name, value)
    plain = content_type is None and not extra and not delay and drop is None and truncate is None and not processed
    if plain and status is None and message is None and body is None:
        status = 503
    return Fault(
        status=status,
        message=message,
        body=body.encode() if isinstance(body, str) else None if body is None else bytes(memoryview(body)),
        content_type=content_type,
        headers=extra,
        delay=float(delay),
        drop=drop,
        truncate=None if truncate is None else index(truncate),
        processed=processed,
        operation=operation,
    )


def _check_header(name: str, value: str) -> None:
    if name.lower() in ("content-length", "transfer-encoding"):
        raise ValueError(f"{name} is worked out by the server; truncate makes it a lie.")
    if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"{name!a} is not a header that HTTP allows.")


class FaultQueue:
    """Faults in the order in which they were ordered; each request takes the first that is meant for its operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, ordered: Fault, times: int) -> None:
        if times < 1:
            raise ValueError("times is less than 1.")
        with self._lock:
            self._waiting.extend([ordered] * times)

    def take(self, operation: Operation | None) -> Fault | None:
        with self._lock:
            for position, waiting in enumerate(self._waiting):
                if waiting.operation is None or waiting.operation == operation:
                    return self._waiting.pop(position)
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting)
