"""How far a file of invoices is, at a terminal: a bar with the time left, and what the rest is waiting for."""

from __future__ import annotations

import sys
import time
from asyncio import CancelledError
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from paisr_cli._output import console, is_terminal

if TYPE_CHECKING:
    from paisr import CallEvent
    from paisr_cli._bulk_files import Tally
    from paisr_cli._bulk_rows import Source

# Seconds. A wait that ends so little later than what was said is not said again.
SAME_WAIT = 5.0


class Progress:
    """Quiet, where the error stream is no terminal. `tell`: writes a sentence above the bar."""

    def __init__(
        self,
        show: Callable[[Tally], object] = lambda _tally: None,
        tell: Callable[[str], object] = lambda _text: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.show = show
        self._tell, self._clock = tell, clock
        self._until: dict[int, float] = {}
        self._said = 0.0
        self._is_last = False

    def put_off(self, index: int, seconds: float) -> None:
        """A row is looked at again after so many seconds."""
        self._until[index] = self._clock() + seconds
        self._say()

    @property
    def undecided(self) -> int:
        """The number of rows that wait to be looked at again."""
        return len(self._until)

    def done(self, index: int, tally: Tally) -> None:
        """A row has come to its end."""
        self._until.pop(index, None)
        self.show(tally)

    def nothing_else(self) -> None:
        """There are no other rows than those that were begun."""
        self._is_last = True
        self._say()

    def _say(self) -> None:
        until = max(self._until.values(), default=0.0)
        if self._is_last and until > self._said + SAME_WAIT:
            self._said = until
            count, seconds = len(self._until), max(1.0, until - self._clock())
            self._tell(
                f"paisr: waits up to {seconds:.0f} s for {count} row{'s' * (count > 1)} whose outcome is unknown"
            )


class Unreported:
    """The creates of this run that an interruption keeps from the results: an `on_event` of the client."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._cancelled = 0

    def __call__(self, event: CallEvent) -> None:
        if event.name != "outcome" or event.method != "POST":
            return
        if event.outcome == "succeeded" and event.id is not None:
            self._ids.add(event.id)
        elif event.outcome == "unknown" and event.error == CancelledError.__name__:
            self._cancelled += 1

    def report(self, invoice_id: str) -> None:
        self._ids.discard(invoice_id)

    @property
    def count(self) -> int:
        return len(self._ids) + self._cancelled


@contextmanager
def shown_progress(source: Source) -> Generator[Progress]:
    """Show how far it is, and the time left, where the error stream is a terminal."""
    if not is_terminal():
        yield Progress()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task("invoices", total=source.count())

        def show(tally: Tally) -> None:
            done = tally.created + tally.refused + tally.unknown + tally.not_sent
            bar.update(task, completed=done, description=f"{tally.created} invoices, {tally.refused} refused")

        yield Progress(show, bar.console.print)
