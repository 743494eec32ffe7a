"""Several processes with one journal create one invoice for each key, despite faults, kills, stopped processes and
clocks that jump. By default 300 keys in a file and 60 in PostgreSQL, or for each the number in PAISR_KEYS in the
environment.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paisr import Journal
from paisr_stub import StubServer

KEYS = int(os.environ.get("PAISR_KEYS", "300"))
WORKER = Path(__file__).with_name("key_worker.py")
FAULTS: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"truncate": 20},
    {"status": 500},
    {"status": 500, "processed": True},
    {"status": 408, "processed": True},
    {"status": 429},
    {"status": 422},
    {"body": "null", "processed": True},
    {"delay": 1.5},
]


class WorkerPool:
    """The workers of one journal. Each killed worker is replaced by a new one."""

    def __init__(
        self, stub: StubServer, journal: str, folder: Path, keys: int, customers: list[str], count: int
    ) -> None:
        self.stub, self.journal, self.folder, self.keys, self.customers = stub, journal, folder, keys, customers
        self.chance = random.Random(keys)
        self.kills = self.stops = 0
        self.started = 0
        self.outputs: dict[int, Path] = {}
        self.running = [self.start() for _ in range(count)]
        self.done: list[dict[str, str]] = []

    def start(self) -> subprocess.Popen[bytes]:
        settings = {
            "url": self.stub.url,
            "token": self.stub.token,
            "journal": self.journal,
            "customers": self.customers,
            "intents": self.keys,
            "seed": self.started,
            "kind": ["sync", "async"][self.started % 2],
            "output": str(self.folder / f"{self.started}.json"),
        }
        self.started += 1
        worker = subprocess.Popen([sys.executable, str(WORKER), json.dumps(settings)])
        self.outputs[worker.pid] = Path(settings["output"])
        return worker

    def run(self, limit: float) -> None:
        """Run until every worker has every key. After each tenth (or fiftieth) of the invoices one is disturbed."""
        until = time.monotonic() + limit
        parts = 10 if self.keys <= 300 else 50
        later = iter(range(1, parts))
        coming: int | None = next(later)
        while self.running:
            made = len(self.stub.invoices)
            assert time.monotonic() < until, f"{made} of {self.keys} after {limit} s"
            time.sleep(self.chance.uniform(0.005, 0.03))
            if self.chance.random() < 0.2:
                operation: Any = self.chance.choice(["create", "create", "list"])
                self.stub.fail_next(**self.chance.choice(FAULTS), operation=operation)
            if coming is not None and made >= coming * self.keys / parts:
                coming = next(later, None)
                self.disturb(self.chance.choice(self.running), kill=self.kills <= self.stops)
            for worker in [one for one in self.running if one.poll() is not None]:
                self.collect(worker)

    def disturb(self, worker: subprocess.Popen[bytes], *, kill: bool) -> None:
        if kill:
            worker.send_signal(signal.SIGKILL)
            self.kills += 1
            return
        # Longer than the timeout of its calls: a request that is late when the worker continues must not be sent.
        worker.send_signal(signal.SIGSTOP)
        time.sleep(1.3)
        worker.send_signal(signal.SIGCONT)
        self.stops += 1

    def collect(self, worker: subprocess.Popen[bytes]) -> None:
        self.running.remove(worker)
        output = self.outputs.pop(worker.pid)
        if worker.returncode == -signal.SIGKILL:
            self.running.append(self.start())
            return
        assert worker.returncode == 0
        self.done.append(json.loads(output.read_text()))

    def end(self) -> None:
        for worker in self.running:
            worker.kill()
            worker.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder on a RAM disk, where there is one: a journal there does not wait for the disk at every create."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@pytest.fixture
def report() -> Callable[[str], None]:
    return lambda text: print(text, file=sys.stderr)


@pytest.mark.parametrize(
    ("kind", "keys", "processes"),
    [("file", KEYS, 4 if KEYS > 300 else 2), ("postgres", KEYS if KEYS > 300 else 60, 2)],
)
def test_several_processes_create_one_invoice_for_each_key(
    kind: str, keys: int, processes: int, request: pytest.FixtureRequest, folder: Path, report: Any
) -> None:
    journal = str(folder / "journal.db") if kind == "file" else request.getfixturevalue("postgres_url")
    begun = time.monotonic()
    with StubServer(rate_limit=None) as stub:
        customers = [stub.add_customer(email=f"c{number}@example.com") for number in range(1 + keys // 100)]
        pool = WorkerPool(stub, journal, folder, keys, customers, processes)
        try:
            pool.run(60 + keys / 5)
        finally:
            pool.end()
        made = Counter(str(invoice["summary"]) for invoice in stub.invoices)
        ids = {str(invoice["id"]) for invoice in stub.invoices}
    assert min(pool.kills, pool.stops) > 0
    assert len(made) == keys
    assert set(made.values()) == {1}, "a key has several invoices"
    assert all(set(one.values()) == ids and len(one) == keys for one in pool.done), (
        "workers have different invoices for a key"
    )
    entries = Journal(journal).entries()
    assert {entry.invoice_id for entry in entries if entry.invoice_id} == ids, "an invoice is not in the journal"
    assert {entry.state for entry in entries} <= {"created", "found"}
    report(f"{kind}: {keys} keys, {pool.kills} kills, {pool.stops} stopped, {time.monotonic() - begun:.0f} s")
