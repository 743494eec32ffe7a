"""Each event loop has a pool of its own, which is closed after the loop; a forked child has new pools."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from paisr._base.route import Route
from paisr._base.secrets import Secret, wrap
from paisr._settings import read_service
from paisr._transport.asynchronous import AsyncPool
from paisr._transport.transport import PoolTransport


@pytest.fixture
def transport() -> PoolTransport:
    service = read_service(None, wrap("http://127.0.0.1:9/v2"))
    route = Route(service=service, proxy=None, tls=None, token=Secret("tok"))
    return PoolTransport(route, AsyncPool, asyncio.get_running_loop)


async def pool(transport: Any) -> Any:
    """The pool for a call on this loop."""
    return transport._pools.get(asyncio.get_running_loop()) or transport.make_pool()


def test_each_loop_has_one_pool_and_a_new_loop_closes_the_pools_of_closed_loops(transport: Any) -> None:
    first, second = asyncio.run(pool(transport)), asyncio.run(pool(transport))
    assert first is not second
    assert (first._is_closed, second._is_closed) == (True, False)
    with asyncio.Runner() as runner:
        third = runner.run(pool(transport))
        assert runner.run(pool(transport)) is third
        with asyncio.Runner() as another:
            fourth = another.run(pool(transport))
            assert (second._is_closed, third._is_closed) == (True, False)
        runner.run(transport.close())
        assert (third._is_closed, fourth._is_closed) == (True, True)
        runner.run(transport.close())


def test_a_forked_child_has_a_pool_of_its_own(transport: Any) -> None:
    with asyncio.Runner() as runner:
        first = runner.run(pool(transport))
        transport.after_fork()
        assert runner.run(pool(transport)) is not first
        assert not first._is_closed, "the pool of the parent was closed"
