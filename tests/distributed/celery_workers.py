"""The example of several machines: two Celery workers share the journal in PostgreSQL and the rate limit in Redis.

A worker is killed, the broker is restarted, and tasks are delivered twice: each row still becomes exactly one invoice.

The test takes minutes and three servers. `make test-distributed` runs it. Its file name keeps it out of `make test`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paisr import Journal
from paisr_stub import StubServer

pytest.importorskip("celery", reason="needs Celery")
redis = pytest.importorskip("redis", reason="needs the extra paisr[redis]")

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ROWS = 60
RATE = (20, 2.0)


class Broker:
    """A redis-server on a free loopback port, which keeps its data across a restart."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.command = [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
        self.command += ["--appendonly", "yes", "--appendfsync", "always"]
        self.url = f"redis://127.0.0.1:{port}"
        self.client = redis.Redis(port=port)

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(redis.exceptions.RedisError):
                self.client.ping()
                return
            assert time.monotonic() < until, "redis-server does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class Workers:
    """The Celery workers, each a process."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder = {**os.environ, **environment}, folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        name = f"worker{time.monotonic_ns()}@localhost"
        words = ["-A", "celery_billing", "worker", "--pool", "solo", "--loglevel", "WARNING", "-n", name]
        with (self.folder / "workers.log").open("ab") as log:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "celery", *words], cwd=EXAMPLES, env=self.environment, stdout=log, stderr=log
                )
            )

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture
def broker(need: Any, tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(need(shutil.which("redis-server"), "the program redis-server (Debian: redis-server)"), tmp_path)
    broker.start()
    yield broker
    broker.stop()
    broker.client.close()


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer(rate_limit=RATE) as stub:
        yield stub


@pytest.fixture
def workers(broker: Broker, stub: StubServer, postgres_url: str, tmp_path: Path) -> Iterator[Workers]:
    environment = {
        "PAISR_TOKEN": stub.token,
        "PAISR_BASE_URL": stub.url,
        "BILLING_BROKER": f"{broker.url}/0",
        "BILLING_RATE_PLACE": f"{broker.url}/1",
        "BILLING_RATE": f"{RATE[0]}/{RATE[1]}",
        "BILLING_JOURNAL": postgres_url,
        "BILLING_REDELIVER_AFTER": "5",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    workers = Workers(environment, tmp_path)
    yield workers
    workers.stop()


@pytest.fixture
def send(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Any]:
    """Send a row as a task to the workers."""
    from celery import Celery

    app = Celery("sender", broker=f"{broker.url}/0")
    return lambda row: app.send_task("celery_billing.bill", [row])


def wait_for(what: Callable[[], bool], seconds: float, log: Path) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, log.read_text()[-3000:]
        time.sleep(0.05)


def test_each_row_becomes_exactly_one_invoice(
    broker: Broker, stub: StubServer, workers: Workers, send: Any, postgres_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "workers.log"
    customer = stub.add_customer(email="jane@example.com")
    rows = [{"customer": customer, "summary": f"Rent {number:03}", "due": "In 3 days", "key": f"2026-12/{number}"}
            for number in range(ROWS)]  # fmt: skip
    for number, row in enumerate(rows):
        send(row)
        if number % 10 == 0:
            send(row)  # delivered twice
    workers.start()
    workers.start()

    wait_for(lambda: len(stub.invoices) >= 15, 60, log)
    stub.fail_next(4, delay=1.5, operation="create")  # so that the worker is killed while its create is in flight
    time.sleep(0.5)
    workers.running[0].send_signal(signal.SIGKILL)
    workers.running[0].wait()
    workers.start()

    wait_for(lambda: len(stub.invoices) >= 35, 90, log)
    too_many = sum(request.status == 429 for request in stub.requests)
    broker.stop()  # the shared rate limit is down as well: until the restart, each worker limits its own requests
    time.sleep(0.5)
    broker.start()

    def is_done() -> bool:
        with contextlib.suppress(redis.exceptions.RedisError):
            left = broker.client.llen("celery") + broker.client.hlen("unacked")
            return left == 0 and len(stub.invoices) >= ROWS
        return False

    wait_for(is_done, 180, log)
    made = Counter(str(invoice["summary"]) for invoice in stub.invoices)
    entries = Journal(postgres_url).entries()
    print(
        f"\n{ROWS} rows, {ROWS + ROWS // 10} tasks, two workers, one killed, the broker restarted: "
        f"{len(made)} invoices, {sum(made.values()) - len(made)} duplicates; "
        f"{too_many} requests above the rate before the restart"
    )
    assert made == Counter(row["summary"] for row in rows)
    assert {entry.state for entry in entries} <= {"created", "found"}
    assert len(entries) == ROWS
    # A first request can arrive later than the margin of this short window. Two separate limits would give 20 too many.
    assert too_many <= 2, "the workers do not share one rate"
