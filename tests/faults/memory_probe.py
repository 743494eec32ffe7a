"""One call in a fresh process: how much its memory grows, in bytes. Run as `memory_probe.py CLIENT URL TIMEOUT`."""

from __future__ import annotations

import asyncio
import resource
import sys

from paisr import AsyncPaisr, Paisr, PaisrError


def peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def call(url: str, timeout: float) -> tuple[int, str]:
    with Paisr("token", base_url=url, timeout=timeout, max_retries=0) as client:
        client.invoices.get("inv_warm")
        before = peak()
        try:
            client.invoices.get("inv_1")
        except PaisrError as error:
            return peak() - before, type(error).__name__
    return peak() - before, "a result"


async def call_async(url: str, timeout: float) -> tuple[int, str]:
    async with AsyncPaisr("token", base_url=url, timeout=timeout, max_retries=0) as client:
        await client.invoices.get("inv_warm")
        before = peak()
        try:
            await client.invoices.get("inv_1")
        except PaisrError as error:
            return peak() - before, type(error).__name__
    return peak() - before, "a result"


if __name__ == "__main__":
    _, kind, url, timeout = sys.argv
    grown, ended = asyncio.run(call_async(url, float(timeout))) if kind == "AsyncPaisr" else call(url, float(timeout))
    print(grown, ended)
