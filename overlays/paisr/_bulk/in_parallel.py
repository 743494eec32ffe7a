"""`create_many` on an event loop: several rows in flight, and each result as soon as it is known."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
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

_END: Any = object()
# Rows in one look-up of the journal, while every row already has its invoice.
MAX_BATCH = 128
# Seconds for which rows are collected into a batch.
MAX_COLLECTING = 0.01


async def create_in_parallel(bulk: Bulk, rows: Rows, run: Run, concurrency: int) -> AsyncGenerator[RowResult]:
    """Create an invoice for each row, up to `concurrency` at once, and yield the results.

    When the consumer stops, no new row starts, and rows in flight finish. When it is cancelled, they are cancelled too.
    """
    in_flight = _RowsInFlight(bulk, rows, run, concurrency)
    try:
        while in_flight.start_rows():
            for result in await in_flight.next_results():
                yield result
    except asyncio.CancelledError:
        in_flight.cancel()
        raise
    finally:
        await in_flight.finish()


class _RowsInFlight:
    def __init__(self, bulk: Bulk, rows: Rows, run: Run, concurrency: int) -> None:
        # Users without a type checker give other types.
        if type(concurrency) is not int or concurrency < 1:
            raise InvalidArgumentError(
                f"concurrency={safe_repr(concurrency)} is no whole number above zero; give a number of rows, such as 8."
            )
        self._bulk, self._run, self._concurrency = bulk, run, concurrency
        self._size = concurrency
        self._batches = _batches(rows, lambda: self._size)
        self._next_batch: asyncio.Future[Any] | None = None
        self._is_over = False
        self._ready: deque[Item] = deque()
        self._running: set[asyncio.Future[RowResult | None]] = set()

    def start_rows(self) -> bool:
        """Start rows up to the concurrency, and ask for more; return whether there is anything to wait for."""
        while self._next_batch is None and len(self._running) < self._concurrency:
            if item := self._bulk.next_undecided(is_over=self._is_over and not self._ready):
                self._start(item)
            elif self._ready:
                self._start(self._ready.popleft())
            elif self._is_over:
                break
            else:
                self._next_batch = asyncio.ensure_future(anext(self._batches, _END))
        return bool(self._running or self._next_batch)

    async def next_results(self) -> list[RowResult]:
        """Wait for results or for more rows; return the results."""
        next_batch = self._next_batch
        waiting: set[asyncio.Future[Any]] = {*self._running} if next_batch is None else {*self._running, next_batch}
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finished = done & self._running
        results = [result for task in finished if (result := task.result()) is not None]
        self._running -= finished  # not reached if one raised: `finish` then awaits them all
        if next_batch in done:
            batch, self._next_batch = next_batch.result(), None
            self._is_over = batch is _END
            if not self._is_over:
                results += await self._recall(batch)
        return results

    async def _recall(self, batch: list[Row]) -> list[RowResult]:
        """Return the results of rows that already have their invoices; the others are ready to start."""
        items = await self._run(self._bulk.recall([self._bulk.item(row) for row in batch]))
        self._ready.extend(one for one in items if one.finished is None)
        finished = [self._bulk.recalled(one, one.finished) for one in items if one.finished is not None]
        self._size = min(2 * self._size, MAX_BATCH) if len(finished) == len(batch) else self._concurrency
        return finished

    def cancel(self) -> None:
        for task in self._running:
            task.cancel()

    async def finish(self) -> None:
        if self._next_batch is not None:
            self._next_batch.cancel()
            self._running.add(self._next_batch)
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, item: Item) -> None:
        self._running.add(asyncio.ensure_future(self._run(self._bulk.create(item))))


async def _batches(rows: Rows, size: Callable[[], int]) -> AsyncIterator[list[Row]]:
    """Yield batches of at most `size()` rows. An error of `rows` is raised after the rows before it are yielded."""
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield [row]
        return
    iterator = iter(rows)
    while True:
        batch, problem = _collect(iterator, size())
        if batch:
            yield batch
        if problem is not None:
            raise problem
        if not batch:
            return


def _collect(rows: Iterator[Row], size: int) -> tuple[list[Row], Exception | None]:
    batch: list[Row] = []
    started = time.monotonic()
    try:
        while len(batch) < size and time.monotonic() - started < MAX_COLLECTING:
            batch.append(next(rows))
    except StopIteration:
        pass
    except Exception as error:  # for the caller to raise after these rows
        return batch, error
    return batch, None
