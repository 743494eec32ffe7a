"""The progress of one attempt, up to its deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline

# Seconds. A connection that takes longer to make fails, and may be tried again.
MAX_CONNECT = 10.0
# Why an attempt ran out of time.
NO_CONNECTION_FREE = "no connection became free in time"
NOT_CONNECTED = "the connection was not made in time"
NOT_WRITTEN = "the request could not be sent in time"
NO_RESPONSE = "the response did not come in time"


class Progress:
    """The progress of one attempt. Every read and write asks it for the seconds that are left.

    `address` names the service in an error. `sent` becomes true before the first byte of the request is written. `head`
    is the response's status and headers, once they are received. `timeout_reason`: what an error says if the deadline
    passes now.
    """

    __slots__ = ("address", "deadline", "head", "sent", "timeout_reason")

    def __init__(self, deadline: Deadline, address: str) -> None:
        self.address = address
        self.deadline = deadline
        self.sent = False
        self.head: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self.timeout_reason = NO_CONNECTION_FREE

    def connecting(self) -> Progress:
        """The progress of opening a connection, up to `MAX_CONNECT`: its bytes are not part of the request."""
        opening = Progress(self.deadline.at_most(MAX_CONNECT), self.address)
        self.timeout_reason = opening.timeout_reason = NOT_CONNECTED
        return opening

    def remaining(self) -> float:
        """The seconds that are left, above zero. Raises `TimeoutError` when the deadline has passed."""
        seconds = self.deadline.remaining()
        if not seconds:
            raise TimeoutError(self.timeout_reason)
        return seconds

    def begin_write(self) -> float:
        """The seconds that are left, directly before a write: from now on, the request may be partly sent."""
        seconds = self.remaining()
        self.sent = True
        return seconds
