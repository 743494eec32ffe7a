"""What a client has on each event loop goes with the loop, and a forked child has its own."""

from __future__ import annotations

import asyncio
from typing import Any

from paisr._transport.loops import PerLoop


class One:
    def __init__(self) -> None:
        self.ended = ""
        self.loop = asyncio.get_running_loop()  # as what waits on a loop does: no weak reference would ever die

    async def close(self) -> None:
        self.ended = "closed"

    def close_after_loop(self) -> None:
        self.ended = "closed after its loop"


async def got(kept: PerLoop[One]) -> One:
    assert kept.get() is kept.get()
    return kept.get()


def test_each_loop_has_one_and_a_new_loop_clears_up_after_those_that_are_closed() -> None:
    kept = PerLoop(One)
    first, second = asyncio.run(got(kept)), asyncio.run(got(kept))
    assert first is not second
    assert (first.ended, second.ended) == ("closed after its loop", "")
    with asyncio.Runner() as runner:
        third = runner.run(got(kept))
        fourth = asyncio.Runner()
        other = fourth.run(got(kept))
        assert (second.ended, third.ended) == ("closed after its loop", "")
        fourth.close()
        runner.run(kept.close())
        assert (third.ended, other.ended) == ("closed", "closed after its loop")
        runner.run(kept.close())


def test_a_forked_child_makes_its_own() -> None:
    kept: Any = PerLoop(One)
    with asyncio.Runner() as runner:
        first = runner.run(got(kept))
        kept.after_fork()
        assert runner.run(got(kept)) is not first
        assert first.ended == "", "the parent still uses it"
