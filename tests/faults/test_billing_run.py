"""A billing run at the terminal, interrupted again and again, and run twice at once: each row is one invoice.

500 rows and 6 interruptions; PAISR_ROWS=10000 in the environment is that many rows and 20 interruptions.
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
from typing import Any

import pytest

from paisr import Journal
from paisr_stub import StubServer

ROWS = int(os.environ.get("PAISR_ROWS", "500"))
INTERRUPTIONS = 6 if ROWS <= 500 else 20
# The window is scaled: so many requests in so many seconds.
RATE = (100, 2.0)
FAULTS: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"truncate": 20},
    {"status": 500},
    {"status": 500, "processed": True},
    {"status": 429},
    {"delay": 1.5},
]
# The command, with what a create takes to settle scaled as the window is.
COMMAND = """
import sys
from paisr._bulk import rows
from paisr._recovery.recovery import Recovery
Recovery.settle_after, rows.PAUSE, rows.FIRST_LOOK = 0.3, 0.1, 0.1
from paisr_cli._app import main
sys.exit(main(sys.argv[1:]))
"""


class BillingRun:
    """Runs of one file: each that is interrupted is followed by another."""

    def __init__(self, stub: StubServer, folder: Path) -> None:
        self.stub, self.folder = stub, folder
        self.chance = random.Random(ROWS)
        self.running: list[subprocess.Popen[bytes]] = []
        self.statuses: Counter[int] = Counter()
        self.memory: list[int] = []

    def start(self) -> None:
        words = ["invoices", "create", "--from", "rows.csv", "--timeout", "1", "--rate", f"{RATE[0]}/{RATE[1]}"]
        environment = {**os.environ, "PAISR_TOKEN": self.stub.token, "PAISR_BASE_URL": self.stub.url}
        with (self.folder / "said").open("ab") as said:
            command = [sys.executable, "-c", COMMAND, *words]
            self.running.append(subprocess.Popen(command, cwd=self.folder, env=environment, stderr=said))

    def until_done(self, limit: float) -> None:
        coming = [ROWS * (number + self.chance.random()) / INTERRUPTIONS for number in range(INTERRUPTIONS)]
        begun = time.monotonic()
        self.start()
        while self.running:
            assert time.monotonic() < begun + limit, (self.folder / "said").read_text()[-2000:]
            time.sleep(0.05 if ROWS <= 500 else 0.5)
            made = len(self.stub.invoices)
            for _ in range(1 if ROWS <= 500 else 5):
                if made < ROWS and self.chance.random() < 0.1:
                    operation: Any = self.chance.choice(["create", "create", "list"])
                    self.stub.fail_next(**self.chance.choice(FAULTS), operation=operation)
            if coming and made >= coming[0]:
                coming.pop(0)
                self.disturb(len(coming))
            for process in [one for one in self.running if one.poll() is not None]:
                self.collect(process)

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
            run.until_done(120 + ROWS / 10)
        finally:
            run.end()
        made = Counter(str(invoice["summary"]) for invoice in stub.invoices)
        took = time.monotonic() - begun

        sent = len(stub.requests)
        run.start()
        assert run.running[0].wait(120) == 0, "a finished file ends well"
        assert len(stub.requests) == sent, "and sends nothing"
    assert len(made) == ROWS
    assert set(made.values()) == {1}
    assert {entry.state for entry in Journal(tmp_path / "rows.csv.journal").entries()} <= {"created", "found"}
    assert {-signal.SIGKILL, 130} <= set(run.statuses)
    results = (tmp_path / "rows.csv.results.csv").read_text().splitlines()
    assert len(results) == ROWS + 1
    share = ROWS / took / (RATE[0] / RATE[1])
    tell(
        f"{ROWS} rows in {took:.0f} s, {share:.0%} of the allowed rate with all interruptions; ended with "
        f"{dict(run.statuses)}; {min(run.memory) // 1024} to {max(run.memory) // 1024} MB"
    )
