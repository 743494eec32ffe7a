"""The rows of `create_many` on an event loop: several at a time, and each result as soon as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from paisr._base.errors import InvalidArgumentError

if TYPE_CHECKING:
    from paisr._bulk.rows import Bulk, RowResult
    from paisr._callers import AsyncRun

    Row = Mapping[str, object]
    Rows = Iterable[Row] | AsyncIterable[Row]

_END: Any = object()


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
        self._rows = _as_async(rows)
        self._coming: asyncio.Future[Any] | None = None
        self._is_over = False
        self._running: set[asyncio.Future[RowResult | None]] = set()

    def begin(self) -> bool:
        """Begin what may be begun, and ask for the next row; whether anything is to be waited for."""
        while self._coming is None and len(self._running) < self._concurrency:
            if item := self._bulk.next_undecided(is_over=self._is_over):
                self._running.add(asyncio.ensure_future(self._run(self._bulk.create(item))))
            elif self._is_over:
                break
            else:
                self._coming = asyncio.ensure_future(anext(self._rows, _END))
        return bool(self._running or self._coming)

    async def landed(self) -> list[RowResult]:
        """Wait for a row or for results."""
        coming = self._coming
        waiting: set[asyncio.Future[Any]] = {*self._running} if coming is None else {*self._running, coming}
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if coming in done:
            row, self._coming = coming.result(), None
            self._is_over = row is _END
            if not self._is_over:
                self._running.add(asyncio.ensure_future(self._run(self._bulk.create(self._bulk.item(row)))))
        landed = done & self._running
        results = [result for task in landed if (result := task.result()) is not None]
        self._running -= landed  # where one raised, all of them are for `end`
        return results

    def cancel(self) -> None:
        for task in self._running:
            task.cancel()

    async def end(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._running.add(self._coming)
        await asyncio.gather(*self._running, return_exceptions=True)


async def _as_async(rows: Rows) -> AsyncIterator[Row]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row
