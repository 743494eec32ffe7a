"""A call's deadline, in the shape in which an HTTP library hands time-outs down to its streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline

# A connection that is not made within this many seconds is given up, and may be tried again.
MAX_CONNECT = 10.0
# What is said to a proxy before the service is reached: to an HTTP proxy, and the three messages to a SOCKS proxy. No
# request to the service begins so.
_TO_A_PROXY = (b"CONNECT ", b"\x05", b"\x01")


class TimeLeft(float):
    """The seconds that a call had left when an attempt began; the streams ask it again at every read and write.

    `sent` turns true with the first byte that is put on a connection. `head` is the response's status and headers, once
    they have come.
    """

    deadline: Deadline
    sent: bool
    head: tuple[int, list[tuple[bytes, bytes]]] | None

    def __new__(cls, deadline: Deadline) -> TimeLeft:
        self = super().__new__(cls, deadline.remaining())
        self.deadline = deadline
        self.sent = False
        self.head = None
        return self


def seconds_left(timeout: float | None) -> float | None:
    """What a stream may take now: the rest of the call, or the plain time-out of somebody else's request."""
    return timeout.deadline.remaining() if isinstance(timeout, TimeLeft) else timeout


def mark_sent(timeout: float | None, data: bytes) -> None:
    """Remember that a part of the request went out; talking a proxy into a tunnel is not one."""
    if isinstance(timeout, TimeLeft) and data and not data.startswith(_TO_A_PROXY):
        timeout.sent = True


def timeouts(left: TimeLeft) -> dict[str, float]:
    return {"connect": left, "read": left, "write": left, "pool": float(left)}
