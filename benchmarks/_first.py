"""Measures the wall-clock time from the start of a process to its first response over TLS.

Each client trusts its default certificate authorities, either certifi's or OpenSSL's. Both are replaced by a copy of
certifi's bundle with the test server's authority, so that each client loads a whole bundle, as for a real service.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import certifi
import trustme

from benchmarks import _server
from benchmarks._measure import Measurement, in_turns

# httpx imports its command line when these are installed.
COMMAND_LINE = ("click", "rich", "pygments")
# httpx imports it when it is installed, as it is for our tests, and then takes half as long again.
HIDDEN = ("trio",)
TOKEN = "a.token"
FRAME = """
import sys, time
sys.path.insert(0, {trusted!r})
for name in {blocked!r}:
    sys.modules[name] = None
start = time.perf_counter()
{statements}
print(time.perf_counter() - start)
"""
# Prefixes of environment variables that would change the trusted authorities or Python's behaviour.
NOT_INHERITED = ("PYTHON", "SSL_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Clients that use the authorities of OpenSSL, and not those of certifi.
BY_OPENSSL = ("urllib", "Stainless (openai)")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
QUICK = {
    "paisr": "from paisr import Paisr; Paisr({token!r}, base_url={url!r}).invoices.get('inv_000001')",
    "urllib": (
        "from urllib.request import Request, urlopen; import json; "
        "json.load(urlopen(Request({url!r} + '/invoices/inv_000001', headers={headers!r})))"
    ),
    "httpx": "import httpx; httpx.get({url!r} + '/invoices/inv_000001', headers={headers!r}).json()",
}
ALL = QUICK | {
    "requests": "import requests; requests.get({url!r} + '/invoices/inv_000001', headers={headers!r}).json()",
    "stripe": (
        "import stripe, certifi; stripe.ca_bundle_path = certifi.where(); stripe.enable_telemetry = False; "
        "stripe.StripeClient({token!r}, base_addresses={{'api': {url!r}[:-3]}}).v1.invoices.retrieve('in_000001')"
    ),
    "Stainless (openai)": (
        "import openai; openai.OpenAI(api_key={token!r}, base_url={url!r})"
        ".get('/invoices/inv_000001', cast_to=openai.BaseModel)"
    ),
    "paisr, for asyncio": (
        "import asyncio; from paisr import AsyncPaisr\n"
        "async def main():\n"
        "    async with AsyncPaisr({token!r}, base_url={url!r}) as client:\n"
        "        await client.invoices.get('inv_000001')\n"
        "asyncio.run(main())"
    ),
}


def first_response(*, quick: bool, rich: bool) -> Measurement:
    """`rich`: whether click, rich and pygments can be imported, as on most machines."""
    with _test_authority() as (folder, certificate), _server.running(certificate) as url:
        candidates = {
            name: partial(
                _time_in_process,
                _program(statements, f"{url}/v2", folder, rich=rich),
                folder if name in BY_OPENSSL else None,
            )
            for name, statements in (QUICK if quick else ALL).items()
        }
        return in_turns(candidates, runs=9 if quick else 21, unit="µs of wall-clock time")


def _program(statements: str, url: str, folder: Path, *, rich: bool) -> str:
    return FRAME.format(
        trusted=str(folder),
        blocked=HIDDEN if rich else HIDDEN + COMMAND_LINE,
        statements=statements.format(url=url, token=TOKEN, headers=HEADERS),
    )


def _time_in_process(program: str, openssl: Path | None) -> float:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
    if openssl is not None:
        environment["SSL_CERT_FILE"] = str(openssl / "certifi" / "cacert.pem")
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout) * 1e6


@contextmanager
def _test_authority() -> Iterator[tuple[Path, Path]]:
    """A folder with a copy of certifi that has one more authority, and a server certificate from that authority."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = trustme.CA()
        shutil.copytree(Path(certifi.__file__).parent, folder / "certifi")
        with (folder / "certifi" / "cacert.pem").open("ab") as bundle:
            bundle.write(b"\n" + authority.cert_pem.bytes())
        certificate = folder / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
        yield folder, certificate
