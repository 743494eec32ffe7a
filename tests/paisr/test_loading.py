"""What a process loads for its first call: what is on this list, and nothing that only some need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Packages. anyio and typing_extensions come with httpcore.
NEEDED = {
    *("paisr", "paisr_generated", "attr", "attrs", "msgspec"),
    *("httpcore", "h11", "certifi", "anyio", "typing_extensions"),
}
NEEDED_ON_A_LOOP = NEEDED | {"idna", "sniffio"}
# Of the standard library, what costs much and only some need.
HEAVY = {"asyncio", "concurrent", "email", "http", "sqlite3", "subprocess", "unittest", "urllib.request", "xml"}

SYNC = """
from paisr import Paisr
with Paisr("tok", base_url="https://127.0.0.1:9/v2", max_retries=0) as client:
    client.invoices.get("inv_1")
"""
ASYNC = """
import asyncio, sys
sys.modules["aiohttp"] = None
from paisr import AsyncPaisr
async def main():
    async with AsyncPaisr("tok", base_url="https://127.0.0.1:9/v2", max_retries=0) as client:
        await client.invoices.get("inv_1")
asyncio.run(main())
"""
# httpcore loads trio wherever that is installed; here it comes with the tools of the tests.
FRAME = """
import sys
sys.modules["trio"] = None
before = set(sys.modules)
try:
    exec(sys.argv[1])
except Exception as error:
    assert type(error).__name__ == "APIConnectionError", error
after = {name for name, module in sys.modules.items() if module is not None} - before
import json
print(json.dumps(sorted(after)))
"""


def loaded(program: str) -> set[str]:
    """The modules that a fresh process has after a call over TLS that finds nobody."""
    command = [sys.executable, "-c", FRAME, program]
    return set(json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout))


@pytest.mark.parametrize(("program", "needed"), [(SYNC, NEEDED), (ASYNC, NEEDED_ON_A_LOOP)], ids=["sync", "async"])
def test_a_first_call_loads_no_package_that_it_does_not_need(program: str, needed: set[str]) -> None:
    packages = {name.partition(".")[0] for name in loaded(program)}
    assert {name for name in packages if name not in sys.stdlib_module_names} <= needed


def test_a_first_call_in_a_thread_loads_nothing_heavy_of_the_standard_library() -> None:
    assert not loaded(SYNC) & HEAVY


def test_a_first_call_loads_what_the_list_says() -> None:
    """Else the lists above would hold for a program that calls nothing."""
    for program in (SYNC, ASYNC):
        assert {"httpcore", "h11", "certifi", "ssl"} <= loaded(program)
