"""Planning of faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from paisr_stub._faults import FaultQueue, Operation, fault


class FaultPlanning:
    """The part of a stub that plans faults."""

    def __init__(self) -> None:
        self._faults = FaultQueue()

    def fail_next(
        self,
        times: int = 1,
        *,
        status: int | None = None,
        message: str | None = None,
        body: bytes | str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        drop: Literal["before", "after"] | None = None,
        truncate: int | None = None,
        processed: bool = False,
        operation: Operation | None = None,
    ) -> None:
        """Plan a fault for each of the next `times` requests. Planned faults queue up.

        - `operation`: the fault applies to `"create"`, `"list"` or `"get"` only; by default to every request.
        - `status` (200 to 599), `message`: the response is this, in the envelope, and the request is not carried out.
        - `body`, `content_type`, `headers`: raw parts of the response. A body without a status is sent with 200. With
          `content_type` or `headers` alone the request is carried out and its own response changed.
        - no argument: 503.
        - `processed=True`: the request is carried out first, and then its response is replaced.
        - `delay`: seconds between carrying out and responding. It is carried out even if the client times out.
        - `drop="before"`: the connection is closed and nothing was carried out; `drop="after"`: it is carried out and
          kept, then the connection is closed without a response.
        - `truncate`: the response announces its full length, and the connection is closed after `truncate` bytes.

        A fault applies only to requests with the right token, and before all other checks. Raises `ValueError` or
        `TypeError`, and plans nothing, for arguments that cannot be sent.
        """
        planned = fault(
            status=status,
            message=message,
            body=body,
            content_type=content_type,
            headers=headers,
            delay=delay,
            drop=drop,
            truncate=truncate,
            processed=processed,
            operation=operation,
        )
        self._faults.add(planned, times)

    def forget_faults(self) -> None:
        """Remove the planned faults that no request has used yet."""
        self._faults.clear()
