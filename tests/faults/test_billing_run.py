"""A billing run at the terminal, interrupted again and again, and run twice at once: each row is one invoice.

500 rows and 6 interruptions; PAISR_ROWS=10000 in the environment is that many rows and 20 interruptions, and holds the
rate: see `Used`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from paisr import Journal
from paisr_stub import StubServer

ROWS = int(os.environ.get("PAISR_ROWS", "500"))
INTERRUPTIONS = 6 if ROWS < 10_000 else 20
# All times are so many times shorter than they are in life: the window of the published rate, the timeout of a call,
# the pauses before a retry, and what a create takes to settle. What a process takes to start is what it is, and weighs
# so many times more than in life: PAISR_SCALE=4 makes that less, and a run of 10,000 rows ten minutes long.
SCALE = int(os.environ.get("PAISR_SCALE", "12"))
RATE = (250, 60 / SCALE)
TIMEOUT = 30 / SCALE
# Rows that the command has under way, and an interruption leaves open.
CONCURRENCY = 8
FAULTS: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"truncate": 20},
    {"status": 500},
    {"status": 500, "processed": True},
    {"status": 429},
    {"delay": TIMEOUT + 1},
]
COMMAND = f"""
import sys
from paisr._bulk import rows
from paisr._engine import retry
from paisr._recovery.recovery import Recovery
Recovery.settle_after /= {SCALE}
rows.PAUSE /= {SCALE}
rows.FIRST_LOOK /= {SCALE}
retry.BASE_DELAY /= {SCALE}
retry.MAX_DELAY /= {SCALE}
from paisr_cli._app import main
sys.exit(main(sys.argv[1:]))
"""
# Between two looks at the processes, and between two draws of faults. One request in fifty meets one.
LOOK = 0.05
FAULTS_PER_LOOK = LOOK * RATE[0] / RATE[1] / 50


class Used(NamedTuple):
    """How much of the rate was used, with every interruption and every start of a process.

    From the first start until all rows but one in a hundred were sent: the last ones wait until it is certain what
    became of them, and not for the rate. `requests`: those that the stub's window let through, and those that met a
    fault, which cost a permit as well. `share`: of what the window would have let through in this time.
    """

    requests: int
    seconds: float

    @property
    def share(self) -> float:
        return self.requests / (self.seconds * RATE[0] / RATE[1])


class BillingRun:
    """Runs of one file: each that is interrupted is followed by another."""

    def __init__(self, stub: StubServer, folder: Path) -> None:
        self.stub, self.folder = stub, folder
        self.chance = random.Random(ROWS)
        self.running: list[subprocess.Popen[bytes]] = []
        self.statuses: Counter[int] = Counter()
        self.planned = 0
        self.bodies: set[bytes] = set()
        self.seen = 0
        self.used: Used | None = None
        self.memory: list[int] = []

    def start(self) -> None:
        rate = f"{RATE[0]}/{RATE[1]}"
        words = ["invoices", "create", "--from", "rows.csv", "--timeout", f"{TIMEOUT}", "--rate", rate]
        environment = {**os.environ, "PAISR_TOKEN": self.stub.token, "PAISR_BASE_URL": self.stub.url}
        with (self.folder / "said").open("ab") as said:
            command = [sys.executable, "-c", COMMAND, *words]
            self.running.append(subprocess.Popen(command, cwd=self.folder, env=environment, stderr=said))

    def until_done(self, limit: float) -> Used:
        """Runs until one ends well. The interruptions come when so many rows were sent."""
        coming = [ROWS * (number + self.chance.random()) / INTERRUPTIONS for number in range(INTERRUPTIONS)]
        begun = time.monotonic()
        self.start()
        while self.running:
            assert time.monotonic() < begun + limit, (self.folder / "said").read_text()[-2000:]
            time.sleep(LOOK)
            if self.chance.random() < FAULTS_PER_LOOK:
                operation: Any = "list" if self.chance.random() < 0.1 else None
                self.planned += 1
                self.stub.fail_next(**self.chance.choice(FAULTS), operation=operation)
            sent = self.look(time.monotonic() - begun)
            if coming and sent >= coming[0]:
                coming.pop(0)
                self.disturb(len(coming))
            for process in [one for one in self.running if one.poll() is not None]:
                self.collect(process)
        assert self.used is not None
        return self.used

    def look(self, seconds: float) -> int:
        """How many rows were sent."""
        requests = self.stub.requests
        self.bodies.update(one.body for one in requests[self.seen :] if one.operation == "create")
        self.seen = len(requests)
        if self.used is None and len(self.bodies) >= 0.99 * ROWS:
            self.used = Used(len(requests) - self.refused(), seconds)
        return len(self.bodies)

    def disturb(self, left: int) -> None:
        """Ctrl-C or a kill; twice, another run has been begun shortly before."""
        if left in {1, INTERRUPTIONS - 2}:
            self.start()
            time.sleep(1)
        process = self.running[0]
        self.memory.append(resident(process.pid))
        process.send_signal([signal.SIGINT, signal.SIGKILL][left % 2])

    def collect(self, process: subprocess.Popen[bytes]) -> None:
        self.running.remove(process)
        self.statuses[process.returncode] += 1
        if process.returncode != 0 and not self.running:
            self.start()

    def refused(self) -> int:
        """How many requests the stub's own window refused."""
        return sum(one.status == 429 and not one.is_planned for one in self.stub.requests)

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


