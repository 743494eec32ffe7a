"""A billing run of the command line, interrupted, killed and run twice at once, creates one invoice for each row.

By default 500 rows and 6 interruptions. PAISR_ROWS=10000 in the environment means 10,000 rows and 20 interruptions, and
checks the share of the rate that is used: see `RateUse`.
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
# All times are divided by SCALE: the window of the published rate, the timeout of a call, the pauses before a retry,
# and the time until a create is settled. The start of a process is not faster, and so has SCALE times its real weight.
# PAISR_SCALE=4 reduces that weight; a run of 10,000 rows then takes ten minutes.
SCALE = int(os.environ.get("PAISR_SCALE", "12"))
RATE = (250, 60 / SCALE)
TIMEOUT = 30 / SCALE
# Rows in flight, which an interruption leaves open.
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
# Seconds between two checks of the processes. At each check a fault may be injected: about one for fifty requests.
CHECK_INTERVAL = 0.05
FAULTS_PER_CHECK = CHECK_INTERVAL * RATE[0] / RATE[1] / 50


class RateUse(NamedTuple):
    """The use of the rate limit, including all interruptions and starts of processes.

    It is measured from the first start until 99 % of the rows were sent: the last rows wait for the result of open
    attempts, not for the rate. `requests`: those that the stub's window allowed, and those with a fault, which take a
    permit as well. `share`: of the requests that the window allows in this time.
    """

    requests: int
    seconds: float

    @property
    def share(self) -> float:
        return self.requests / (self.seconds * RATE[0] / RATE[1])


class BillingRun:
    """Runs of the command with one file. After an interrupted run the next one starts."""

    def __init__(self, stub: StubServer, folder: Path) -> None:
        self.stub, self.folder = stub, folder
        self.chance = random.Random(ROWS)
        self.running: list[subprocess.Popen[bytes]] = []
        self.statuses: Counter[int] = Counter()
        self.planned = 0
        self.bodies: set[bytes] = set()
        self.seen = 0
        self.used: RateUse | None = None
        self.memory: list[int] = []

    def start(self) -> None:
        rate = f"{RATE[0]}/{RATE[1]}"
        words = ["invoices", "create", "--from", "rows.csv", "--timeout", f"{TIMEOUT}", "--rate", rate]
        environment = {**os.environ, "PAISR_TOKEN": self.stub.token, "PAISR_BASE_URL": self.stub.url}
        with (self.folder / "stderr").open("ab") as log:
            command = [sys.executable, "-c", COMMAND, *words]
            self.running.append(subprocess.Popen(command, cwd=self.folder, env=environment, stderr=log))

    def until_done(self, limit: float) -> RateUse:
        """Run until the command succeeds. Each interruption comes at a certain number of sent rows."""
        coming = [ROWS * (number + self.chance.random()) / INTERRUPTIONS for number in range(INTERRUPTIONS)]
        begun = time.monotonic()
        self.start()
        while self.running:
            assert time.monotonic() < begun + limit, (self.folder / "stderr").read_text()[-2000:]
            time.sleep(CHECK_INTERVAL)
            if self.chance.random() < FAULTS_PER_CHECK:
                operation: Any = "list" if self.chance.random() < 0.1 else None
                self.planned += 1
                self.stub.fail_next(**self.chance.choice(FAULTS), operation=operation)
            sent = self.count_sent(time.monotonic() - begun)
            if coming and sent >= coming[0]:
                coming.pop(0)
                self.disturb(len(coming))
            for process in [one for one in self.running if one.poll() is not None]:
                self.collect(process)
        assert self.used is not None
        return self.used

    def count_sent(self, seconds: float) -> int:
        """The number of rows that were sent."""
        requests = self.stub.requests
        self.bodies.update(one.body for one in requests[self.seen :] if one.operation == "create")
        self.seen = len(requests)
        if self.used is None and len(self.bodies) >= 0.99 * ROWS:
            self.used = RateUse(len(requests) - self.refused(), seconds)
        return len(self.bodies)

    def disturb(self, left: int) -> None:
        """Interrupt (Ctrl-C) or kill a run. Two of the interruptions come while a second run is active."""
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
        """The number of requests that the stub's rate limit refused."""
        return sum(one.status == 429 and not one.is_planned for one in self.stub.requests)

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


def resident(pid: int) -> int:
    """The resident memory of a process, in kB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


@pytest.fixture
def report() -> Callable[[str], None]:
    return lambda text: print(text, file=sys.stderr)


def test_each_row_becomes_exactly_one_invoice(tmp_path: Path, report: Any) -> None:
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
        assert run.running[0].wait(120) == 0, "a run of a finished file failed"
        assert len(stub.requests) == sent, "a run of a finished file sent requests"
    report(
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
    assert refused == 0, "the rate limit was exceeded"
    spare = 4 * run.planned + 2 * CONCURRENCY * INTERRUPTIONS
    assert sent <= ROWS + spare, "more requests than rows, faults and interruptions explain"
    if ROWS >= 1500:  # with fewer rows, the starts of processes take most of the time
        assert used.share >= 0.95
        assert max(run.memory) < 1.5 * min(run.memory)
