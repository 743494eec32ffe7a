"""Measures imports in fresh processes, the construction of clients, and permits of the limiter."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from benchmarks._measure import Measurement, in_turns, processor_time

# httpx imports its command line when these are installed, which doubles its time. They are hidden to be fair to it.
BLOCKED = ("click", "rich", "pygments")
FRAME = """
import sys, time
sys.path.extend({paths!r})
for name in {blocked!r}:
    sys.modules[name] = None
start = time.{clock}()
{statement}
print(time.{clock}() - start)
"""
SECRET, BODY = "whsec_example", b'{"id": "inv_123456", "event": "invoice.paid"}'
VERIFY = (
    "import paisr; paisr.webhooks.verify({body!r}, signature={signature!r}, timestamp={stamp!r}, secret={secret!r}, "
    "tolerance=86400)"
)
# `paisr --help` may import the blocked packages, as it does for users.
HELP = """
import contextlib, io
for name in {blocked!r}:
    del sys.modules[name]
from paisr.__main__ import main
with contextlib.redirect_stdout(io.StringIO()):
    main(["--help"])
"""
LOOPBACK = "base_url='http://127.0.0.1:1/v2'"
STOCK = "from stock_paisr.api.invoices import get_invoice; from stock_paisr import AuthenticatedClient"


def _statements(quick: bool, stock: str) -> dict[str, str]:
    from paisr import webhooks

    stamp = str(int(time.time()))
    signature = webhooks.sign(BODY, timestamp=stamp, secret=SECRET)
    ours = {
        "paisr": "from paisr import Paisr",
        "paisr, a contract of 100 operations": f"sys.path.insert(0, {stock + '/large'!r}); from paisr import Paisr",
        "import httpx": "import httpx",
        "paisr --help": HELP.format(blocked=BLOCKED),
        "paisr, one webhook verified": VERIFY.format(body=BODY, signature=signature, stamp=stamp, secret=SECRET),
    }
    peers = {
        "paisr, nothing used yet": "import paisr",
        "paisr, for asyncio": "from paisr import AsyncPaisr",
        "paisr, everything": "from paisr import *",
        "paisr, and a client made, no TLS": f"from paisr import Paisr; Paisr('token', {LOOPBACK})",
        "httpx, and a client made, no TLS": f"import httpx; httpx.Client({LOOPBACK}, verify=False)",
        "httpx and msgspec": "import httpx, msgspec",
        "aiohttp": "import aiohttp",
        "stock generated": STOCK,
        "Stainless (openai)": "from openai import OpenAI",
        "stripe": "import stripe; stripe.StripeClient",
    }
    return ours if quick else ours | peers


def importing(*, quick: bool, stock: str, clock: str = "process_time") -> Measurement:
    """Imports in fresh processes, with compiled files present."""
    candidates = {
        name: partial(_imported, statement, stock, clock) for name, statement in _statements(quick, stock).items()
    }
    unit = "µs of processor time" if clock == "process_time" else "µs of wall-clock time"
    return in_turns(candidates, runs=15 if quick else 31, unit=unit)


def _imported(statement: str, stock: str, clock: str) -> float:
    program = FRAME.format(paths=[stock], blocked=BLOCKED, clock=clock, statement=statement)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout) * 1e6


def constructing(*, quick: bool) -> Measurement:
    """Making and closing a second client in the same process, with the URL of the live service."""
    candidates = {"paisr": processor_time(construct, times=50), "httpx.Client": processor_time(_httpx, times=2)}
    if not quick:
        candidates |= {
            "stock generated": processor_time(_stock, times=2),
            "Stainless (openai)": processor_time(_stainless, times=2),
            "stripe": processor_time(_stripe(), times=50),
        }
    return in_turns(candidates, runs=9 if quick else 21, unit="µs of processor time")


def construct() -> None:
    from paisr import Paisr

    client = Paisr("token")
    client._transport.make_pool()  # the first call would make it, and this benchmark would not measure it
    client.close()


def _httpx() -> None:
    import httpx

    httpx.Client(base_url="https://api.live.paisr.tech/v2", headers={"Authorization": "Bearer token"}).close()


def _stock() -> None:
    from stock_paisr import AuthenticatedClient

    AuthenticatedClient(base_url="https://api.live.paisr.tech/v2", token="token").get_httpx_client().close()


def _stainless() -> None:
    import openai

    openai.OpenAI(api_key="token").close()


def _stripe() -> Callable[[], object]:
    import stripe

    return lambda: stripe.StripeClient("sk_test_token")


def permit() -> Callable[[], None]:
    """The work of a call to acquire a permit. The window is always full, but so short that no call waits."""
    from paisr import RateLimit
    from paisr._ratelimit.limiters import process_limiters

    limiter = process_limiters.get(RateLimit(250, per=0.0001), time.monotonic, "", "")

    def acquire() -> None:
        ticket = limiter.enter()
        if limiter.try_acquire(ticket):
            raise AssertionError("the limiter made a call wait")
        limiter.leave(ticket)

    return acquire


def limiting(*, quick: bool) -> Measurement:
    """Acquiring one permit."""
    from pyrate_limiter import InMemoryBucket, Limiter, Rate

    theirs = Limiter(InMemoryBucket([Rate(250, 1)]))
    candidates = {
        "paisr": processor_time(permit(), times=2000),
        "pyrate-limiter, memory": processor_time(theirs.try_acquire, times=2000),
    }
    return in_turns(candidates, runs=15 if quick else 41, unit="µs of processor time")
