"""What a client has on each event loop goes with the loop, and a forked child has its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from paisr._base.route import Route
from paisr._base.secrets import Secret, wrap
from paisr._settings import read_service
from paisr._transport import asynchronous
from paisr._transport.asynchronous import AsyncPoolTransport
from paisr._transport.connections import Connections


class Pool:
    """The pool of one loop, and whether it was closed."""

    def __init__(self, opening: Any) -> None:
        self.loop = asyncio.get_running_loop()  # as what waits on a loop does: no weak reference would ever die
        self.connections: Connections[Any] = Connections()

    @property
    def is_closed(self) -> bool:
        return self.connections._is_closed


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(asynchronous, "AsyncPool", Pool)
    service = read_service(None, wrap("http://127.0.0.1:9/v2"))
    return AsyncPoolTransport(Route(service=service, proxy=None, tls=None, token=Secret("tok")))


async def pool(transport: Any) -> Any:
    """The pool that a call on this loop gets."""
    return transport._pools.get(asyncio.get_running_loop()) or transport._make_pool()


def test_each_loop_has_one_and_a_new_loop_clears_up_after_those_that_are_closed(transport: Any) -> None:
    first, second = asyncio.run(pool(transport)), asyncio.run(pool(transport))
    assert first is not second
    assert (first.is_closed, second.is_closed) == (True, False)
    with asyncio.Runner() as runner:
        third = runner.run(pool(transport))
        assert runner.run(pool(transport)) is third
        with asyncio.Runner() as another:
            fourth = another.run(pool(transport))
            assert (second.is_closed, third.is_closed) == (True, False)
        runner.run(transport.close())
        assert (third.is_closed, fourth.is_closed) == (True, True)
        runner.run(transport.close())


def test_a_forked_child_makes_its_own(transport: Any) -> None:
    with asyncio.Runner() as runner:
        first = runner.run(pool(transport))
        transport.after_fork()
        assert runner.run(pool(transport)) is not first
        assert not first.is_closed, "the parent still uses it"