def resident(pid: int) -> int:
    """kB of memory that a process has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


@pytest.fixture
def tell() -> Callable[[str], None]:
    return lambda text: print(text, file=sys.stderr)


def test_none_is_missing_and_none_is_there_twice(tmp_path: Path, tell: Any) -> None:
    begun = time.monotonic()
    with StubServer(rate_limit=RATE) as stub:
        customers = [stub.add_customer(email=f"c{number}@example.com") for number in range(1 + ROWS // 100)]
        rows = [f"{customers[number % len(customers)]},Rent {number:05} of May,In 3 days" for number in range(ROWS)]
        (tmp_path / "rows.csv").write_text("\n".join(["customer,summary,due", *rows]) + "\n")
        run = BillingRun(stub, tmp_path)
        try:
            used = run.until_done(120 + ROWS / 10)
        finally:
            run.end()
        took = time.monotonic() - begun
        made = Counter(str(invoice["summary"]) for invoice in stub.invoices)
        refused = run.refused()

        sent = len(stub.requests)
        run.start()
        assert run.running[0].wait(120) == 0, "a finished file ends well"
        assert len(stub.requests) == sent, "and sends nothing"
    tell(
        f"{ROWS} rows in {took:.0f} s, {INTERRUPTIONS} interruptions; {used.requests} requests "
        f"in {used.seconds:.0f} s, {used.share:.1%} of the allowed rate, {refused} refused; "
        f"ended with {dict(run.statuses)}; {min(run.memory) // 1024} to {max(run.memory) // 1024} MB"
    )
    assert len(made) == ROWS
    assert set(made.values()) == {1}
    assert {entry.state for entry in Journal(tmp_path / "rows.csv.journal").entries()} <= {"created", "found"}
    assert {-signal.SIGKILL, 130} <= set(run.statuses)
    results = (tmp_path / "rows.csv.results.csv").read_text().splitlines()
    assert len(results) == ROWS + 1
    assert refused == 0, "the rate is kept"
    spare = 4 * run.planned + 2 * CONCURRENCY * INTERRUPTIONS
    assert sent <= ROWS + spare, "a request that makes no invoice comes of a fault or an interruption"
    if ROWS >= 1500:  # with fewer, the starts of processes are most of it
        assert used.share >= 0.95
        assert max(run.memory) < 1.5 * min(run.memory)
