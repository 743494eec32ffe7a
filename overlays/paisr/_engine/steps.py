"""What the engine asks for, and what it is told: plain data between pure decisions and the drivers that do them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from msgspec import Struct

from paisr_generated.operations import Headers

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._ratelimit.queue import Limiter, Ticket
    from paisr_generated.operations import Request

T = TypeVar("T")


class RawResponse(Struct, frozen=True):
    """The service responded: the bytes are whole and decompressed."""

    status: int
    raw_headers: list[tuple[bytes, bytes]]
    content: bytes

    @property
    def headers(self) -> Headers:
        return Headers(self.raw_headers)

    def __repr__(self) -> str:
        return f"RawResponse(status={self.status})"  # whoever records a traceback shows the locals


class TransportFailure(Struct, frozen=True):
    """No whole response came. `sent`: whether the service may have acted; `final`: trying again cannot help."""

    kind: Literal["connection", "timeout", "response"]
    sent: bool
    reason: str
    cause: BaseException | None = None
    final: bool = False
    status: int = 0


AttemptResult = RawResponse | TransportFailure


class Send(Struct, frozen=True):
    """Put the request on the wire once, and say what happened."""

    request: Request
    deadline: Deadline


class Pause(Struct, frozen=True):
    """Do nothing for so many seconds."""

    seconds: float


class AcquirePermit(Struct, frozen=True):
    """Ask the limiter for a permit; the result is the seconds until it is worth asking again, 0.0 for a grant."""

    limiter: Limiter
    ticket: Ticket


class RunBlocking(Struct, frozen=True):
    """Run something that touches the disk, away from an event loop; a `TimeoutError` when it takes longer there."""

    work: Callable[[], Any]
    timeout: float


Step = Send | Pause | AcquirePermit | RunBlocking
# What a call is to its driver: it yields steps, is sent what came of each, and returns the result.
Steps = Generator[Step, Any, T]


class PreparedCall(Struct, Generic[T], frozen=True, kw_only=True):
    """One request and how its response is read.

    `before_sending`: called each time that the request is about to leave. `repeatable`: sending it again does no
    harm. `hints`: what helps with a status, beside what helps with any call.
    """

    request: Request
    decode: Callable[[RawResponse], T]
    repeatable: bool
    before_sending: Callable[[], object] = lambda: None
    hints: Mapping[int, str] = {}
