"""What the engine asks for, and what it is told: plain data between pure decisions and the drivers that do them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from attrs import field, frozen

from paisr_generated.operations import Headers

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._ratelimit.queue import Limiter, Ticket
    from paisr_generated.operations import Request

T = TypeVar("T")


@frozen(slots=True)
class RawResponse:
    """The service responded: the bytes are whole and decompressed."""

    status: int
    raw_headers: list[tuple[bytes, bytes]] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def headers(self) -> Headers:
        return Headers(self.raw_headers)


@frozen(slots=True)
class TransportFailure:
    """No whole response came. `sent`: whether the service may have acted; `final`: trying again cannot help."""

    kind: Literal["connection", "timeout", "response"]
    sent: bool
    reason: str
    cause: BaseException | None = field(default=None, repr=False)
    final: bool = False
    status: int = 0


AttemptResult = RawResponse | TransportFailure


@frozen(slots=True)
class Send:
    """Put the request on the wire once, and say what happened."""

    request: Request
    deadline: Deadline


@frozen(slots=True)
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


@frozen(slots=True)
class AcquirePermit:
    """Ask the limiter for a permit; the result is the seconds until it is worth asking again, 0.0 for a grant."""

    limiter: Limiter
    ticket: Ticket


@frozen(slots=True)
class RunBlocking:
    """Run something that touches the disk, away from an event loop; a `TimeoutError` when it takes longer there."""

    work: Callable[[], Any]
    timeout: float


Step = Send | Pause | AcquirePermit | RunBlocking
# What a call is to its driver: it yields steps, is sent what came of each, and returns the result.
Steps = Generator[Step, Any, T]


@frozen(kw_only=True)
class PreparedCall(Generic[T]):
    """One request and how its response is read.

    `before_sending`: called each time that the request is about to leave. `repeatable`: sending it again does no
    harm. `hints`: what helps with a status, beside what helps with any call.
    """

    request: Request
    decode: Callable[[RawResponse], T] = field(repr=False)
    repeatable: bool
    before_sending: Callable[[], object] = field(default=lambda: None, repr=False)
    hints: Mapping[int, str] = field(default={})
