"""What the engine asks for, and what it is told: plain data between pure decisions and the drivers that do them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from attrs import field, frozen

if TYPE_CHECKING:
    from paisr._deadlines import Deadline
    from paisr._limiter import Limiter, Ticket
    from paisr_generated.types import Request

T = TypeVar("T")


class Headers(Mapping[str, str]):
    """An answer's headers: names without regard to case, repeated ones joined with a comma."""

    __slots__ = ("_values",)

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self._values[key] = f"{self._values[key]}, {text}" if key in self._values else text

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({self._values!r})"


@frozen(slots=True)
class Answered:
    """The service answered: the bytes are whole and decompressed."""

    status: int
    raw_headers: list[tuple[bytes, bytes]] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def headers(self) -> Headers:
        return Headers(self.raw_headers)


@frozen(slots=True)
class Failed:
    """No whole answer came. `sent`: whether the service may have acted; `final`: trying again cannot help."""

    kind: Literal["connection", "timeout", "answer"]
    sent: bool
    reason: str
    cause: BaseException | None = field(default=None, repr=False)
    final: bool = False
    status: int = 0


Happened = Answered | Failed


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
class Ask:
    """Ask the limiter for a place; the answer is the seconds until it is worth asking again, 0.0 for a grant."""

    limiter: Limiter
    ticket: Ticket


@frozen(slots=True)
class Do:
    """Run something that touches the disk, away from an event loop."""

    work: Callable[[], Any]


Step = Send | Pause | Ask | Do
# What a call is to its driver: it yields steps, is sent what came of each, and returns the result.
Steps = Generator[Step, Any, T]
