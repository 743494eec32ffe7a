"""The rows of `create_many` on an event loop: several at a time, and each result as soon as it is there."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from paisr._base.errors import InvalidArgumentError

if TYPE_CHECKING:
    from paisr._bulk.items import Item, RowResult
    from paisr._bulk.rows import Bulk
    from paisr._callers import AsyncRun

    Row = Mapping[str, object]
    Rows = Iterable[Row] | AsyncIterable[Row]

_END: Any = object()
# Rows that are looked up in the journal at once, where one after the other has its invoice already.
MAX_BATCH = 128
# Seconds. Rows that come more slowly are not collected.
MAX_COLLECTING = 0.01


async def create_in_parallel(bulk: Bulk, rows: Rows, run: AsyncRun, concurrency: int) -> AsyncGenerator[RowResult]:
    """When the consumer stops, no other row is begun, and those in flight end; when it is cancelled, so are they."""
    flights = _Flights(bulk, rows, run, concurrency)
    try:
        while flights.begin():
            for result in await flights.landed():
                yield result
    except asyncio.CancelledError:
        flights.cancel()
        raise
    finally:
        await flights.end()


class _Flights:
    def __init__(self, bulk: Bulk, rows: Rows, run: AsyncRun, concurrency: int) -> None:
        if concurrency < 1:
            raise InvalidArgumentError(f"concurrency={concurrency} is less than one row at a time; give one such as 8.")
        self._bulk, self._run, self._concurrency = bulk, run, concurrency
        self._size = concurrency
        self._batches = _batches(rows, lambda: self._size)
        self._coming: asyncio.Future[Any] | None = None
        self._is_over = False
        self._ready: deque[Item] = deque()
        self._running: set[asyncio.Future[RowResult | None]] = set()

    def begin(self) -> bool:
        """Begin what may be begun, and ask for the next rows; whether anything is to be waited for."""
        while self._coming is None and len(self._running) < self._concurrency:
            if item := self._bulk.next_undecided(is_over=self._is_over and not self._ready):
                self._start(item)
            elif self._ready:
                self._start(self._ready.popleft())
            elif self._is_over:
                break
            else:
                self._coming = asyncio.ensure_future(anext(self._batches, _END))
        return bool(self._running or self._coming)

    async def landed(self) -> list[RowResult]:
        """Wait for rows or for results."""
        coming = self._coming
        waiting: set[asyncio.Future[Any]] = {*self._running} if coming is None else {*self._running, coming}
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        landed = done & self._running
        results = [result for task in landed if (result := task.result()) is not None]
        self._running -= landed  # where one raised, all of them are for `end`
        if coming in done:
            batch, self._coming = coming.result(), None
            self._is_over = batch is _END
            if not self._is_over:
                results += await self._recalled(batch)
        return results

    async def _recalled(self, batch: list[Row]) -> list[RowResult]:
        """The results of the rows that have their invoices; the others are ready to be begun."""
        items = await self._run(self._bulk.recall([self._bulk.item(row) for row in batch]))
        self._ready.extend(one for one in items if one.finished is None)
        finished = [self._bulk.recalled(one, one.finished) for one in items if one.finished is not None]
        self._size = min(2 * self._size, MAX_BATCH) if len(finished) == len(batch) else self._concurrency
        return finished

    def cancel(self) -> None:
        for task in self._running:
            task.cancel()

    async def end(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._running.add(self._coming)
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, item: Item) -> None:
        self._running.add(asyncio.ensure_future(self._run(self._bulk.create(item))))


async def _batches(rows: Rows, size: Callable[[], int]) -> AsyncIterator[list[Row]]:
    """Rows by so many as are wanted, where they come fast enough. Those before an error come before it."""
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield [row]
        return
    coming = iter(rows)
    while True:
        batch, problem = _collected(coming, size())
        if batch:
            yield batch
        if problem is not None:
            raise problem
        if not batch:
            return


def _collected(coming: Iterator[Row], size: int) -> tuple[list[Row], Exception | None]:
    batch: list[Row] = []
    begun = time.monotonic()
    try:
        while len(batch) < size and time.monotonic() - begun < MAX_COLLECTING:
            batch.append(next(coming))
    except StopIteration:
        pass
    except Exception as error:  # it is raised after the rows before it were given
        return batch, error
    return batch, None
