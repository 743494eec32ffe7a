"""`create_many` on an event loop: several rows in flight, and each result as soon as it is known."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from paisr._base.errors import InvalidArgumentError
from paisr._base.texts import safe_repr

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from paisr._bulk.items import Item, RowResult
    from paisr._bulk.rows import Bulk
    from paisr._engine.steps import Steps

    Row = Mapping[str, object]
    Run = Callable[[Steps[Any]], Awaitable[Any]]
    Rows = Iterable[Row] | AsyncIterable[Row]
    Task = asyncio.Future[list[RowResult]]

# Rows in one look-up of the journal, while none has to be sent.
MAX_BATCH = 128
# Seconds for which rows are collected into a batch.
MAX_COLLECTING = 0.01


class RowsInFlight:
    """The tasks of one call: a create of each row in flight, and at most one that reads the next rows.

    Each task returns the results that it has.
    """

    def __init__(self, bulk: Bulk, rows: Rows, run: Run, concurrency: int) -> None:
        # Users without a type checker give other types.
        if type(concurrency) is not int or concurrency < 1:
            raise InvalidArgumentError(
                f"concurrency={safe_repr(concurrency)} is no whole number above zero; give a number of rows, such as 8."
            )
        self._bulk, self._run, self._concurrency = bulk, run, concurrency
        self._size = concurrency
        self._batches = self._batches_of(rows)
        self._is_over = False
        self._error: Exception | None = None
        self._ready: deque[Item] = deque()
        self._tasks: set[Task] = set()
        self._reading: Task | None = None

    async def results(self) -> AsyncGenerator[RowResult]:
        """Create an invoice for each row, and yield the results.

        When the consumer stops, no new row starts, and rows in flight finish. When it is cancelled, they are, too. An
        error of `rows` is raised after the results of the rows before it; undecided rows are not tried again.
        """
        try:
            while self._start():
                done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                results = [result for task in done for result in task.result()]
                self._tasks -= done  # not reached if one raised: the end awaits them all
                for result in results:
                    yield result
            if self._error is not None:
                raise self._error
        except asyncio.CancelledError:
            for task in self._tasks:
                task.cancel()
            raise
        finally:
            if self._reading is not None:
                self._reading.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self) -> bool:
        """Start tasks up to the concurrency; return whether there is anything to wait for."""
        while self._reading not in self._tasks and len(self._tasks) < self._concurrency:
            if item := self._bulk.next_undecided(is_over=self._is_over and not self._ready):
                self._tasks.add(asyncio.ensure_future(self._create(item)))
            elif self._ready:
                self._tasks.add(asyncio.ensure_future(self._create(self._ready.popleft())))
            elif self._is_over or self._error is not None:
                break
            else:
                self._reading = asyncio.ensure_future(self._read())
                self._tasks.add(self._reading)
        return bool(self._tasks)

    async def _create(self, item: Item) -> list[RowResult]:
        result: RowResult | None = await self._run(self._bulk.create(item))
        return [] if result is None else [result]

    async def _read(self) -> list[RowResult]:
        """Return the results that are known without sending; the other rows are ready to start."""
        try:
            batch = await anext(self._batches, None)
        except Exception as error:  # an error of `rows`
            self._error = error
            return []
        if batch is None:
            self._is_over = True
            return []
        items = await self._run(self._bulk.recall([self._bulk.item(row) for row in batch]))
        self._ready.extend(one for one in items if one.result is None)
        results = [one.result for one in items if one.result is not None]
        self._size = min(2 * self._size, MAX_BATCH) if len(results) == len(batch) else self._concurrency
        return results

    async def _batches_of(self, rows: Rows) -> AsyncIterator[list[Row]]:
        """Yield rows in batches. An error of `rows` is raised after the rows before it are yielded."""
        if isinstance(rows, AsyncIterable):
            async for row in rows:
                yield [row]
            return
        iterator, end = iter(rows), None
        while end is None:
            batch: list[Row] = []
            started = time.monotonic()
            try:
                while len(batch) < self._size and time.monotonic() - started < MAX_COLLECTING:
                    batch.append(next(iterator))
            except Exception as error:  # an error of `rows`, or their end
                end = error
            if batch:
                yield batch
        if not isinstance(end, StopIteration):
            raise end
