"""How far one attempt has come, and until when it may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline

# Seconds. A connection that is not made by then fails, and may be tried again.
MAX_CONNECT = 10.0
# What was not done when the time was over.
NO_CONNECTION_FREE = "no connection became free in time"
NOT_CONNECTED = "the connection was not made in time"
NOT_WRITTEN = "the request could not be sent in time"
NO_RESPONSE = "the response did not come in time"


class Progress:
    """One attempt. Every read and write asks it for the seconds that are left.

    `address` names the service in an error. `sent` turns true with the first byte of the request that is put on a
    connection. `head` is the response's status and headers, once they have come. `late` says what was not done, should
    the time be over now.
    """

    __slots__ = ("address", "deadline", "head", "late", "sent")

    def __init__(self, deadline: Deadline, address: str) -> None:
        self.address = address
        self.deadline = deadline
        self.sent = False
        self.head: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self.late = NOT_CONNECTED

    def connecting(self) -> Progress:
        """The same for what comes before the request: of it, nothing counts as sent."""
        self.late = NOT_CONNECTED
        return Progress(self.deadline.within(MAX_CONNECT), self.address)

    def remaining(self) -> float:
        """Seconds, above zero. Raises `TimeoutError` when there are none."""
        seconds = self.deadline.remaining()
        if not seconds:
            raise TimeoutError(self.late)
        return seconds

    def writing(self) -> float:
        """The same, directly before a write: from now on, a part of the request may have left."""
        seconds = self.remaining()
        self.sent = True
        return seconds
