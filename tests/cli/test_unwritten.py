"""Output that cannot be written: an invoice that exists is named, and nothing is a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paisr import Attempt
from paisr_cli._exits import Exit
from paisr_stub import StubServer

PAISR = f"{sys.executable} -m paisr"
CREATE = f"{PAISR} invoices create --customer jane@example.com --summary Pizza --due 'In 3 days'"
NOWHERE = [
    pytest.param("> /dev/full", marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")),
    ">&-",
]


def ended(command: str, redirection: str) -> tuple[int, str]:
    """The exit status of the command, and what it wrote to standard error."""
    if redirection.startswith("|"):
        command = f"{{ sleep 0.2; {command}; echo status $? >&2; }} {redirection}"
    else:
        command = f"{command} {redirection}; echo status $? >&2"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    message, _, status = done.stderr.rpartition("status ")
    return int(status), message


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("redirection", [*NOWHERE, "| true"])
def test_a_created_invoice_is_named_on_standard_error(stub: StubServer, redirection: str, output: str) -> None:
    status, message = ended(f"{CREATE} --output {output}", redirection)
    (invoice,) = stub.invoices
    assert status == Exit.CREATED_UNWRITTEN
    assert message.startswith(f"paisr: invoice {invoice.id} was created, but standard output could not be written: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("redirection", NOWHERE)
def test_a_list_that_cannot_be_written_is_one_sentence(stub: StubServer, redirection: str, output: str) -> None:
    stub.seed(3)
    status, message = ended(f"{PAISR} invoices list --output {output}", redirection)
    assert status == Exit.BROKEN
    assert message.startswith("paisr: standard output could not be written: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_a_reader_that_has_seen_enough_is_no_error(stub: StubServer, output: str) -> None:
    stub.seed(300)
    assert ended(f"{PAISR} invoices list --output {output}", "| true") == (Exit.BROKEN, "")


def test_an_attempt_that_cannot_be_written_is_on_standard_error(stub: StubServer) -> None:
    stub.fail_next(drop="after", operation="create")
    status, message = ended(CREATE, ">&-")
    assert status == Exit.UNKNOWN
    attempt = message.partition("the attempt to reconcile is ")[2].splitlines()[0]
    assert Attempt.from_json(attempt).request.summary == "Pizza"


def test_a_dry_run_that_cannot_be_written_is_one_sentence(stub: StubServer, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("customer,summary,due\na,b,31-12-2026\n")
    status, message = ended(f"{PAISR} invoices create --from {tmp_path / 'x.csv'} --dry-run", ">&-")
    assert status == Exit.BROKEN
    assert "paisr: standard output could not be written: " in message
    assert "Traceback" not in message


def test_closed_streams_are_no_traceback_and_do_not_mix(stub: StubServer) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{PAISR} invoices get inv_none 2>&-"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (Exit.NOT_FOUND, "", "")


def test_the_version_that_cannot_be_written_is_one_sentence() -> None:
    status, message = ended(f"{PAISR} --version", ">&-")
    assert (status, message) == (Exit.BROKEN, f"paisr: standard output could not be written: {os.strerror(9)}\n")
