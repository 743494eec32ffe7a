"""The steps that the engine yields, and the results that it receives: plain data between the engine and the driver."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from msgspec import Struct

from paisr_generated.responses import Headers

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr_generated.operations import Request

T = TypeVar("T")


class RawResponse(Struct, frozen=True):
    """A response of the service, complete and decompressed."""

    status: int
    raw_headers: list[tuple[bytes, bytes]]
    content: bytes

    @property
    def headers(self) -> Headers:
        return Headers(self.raw_headers)

    def __repr__(self) -> str:
        return f"RawResponse(status={self.status})"  # no body: a recorded traceback can show the locals


class TransportFailure(Struct, frozen=True):
    """An attempt without a complete response. `sent`: the service may have acted; `final`: a retry cannot help."""

    kind: Literal["connection", "timeout", "response"]
    sent: bool
    reason: str
    cause: BaseException | None = None
    final: bool = False
    status: int = 0


AttemptResult = RawResponse | TransportFailure


class Send(Struct, frozen=True):
    """Send the request once; the result is an `AttemptResult`."""

    request: Request
    deadline: Deadline


class Pause(Struct, frozen=True):
    """Wait `seconds` seconds."""

    seconds: float


class RunBlocking(Struct, frozen=True):
    """Run blocking work. An event loop has it run in a thread, for `timeout` seconds at most if that is given."""

    work: Callable[[], Any]
    timeout: float | None = None


Step = Send | Pause | RunBlocking
# A call as its driver sees it: it yields steps, receives the result of each, and returns the result of the call.
Steps = Generator[Step, Any, T]


class PreparedCall(Struct, Generic[T], frozen=True, kw_only=True):
    """One request, and the function that decodes its response.

    `before_sending`: called before each sending of the request. `repeatable`: whether it is safe to send it again.
    `hints`: advice by status, used instead of the general advice.
    """

    request: Request
    decode: Callable[[RawResponse], T]
    repeatable: bool
    before_sending: Callable[[], object] = lambda: None
    hints: Mapping[int, str] = {}
