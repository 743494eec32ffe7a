"""What a client has on each event loop: made at the first call there, and gone with the loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from paisr._base.forks import register_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable


class Closable(Protocol):
    async def close(self) -> None: ...

    def close_after_loop(self) -> None:
        """Close what an event loop that is closed left open."""
        ...


C = TypeVar("C", bound=Closable)


class PerLoop(Generic[C]):
    """One of a kind for each event loop, and for each process.

    What belongs to a loop often holds a reference to it, so no weak reference tells when the loop is gone. A new loop
    triggers a check for closed ones instead.
    """

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._made: dict[asyncio.AbstractEventLoop, C] = {}
        self._lock = threading.Lock()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._made = {}

    def get(self) -> C:
        loop = asyncio.get_running_loop()
        found = self._made.get(loop)
        return found if found is not None else self._add(loop)

    async def close(self) -> None:
        """Close what is on this event loop, and what closed ones left open."""
        with self._lock:
            mine = self._made.pop(asyncio.get_running_loop(), None)
            self._sweep()
        if mine is not None:
            await mine.close()

    def _add(self, loop: asyncio.AbstractEventLoop) -> C:
        with self._lock:
            self._sweep()
            made = self._made[loop] = self._make()
            return made

    def _sweep(self) -> None:
        for loop in [one for one in self._made if one.is_closed()]:
            self._made.pop(loop).close_after_loop()
