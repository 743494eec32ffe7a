"""Measures whole calls over loopback: one after the other, fifty at once, with a journal, and lists of growing size."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import _shapes
from benchmarks._measure import Measurement, Sample, in_turns, processor_time
from paisr import AsyncPaisr, Paisr, RateLimit

AT_ONCE = 50
TOKEN = "a.token.of-some.length" * 8
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
# The window is always full but so short that no call waits: the limiter does all its work without a delay.
RATE = RateLimit(250, per=0.001)
# The environment variable that names a PostgreSQL database for the create with a journal.
POSTGRES = "PAISR_BENCH_POSTGRES"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def calling(url: str, *, quick: bool) -> Measurement:
    """Reading one invoice, one call after the other. Each client keeps one connection."""
    with ExitStack() as stack:
        makers = {"paisr": paisr, "httpx.Client": _httpx}
        if not quick:
            makers |= {"stock generated": _stock, "Stainless (openai)": _stainless, "stripe": _stripe}
        candidates: dict[str, Sample] = {
            name: processor_time(make(url, stack), times=60 if quick else 100) for name, make in makers.items()
        }
        return in_turns(candidates, runs=15 if quick else 41, unit="µs of processor time")


def paisr(url: str, stack: ExitStack) -> Callable[[], object]:
    client = stack.enter_context(Paisr(TOKEN, base_url=f"{url}/v2", rate_limit=RATE))
    return lambda: client.invoices.get("inv_000001")


def _httpx(url: str, stack: ExitStack) -> Callable[[], object]:
    import httpx

    client = stack.enter_context(httpx.Client(base_url=f"{url}/v2", headers=HEADERS))
    return lambda: client.get("/invoices/inv_000001").content


def _stock(url: str, stack: ExitStack) -> Callable[[], object]:
    from stock_paisr import AuthenticatedClient
    from stock_paisr.api.invoices import get_invoice

    client = stack.enter_context(AuthenticatedClient(base_url=f"{url}/v2", token=TOKEN))
    return lambda: get_invoice.sync_detailed("inv_000001", client=client)


def _stainless(url: str, stack: ExitStack) -> Callable[[], object]:
    import openai

    client = stack.enter_context(openai.OpenAI(api_key=TOKEN, base_url=f"{url}/v2"))
    model = _shapes.one_response_model(openai.BaseModel, float)
    return lambda: client.get("/invoices/inv_000001", cast_to=model)


def _stripe(url: str, _stack: ExitStack) -> Callable[[], object]:
    import stripe

    stripe.enable_telemetry = False
    client = stripe.StripeClient(TOKEN, base_addresses={"api": url})
    return lambda: client.v1.invoices.retrieve("in_000001")


def many(url: str, *, quick: bool) -> Measurement:
    """Reading fifty invoices at once on one event loop, in batches; the cost per call."""
    with asyncio.Runner() as runner:
        makers = {
            "paisr": paisr_for_asyncio,
            "httpx.AsyncClient": _async_httpx,
            "aiohttp": _async_aiohttp,
        }
        if not quick:
            makers |= {"httpx over httpx-aiohttp": _async_httpx_aiohttp, "stock generated": _async_stock}
        clients = {name: runner.run(opened(make, url)) for name, make in makers.items()}
        candidates = {name: partial(batches, runner, call) for name, (call, _close) in clients.items()}
        try:
            return in_turns(candidates, runs=7 if quick else 31, unit="µs of processor time")
        finally:
            for _call, close in clients.values():
                runner.run(awaited(close))


Call = Callable[[], Awaitable[object]]
Opened = tuple[Call, Call]


async def opened(make: Callable[[str], Opened], url: str) -> Opened:
    return make(url)


async def awaited(close: Call) -> None:
    await close()


def batches(runner: asyncio.Runner, call: Call, batches: int = 4) -> float:
    async def batch() -> None:
        for _ in range(batches):
            await asyncio.gather(*(call() for _ in range(AT_ONCE)))

    return processor_time(lambda: runner.run(batch()), times=1)() / (batches * AT_ONCE)


def paisr_for_asyncio(url: str) -> Opened:
    client = AsyncPaisr(TOKEN, base_url=f"{url}/v2", rate_limit=RATE)
    return lambda: client.invoices.get("inv_000001"), client.aclose


def _async_httpx(url: str, transport: Any = None) -> Opened:
    import httpx

    client = httpx.AsyncClient(base_url=f"{url}/v2", headers=HEADERS, transport=transport)
    return lambda: client.get("/invoices/inv_000001"), client.aclose


def _async_httpx_aiohttp(url: str) -> Opened:
    import httpx_aiohttp

    return _async_httpx(url, httpx_aiohttp.AiohttpTransport())


def _async_aiohttp(url: str) -> Opened:
    import aiohttp

    session = aiohttp.ClientSession(headers=HEADERS)

    async def call() -> bytes:
        async with session.get(f"{url}/v2/invoices/inv_000001") as response:
            return await response.read()

    return call, session.close


def _async_stock(url: str) -> Opened:
    from stock_paisr import AuthenticatedClient
    from stock_paisr.api.invoices import get_invoice

    client = AuthenticatedClient(base_url=f"{url}/v2", token=TOKEN)

    async def close() -> None:
        await client.get_async_httpx_client().aclose()

    return lambda: get_invoice.asyncio_detailed("inv_000001", client=client), close


def journaling(url: str, *, quick: bool) -> Measurement:
    """Creating an invoice, one call after the other, with and without a journal.

    To show the cost of the disk alone, one candidate appends a few bytes to a file and syncs it before the create. The
    journal is a SQLite file, and also a PostgreSQL database if the environment variable `POSTGRES` names one.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        candidates = {
            "paisr, with a journal": processor_time(creating(url, folder / "creates.db", stack), times=40),
            "paisr, without": processor_time(creating(url, None, stack), times=40),
            "paisr, without, and one synced append": processor_time(appending(url, folder, stack), times=40),
        }
        if POSTGRES in os.environ:
            in_postgres = creating(url, os.environ[POSTGRES], stack)
            candidates["paisr, with a journal in PostgreSQL"] = processor_time(in_postgres, times=40)
        return in_turns(candidates, runs=9 if quick else 31, unit="µs of processor time")


