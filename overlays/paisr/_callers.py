"""The callers through which generated resources call a client: one for threads, one for event loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from paisr._engine.steps import Steps
    from paisr._session import Session
    from paisr_generated.operations import Operation
    from paisr_generated.responses import ApiResponse

T = TypeVar("T")


class Run(Protocol):
    """Carries out the steps of a call."""

    def __call__(self, steps: Steps[T], /) -> T: ...


class AsyncRun(Protocol):
    """Carries out the steps of a call on an event loop."""

    async def __call__(self, steps: Steps[T], /) -> T: ...


class ClientCaller(Struct, frozen=True):
    """Makes calls in the calling thread."""

    session: Session
    run: Run

    @property
    def base_url(self) -> str:
        return self.session.service

    def call(self, operation: Operation[T], arguments: dict[str, object], timeout: float | None) -> ApiResponse[T]:
        return self.run(self.session.call(operation, arguments, timeout))


class AsyncClientCaller(Struct, frozen=True):
    """Makes calls on an event loop."""

    session: Session
    run: AsyncRun

    @property
    def base_url(self) -> str:
        return self.session.service

    async def call(
        self, operation: Operation[T], arguments: dict[str, object], timeout: float | None
    ) -> ApiResponse[T]:
        return await self.run(self.session.call(operation, arguments, timeout))
