"""Which connection a call gets: the one used last, never one that cannot be trusted, and not more than are allowed."""

from __future__ import annotations

from typing import Any

import pytest

from paisr._transport.connections import IDLE_EXPIRY, Connections


class Line:
    """A connection: `number` says which; it is available and trusted until a test says otherwise."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.expired = False
        self.available = True

    def has_expired(self) -> bool:
        return self.expired

    def is_available(self) -> bool:
        return self.available


@pytest.fixture
def connections(time: Any) -> Connections[Line]:
    numbers = iter(range(1, 1000))
    return Connections(lambda: Line(next(numbers)), clock=lambda: time.seconds)


def numbers(lines: list[Line]) -> list[int]:
    return sorted(line.number for line in lines)


def test_the_one_used_last_is_used_first(connections: Connections[Line]) -> None:
    first, second = connections.take(), connections.take()
    assert (first.number, second.number) == (1, 2)
    connections.put(second)
    connections.put(first)
    assert connections.take() is first
    assert connections.take() is second
    assert connections.take().number == 3


@pytest.mark.parametrize("how", ["expired", "unavailable"])
def test_one_that_cannot_be_trusted_is_closed_and_not_used_again(connections: Connections[Line], how: str) -> None:
    line = connections.take()
    line.available = how != "unavailable"
    connections.put(line)
    line.expired = how == "expired"
    assert connections.take().number == 2
    assert connections.take_discarded() == [line]
    assert connections.take_discarded() == []


def test_those_that_nobody_uses_any_more_are_closed(connections: Connections[Line], time: Any) -> None:
    many = [connections.take() for _ in range(3)]
    for line in many:
        connections.put(line)
    time.seconds += IDLE_EXPIRY / 2
    busy = connections.take()
    assert busy is many[2]
    time.seconds += IDLE_EXPIRY / 2 + 0.1
    connections.put(busy)
    assert numbers(connections.take_discarded()) == [1, 2]
    assert connections.take() is busy


def test_all_are_those_in_use_too(connections: Connections[Line]) -> None:
    in_use, idle, broken = connections.take(), connections.take(), connections.take()
    broken.available = False
    connections.put(idle)
    connections.put(broken)
    assert numbers(connections.all()) == [1, 2, 3]
    assert connections.all() == []
    connections.put(in_use)
    assert connections.take() is in_use, "a call that goes on keeps its connection"
