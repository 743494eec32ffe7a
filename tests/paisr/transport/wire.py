"""A stream that a test plays by hand, without a socket."""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any


class Wire:
    """Each read of a coroutine yields None, and each write its bytes; what is sent in is what was read."""

    is_quiet = True

    async def receive(self, progress: Any) -> bytes:
        return await step(None)

    async def send(self, data: bytes, progress: Any) -> None:
        await step(data)


def wire() -> Any:
    return Wire()


@types.coroutine
def step(data: bytes | None) -> Generator[bytes | None, bytes, bytes]:
    return (yield data)
