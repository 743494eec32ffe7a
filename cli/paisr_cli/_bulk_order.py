"""Rows end in any order, and are written in that of the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class InOrder:
    """Calls what belongs to each line when all lines before it have ended."""

    def __init__(self) -> None:
        self._lines: deque[int] = deque()
        self._ended: dict[int, Callable[[], object]] = {}

    def begin(self, line: int) -> None:
        self._lines.append(line)

    def end(self, line: int, act: Callable[[], object]) -> None:
        self._ended[line] = act
        while self._lines and (ready := self._ended.pop(self._lines[0], None)) is not None:
            self._lines.popleft()
            ready()

    def end_all(self) -> None:
        """No other line ends any more: the run was interrupted."""
        lines, self._lines = self._lines, deque()
        for line in lines:
            if (ready := self._ended.pop(line, None)) is not None:
                ready()
