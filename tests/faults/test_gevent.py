"""gevent: a client that is made before the fork and the patching, as with `gunicorn --preload -k gevent`, works."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from declarations import TOKEN, certified, over_tls
from server import Connection, FaultServer, right_response

from paisr._transport.connections import MAX_CONNECTIONS

# The server responds when TOGETHER requests have arrived: a request that blocks the others would never get a response.
TOGETHER = MAX_CONNECTIONS
CALLS = 2 * TOGETHER
PROGRAM = """
import os, sys
from paisr import Paisr

url, token, journal, used = sys.argv[1:5]
client = Paisr(token, base_url=url, timeout=40, max_retries=0, journal=journal or None)
if used:
    client.invoices.get("inv_first")
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

import gevent.monkey
gevent.monkey.patch_all()
import gevent, gevent.pool, time

longest = [0.0]
def tick():
    while True:  # measures how long all greenlets were blocked
        before = time.monotonic()
        gevent.sleep(0.01)
        longest[0] = max(longest[0], time.monotonic() - before)
gevent.spawn(tick)

def work(number):
    assert client.invoices.get(f"inv_{number}").id == f"inv_{number}"
    return True

done = gevent.pool.Pool(150).map(work, range(int(sys.argv[5])))
assert all(done)
if journal:
    client.invoices.create(customer="cus_1", summary="Two pizzas", due="In 3 days")
client.close()
print(f"{sum(done)} of {len(done)}", f"longest pause {longest[0]:.1f} s" if longest[0] > 3 else "", flush=True)
"""


# Transactions of several greenlets on one connection to PostgreSQL.
TWO_AT_ONCE = """
import os, signal, sys
from paisr._base.secrets import Secret
from paisr._recovery.postgres import PostgresDatabase

database = PostgresDatabase(Secret(sys.argv[1]))
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

signal.alarm(25)  # ends a child that hangs

import gevent.monkey
gevent.monkey.patch_all()
import gevent.pool

steps = []

def work(number):
    with database.transaction(20) as transaction:
        steps.append(number)
        transaction.execute("SELECT pg_sleep(0.01)")
        steps.append(number)
    return True

done = gevent.pool.Pool(10).map(work, range(10))
assert steps[::2] == steps[1::2], f"two transactions at once: {steps}"
print(f"{sum(done)} of {len(done)}", flush=True)
os._exit(0)
"""


def in_crowds() -> Callable[[Connection], None]:
    together = threading.Barrier(TOGETHER)

    def behave(connection: Connection) -> None:
        while received := connection.request():
            if received.method == "GET" and received.invoice_id != "inv_first":
                together.wait(30)
            connection.send(right_response(received))

    return behave


@pytest.mark.parametrize("used", ["", "used before the fork"])
@pytest.mark.parametrize("journal", ["", "with a journal"])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "over TLS"])
def test_a_client_made_before_the_patching_works_after_it(
    secure: bool, journal: str, used: str, tmp_path: Path
) -> None:
    pytest.importorskip("gevent", reason="needs gevent, which is one of the test tools")
    with FaultServer(in_crowds(), tls=certified("localhost")() if secure else None) as server:
        target: Any = over_tls(server) if secure else None
        url = (target.base_url if secure else server.url).replace("127.0.0.1", "localhost")
        place = str(tmp_path / "creates.db") if journal else ""
        environment = {"SSL_CERT_FILE": target.ca} if secure else {}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, url, TOKEN, place, used, str(CALLS)],
            capture_output=True, text=True, timeout=60, check=False, env=environment,
        )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == (f"{CALLS} of {CALLS}", 0), done.stderr[-3000:]


@pytest.mark.parametrize("wait", ["wait_c", "wait_poll"])
def test_greenlets_use_the_connection_to_postgresql_one_at_a_time(wait: str, postgres_url: str) -> None:
    """psycopg's wait in C blocks all greenlets; its wait in Python lets other greenlets run."""
    pytest.importorskip("gevent", reason="needs gevent, which is one of the test tools")
    done = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE, postgres_url],
        capture_output=True, text=True, timeout=30, check=False, env={**os.environ, "PSYCOPG_WAIT_FUNC": wait},
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == ("10 of 10", 0), done.stderr[-3000:]
