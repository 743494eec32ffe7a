"""Ctrl-C and SIGTERM: a run of a file says what it leaves, and the same command continues it at once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paisr import Journal
from paisr_cli._bulk_order import InOrder
from paisr_cli._exits import Exit
from paisr_stub import StubServer

PAISR = (sys.executable, "-m", "paisr")
RUN = (*PAISR, "invoices", "create", "--from", "x.csv", "--rate", "10000/60")
Write = Callable[..., Path]
SIGNALS = [(signal.SIGINT, Exit.INTERRUPTED, "interrupted"), (signal.SIGTERM, Exit.TERMINATED, "terminated")]


def interrupted(command: tuple[str, ...], number: int, is_time: Callable[[], bool]) -> tuple[int, str, float]:
    """Its exit status, what it said, and how long it took to end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        give_up = time.monotonic() + 30
        while not is_time() and time.monotonic() < give_up:
            time.sleep(0.002)
        process.send_signal(number)
        sent = time.monotonic()
        try:
            _, message = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, message, time.monotonic() - sent


@pytest.mark.parametrize(("number", "status", "word"), SIGNALS)
def test_an_interrupted_run_counts_what_only_the_journal_has(
    stub: StubServer, customer: str, write: Write, number: int, status: Exit, word: str
) -> None:
    write("customer,summary,due", *(f"jane@example.com,Rent {one},In 3 days" for one in range(300)), name="x.csv")
    ended, message, seconds = interrupted(RUN, number, lambda: len(stub.invoices) >= 50)
    assert (ended, message.splitlines()[-1]) == (status, f"paisr: {word}")
    assert seconds < 10
    found = re.match(r"paisr: (\d+) invoices, 0 of them .*?(?:; (\d+) more in the journal)?: run the same", message)
    assert found is not None, message
    written, more = int(found[1]), int(found[2] or 0)
    assert len(Path("x.csv.results.csv").read_text().splitlines()) == written + 1
    kept = [one for one in Journal("x.csv.journal").entries() if one.state != "not_sent"]
    # Those that were recorded, but not yet sent, cannot have an invoice.
    assert len(stub.invoices) <= written + more <= len(kept)
    assert not any(one.in_flight for one in kept)


@pytest.mark.parametrize(("number", "status", "word"), SIGNALS)
def test_a_single_command_ends_with_a_sentence(stub: StubServer, number: int, status: Exit, word: str) -> None:
    (invoice,) = stub.seed(1)
    stub.forget_requests()
    wait = (*PAISR, "invoices", "wait", invoice, "--until", "void", "--interval", "60")
    assert interrupted(wait, number, lambda: bool(stub.requests))[:2] == (status, f"paisr: {word}\n")


def test_a_handler_of_another_program_stays(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert run("--version").status == 0
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert run("--version").status == 0
    assert signal.getsignal(signal.SIGTERM) is before


def test_lines_are_written_in_order_whenever_they_end() -> None:
    written: list[int] = []
    in_order = InOrder()
    for line in (2, 3, 5, 9):
        in_order.begin(line)
    in_order.end(5, lambda: written.append(5))
    assert written == []
    in_order.end(2, lambda: written.append(2))
    assert written == [2]
    in_order.end_all()
    assert written == [2, 5]
