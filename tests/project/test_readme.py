"""The programs and commands of README.md do what it says."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paisr_stub import StubServer


@pytest.fixture(scope="module")
def programs(root: Path) -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StubServer]:
    """A stub that a client finds through the environment; the working directory is empty."""
    monkeypatch.chdir(tmp_path)
    with StubServer() as stub:
        monkeypatch.setenv("PAISR_TOKEN", stub.token)
        monkeypatch.setenv("PAISR_BASE_URL", stub.url)
        yield stub


@pytest.fixture(scope="module")
def shell_lines(root: Path) -> str:
    """The shell commands of the section "From a terminal"."""
    section = (root / "README.md").read_text(encoding="utf-8").partition("## From a terminal")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE))


def test_the_commands_for_the_terminal_print_what_the_readme_says(shell_lines: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with StubServer() as stub:
        environment = os.environ | {"PATH": path, "PAISR_TOKEN": stub.token, "PAISR_BASE_URL": stub.url}
        command = ["sh", "-ec", shell_lines]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        (invoice,) = stub.invoices
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"token +PAISR_TOKEN|token +ok +PAISR_TOKEN", done.stdout)
    assert done.stdout.count(invoice.id) == 2
    rows = list(csv.DictReader((tmp_path / "invoices.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["id"], row["amount.net_total"]) for row in rows] == [(invoice.id, "150")]


def run(program: str) -> None:
    # Programs of this repository, which run alone, as the main module.
    exec(compile(program, "README.md", "exec"), {"__name__": "__main__"})


def test_every_program_of_the_readme_has_a_test(programs: list[str]) -> None:
    marks = [re.search(r"Decimal|reconcile\(|key=|create_many|webhooks|StubServer", program)[0] for program in programs]
    assert marks == ["Decimal", "reconcile(", "key=", "create_many", "webhooks", "StubServer"]


def test_ten_lines_create_an_invoice(
    programs: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(programs[0].splitlines()) <= 10
    with StubServer() as stub:
        monkeypatch.setenv("PAISR_TOKEN", stub.token)
        monkeypatch.setenv("PAISR_BASE_URL", stub.url)
        run(programs[0])
        (created,) = stub.invoices
        printed = capsys.readouterr().out.split()
        assert [str(request.method) for request in stub.requests] == ["POST", "GET"]
    assert printed[:2] == [created["id"], "unpaid"]
    assert created.session is not None
    assert printed[2] == created.session.url


def test_the_stub_serves_a_program_s_own_tests(programs: list[str]) -> None:
    run(programs[5])


@pytest.mark.parametrize(("drop", "message"), [("after", "found again: inv_"), ("before", "not there: None")])
def test_a_lost_response_is_reconciled(
    programs: list[str],
    drop: str,
    message: str,
    stub: StubServer,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    stub.fail_next(drop=drop, operation="create")
    run(programs[1])
    assert len(stub.invoices) == (drop == "after")
    assert [request.method for request in stub.requests].count("POST") == 1
    assert capsys.readouterr().out.startswith(message)
    assert (tmp_path / "creates.db").exists()


def test_one_key_is_one_invoice(
    programs: list[str], stub: StubServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for _run in range(2):
        run(programs[2])
        first, again = capsys.readouterr().out.split()
        assert first == again
    assert len(stub.invoices) == 1
    assert [request.method for request in stub.requests] == ["POST"]


def test_rows_are_invoiced_once(
    programs: list[str], stub: StubServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for _run in range(2):
        run(programs[3])
        printed = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert printed == [[str(row), invoice.id, "None"] for row, invoice in enumerate(stub.invoices)]
    assert [request.method for request in stub.requests] == ["POST"] * 2


def test_an_old_delivery_is_refused(programs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(programs[4])
    assert capsys.readouterr().out.startswith("timestamp ")