def creating(url: str, journal: Path | str | None, stack: ExitStack) -> Callable[[], object]:
    client = stack.enter_context(Paisr(TOKEN, base_url=f"{url}/v2", rate_limit=RATE, journal=journal))
    return partial(client.invoices.create, customer="cus_000001", summary="A simple pizza order", due="In 3 days")


def appending(url: str, folder: Path, stack: ExitStack) -> Callable[[], object]:
    create = creating(url, None, stack)
    file = stack.enter_context((folder / "lines").open("ab", buffering=0))

    def note_and_create() -> None:
        file.write(b"x" * 300)
        os.fsync(file.fileno())
        create()

    return note_and_create


def growing(url: str, *, quick: bool) -> Measurement:
    """List calls of 1 to 1,000 invoices: the size whose cost is farthest from a straight line fitted to all sizes."""
    with Paisr(TOKEN, base_url=f"{url}/v2", rate_limit=RATE) as client:
        candidates = {
            str(size): processor_time(partial(client.invoices.list, limit=size), times=max(4, 200 // size))
            for size in SIZES
        }
        found = in_turns(candidates, runs=9 if quick else 31, unit="µs of processor time")
    return farthest({size: found.samples[str(size)] for size in SIZES})


def farthest(samples: Mapping[int, list[float]]) -> Measurement:
    """Samples of the size whose median is farthest from the fitted line, in either direction; and the line there."""
    medians = {size: median(measured) for size, measured in samples.items()}
    start, slope = straight_line(medians)
    line = {size: start + slope * size for size in medians}
    worst = max(medians, key=lambda size: max(medians[size] / line[size], line[size] / medians[size]))
    measured, expected = samples[worst], [line[worst]] * len(samples[worst])
    if medians[worst] < line[worst]:  # a cost below the line counts as one above it
        measured, expected = expected, measured
    unit = f"µs of processor time, at {worst} invoices"
    return Measurement(unit=unit, samples={"measured": measured, "straight line": expected})


def straight_line(points: Mapping[int, float]) -> tuple[float, float]:
    """Intercept and slope of the line with the least squares of relative distances."""
    weights = {x: y**-2 for x, y in points.items()}
    total = sum(weights.values())
    middle_x = sum(weights[x] * x for x in points) / total
    middle_y = sum(weights[x] * y for x, y in points.items()) / total
    slope = sum(weights[x] * (x - middle_x) * (y - middle_y) for x, y in points.items()) / sum(
        weights[x] * (x - middle_x) ** 2 for x in points
    )
    return middle_y - slope * middle_x, slope
