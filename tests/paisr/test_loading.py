"""The modules that a first call loads: those of this list, and none that only some users need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module

import attrs
import pytest

# Packages. msgspec loads typing_extensions wherever that is installed.
NEEDED = {"paisr", "paisr_generated", "attr", "attrs", "msgspec", "typing_extensions", "h11"}
# Modules of the standard library that take long to import and that only some users need.
HEAVY = {
    "asyncio",
    "concurrent",
    "encodings.idna",
    "hmac",
    "email",
    "http",
    "importlib.resources",
    "logging",
    "pathlib",
    "sqlite3",
    "subprocess",
    "tempfile",
    "unittest",
    "urllib.request",
    "xml",
    "zipfile",
}

SYNC = """
from paisr import Paisr
with Paisr("tok", base_url="https://127.0.0.1:9/v2", max_retries=0) as client:
    client.invoices.get("inv_1")
"""
ASYNC = """
import asyncio
from paisr import AsyncPaisr
async def main():
    async with AsyncPaisr("tok", base_url="https://127.0.0.1:9/v2", max_retries=0) as client:
        await client.invoices.get("inv_1")
asyncio.run(main())
"""
FRAME = """
import sys
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
    """The modules of a new process after a call over TLS to a closed port."""
    command = [sys.executable, "-c", FRAME, program]
    # certifi's certificates are used where the environment names none.
    env = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT_")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=env)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_first_call_loads_no_package_that_it_does_not_need(program: str) -> None:
    packages = {name.partition(".")[0] for name in loaded(program)}
    assert {name for name in packages if name not in sys.stdlib_module_names} <= NEEDED


def test_a_first_call_in_a_thread_loads_nothing_heavy_of_the_standard_library() -> None:
    assert not loaded(SYNC) & HEAVY


@pytest.mark.parametrize("program", [SYNC, ASYNC, "import paisr; paisr.Paisr, paisr.AsyncPaisr"])
def test_a_read_loads_only_the_entry_point_of_recovery(program: str) -> None:
    modules = {name for name in loaded(program) if name.startswith("paisr._recovery")}
    assert modules == {"paisr._recovery", "paisr._recovery.recovery"}


def test_a_create_without_a_journal_loads_only_the_memory_backend() -> None:
    create = SYNC.replace('get("inv_1")', 'create(customer="cus_1", summary="a", due="In 3 days")')
    modules = {name for name in loaded(create) if name.startswith("paisr._recovery")}
    assert {"paisr._recovery.sqlite", "paisr._recovery.creating"} <= modules
    assert "paisr._recovery.postgres" not in modules


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_first_call_loads_nothing_of_webhooks(program: str) -> None:
    assert not {"paisr.webhooks", "paisr._inputs.deliveries"} & loaded(program)


def test_a_first_call_loads_the_needed_packages() -> None:
    """Otherwise the tests above would pass for a program that calls nothing."""
    for program in (SYNC, ASYNC):
        assert {"h11", "ssl", "socket"} <= loaded(program)


def test_a_read_loads_no_other_operation_and_not_its_models() -> None:
    modules = {name.partition(".")[2] for name in loaded(SYNC) if name.startswith("paisr_generated.")}
    assert {name for name in modules if name.startswith("api.invoices.")} == {"api.invoices.get_invoice"}
    assert not modules & {"models.created_invoice", "models.create_invoice_request", "models.line_item"}


def test_a_first_call_over_tls_does_not_load_the_idna_codec() -> None:
    program = """
import ssl
from paisr._transport.tls import Tls
Tls(None, ssl.create_default_context(), "live.example")
"""
    assert "encodings.idna" not in loaded(program)


# attrs compiles the methods of a class at its definition, which takes thirty times as long as a msgspec struct.
BY_ATTRS = {"paisr._engine.events.CallEvent", "paisr._ratelimit.rate.RateLimit"}


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_first_call_defines_only_public_classes_with_attrs(program: str) -> None:
    modules = [import_module(name) for name in loaded(program) if name.startswith("paisr.")]
    classes = {one for module in modules for one in vars(module).values() if isinstance(one, type) and attrs.has(one)}
    assert {name for one in classes if (name := f"{one.__module__}.{one.__name__}").startswith("paisr.")} == BY_ATTRS
