"""The planning of faults, as a test does it."""

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
        """Let the next `times` requests meet a fault, each exactly one; planned faults queue up.

        - `operation`: only requests of `"create"`, `"list"` or `"get"` meet it; without, every request to the API does.
        - `status` (200 to 599), `message`: this response in the envelope, and the request is not carried out.
        - `body`, `content_type`, `headers`: raw parts of the response. A body without a status is sent with 200. With
          `content_type` or `headers` alone the request is carried out and its own response changed.
        - none of these, nor what follows: 503.
        - `processed=True`: the request is carried out first, and its response replaced all the same.
        - `delay`: seconds between carrying out and responding. A client that does not wait that long finds it done.
        - `drop="before"`: the connection is closed and nothing was carried out; `drop="after"`: it is carried out and
          kept, then the connection is closed without a response.
        - `truncate`: the response promises its whole length, and the connection is closed after so many bytes of it.

        Only a request with the right token meets a fault; it comes before everything else that the API looks at. Raises
        `ValueError` or `TypeError` for parts that cannot be sent, and plans nothing then.
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
        """Take back the planned faults that no request has met yet."""
        self._faults.clear()
