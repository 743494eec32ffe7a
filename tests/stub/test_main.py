"""The command `paisr stub`, in a process of its own."""

from __future__ import annotations

import hmac
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr_stub import StubServer
from paisr_stub.__main__ import main


@contextmanager
def running(*arguments: str, lines: int = 2) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    command = [sys.executable, "-m", "paisr_stub", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            exports = [shlex.split(process.stdout.readline()) for _ in range(lines)]
            assert {word for word, _ in exports} == {"export"}
            yield process, dict(setting.split("=", 1) for _, setting in exports)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_banner_names_the_address_and_a_signal_ends_the_stub(number: signal.Signals, tmp_path: Path) -> None:
    with running("--seed", "3", "--token", "t0", "--db", str(tmp_path / "db"), "--rate-limit", "2") as (
        process,
        exported,
    ):
        assert exported["PAISR_TOKEN"] == "t0"
        headers = {"Authorization": "Bearer t0"}
        responses = [httpx.get(f"{exported['PAISR_BASE_URL']}/invoices", headers=headers) for _ in range(3)]
        assert [response.status_code for response in responses] == [200, 200, 429]
        assert len(responses[0].json()["data"]["invoices"]) == 3
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
        assert process.returncode == 0
        assert "Traceback" not in errors


def test_the_banner_has_a_command_that_pays_an_invoice() -> None:
    with running("--seed", "20", "--token", "it's a token") as (process, exported):
        assert process.stderr is not None
        banner = iter(process.stderr.readline, "")
        command = shlex.split(next(line for line in banner if line.startswith("  curl ")))
        invoice_id = json.loads(command[-1])["id"]
        environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        if shutil.which("curl"):
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=30)
            response = json.loads(done.stdout)
        else:
            _, url, *options = command
            headers = dict(option.split(": ", 1) for option in options if ": " in option and option[0] != "{")
            response = httpx.post(url, content=options[-1], headers=headers).json()
        assert response == {"success": True, "data": {}}
        headers = {"Authorization": "Bearer it's a token"}
        invoice = httpx.get(f"{exported['PAISR_BASE_URL']}/invoices/{invoice_id}", headers=headers).json()["data"]
        assert invoice["status"] == "paid"


def test_deliveries_go_to_the_url_of_the_command_line(receiver: Any) -> None:
    with running("--webhook-url", receiver.url, "--token", "t0", lines=3) as (_, exported):
        body = {"customer": "jane@example.com", "summary": "Pizza", "due": "In 3 days"}
        headers = {"Authorization": "Bearer t0"}
        assert httpx.post(f"{exported['PAISR_BASE_URL']}/invoices", json=body, headers=headers).status_code == 200
        give_up = time.monotonic() + 10
        while not receiver.received and time.monotonic() < give_up:
            time.sleep(0.005)
        ((_, came, delivered),) = receiver.received
        signed = came["X-PCB-Timestamp"].encode() + b"." + delivered
        secret = exported["PAISR_WEBHOOK_SECRET"].encode()
        assert came["X-PCB-Signature"] == hmac.new(secret, signed, "sha256").hexdigest()


def test_a_state_file_is_seeded_once(tmp_path: Path) -> None:
    for _ in range(2):
        with running("--seed", "3", "--token", "t0", "--db", str(tmp_path / "db")) as (_, exported):
            response = httpx.get(f"{exported['PAISR_BASE_URL']}/invoices", headers={"Authorization": "Bearer t0"})
            assert len(response.json()["data"]["invoices"]) == 3


def test_invalid_settings_are_one_sentence_and_status_2(
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
        ["--host", "0.0.0.0", "--allow-remote", "--token", "short"],
        ["--public-url", "stub"],
        ["--webhook-url", "stub"],
    ):
        assert main(arguments, prog="paisr stub") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("paisr stub: ")
        assert printed.err.count("\n") == 1


@pytest.mark.parametrize("seed", ["-1", "some"])
def test_an_invalid_number_of_invoices_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--seed", seed], prog="paisr stub")
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: paisr stub")
