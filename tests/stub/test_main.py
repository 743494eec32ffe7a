"""The command line, as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from paisr_stub import StubServer
from paisr_stub.__main__ import main


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    command = [sys.executable, "-m", "paisr_stub", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            yield process, dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines)  # type: ignore[union-attr,misc]  # a mismatch fails the test
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_how_to_reach_it_and_ends_quietly(number: signal.Signals, tmp_path: Path) -> None:
    with running("--seed", "3", "--token", "t0", "--db", str(tmp_path / "db"), "--rate-limit", "2") as (process, said):
        assert said["PAISR_TOKEN"] == "t0"
        headers = {"Authorization": "Bearer t0"}
        responses = [httpx.get(f"{said['PAISR_BASE_URL']}/invoices", headers=headers) for _ in range(3)]
        assert [response.status_code for response in responses] == [200, 200, 429]
        assert len(responses[0].json()["data"]["invoices"]) == 3
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
        assert process.returncode == 0
        assert "Traceback" not in errors


def test_a_file_is_seeded_once(tmp_path: Path) -> None:
    for _ in range(2):
        with running("--seed", "3", "--token", "t0", "--db", str(tmp_path / "db")) as (_, said):
            response = httpx.get(f"{said['PAISR_BASE_URL']}/invoices", headers={"Authorization": "Bearer t0"})
            assert len(response.json()["data"]["invoices"]) == 3


def test_what_cannot_be_is_one_sentence_and_status_2(
    stub: StubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad"
    bad.write_text("no database " * 100)
    for arguments in (
        ["--port", str(stub.port)],
        ["--port", "70000"],
        ["--host", "0.0.0.0"],
        ["--db", str(tmp_path / "nowhere" / "db")],
        ["--db", str(bad)],
        ["--token", ""],
        ["--rate-limit", "0"],
    ):
        assert main(arguments, prog="paisr stub") == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("paisr stub: ")
        assert said.err.count("\n") == 1


@pytest.mark.parametrize("seed", ["-1", "some"])
def test_a_number_of_invoices_that_is_none_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--seed", seed], prog="paisr stub")
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: paisr stub")
