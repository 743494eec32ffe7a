"""Every example in the help of a command runs, in the order in which they are listed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from paisr import Journal, webhooks
from paisr_cli._app import app
from paisr_stub import StubServer

BODY = b'{"id": "inv_123456", "event": "invoice.paid"}'
SECRET = "whsec_example"
CREATE = ("invoices", "create", "--customer", "jane@example.com", "--summary", "Rent", "--due", "In 3 days")


def commands(command: Any, words: tuple[str, ...] = ("paisr",)) -> Iterator[tuple[str, str]]:
    """Each command that is not a group, with its help."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(words), command.help or ""
        return
    for name, one in inner.items():
        yield from commands(one, (*words, name))


HELP = dict(commands(get_command(app)))
EXAMPLES = [line.strip() for text in HELP.values() for line in text.splitlines() if line.startswith("  paisr ")]


def test_every_command_has_an_example() -> None:
    without = {name for name in HELP if not any(f"{one} ".startswith(f"{name} ") for one in EXAMPLES)}
    assert without == {"paisr stub"}  # its help is its own


@pytest.fixture
def place(run: Any, stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the examples: a body, an attempt, a journal with an open create."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    (tmp_path / "body.json").write_bytes(BODY)
    paid = re.search(r"inv_\w+", run(*CREATE, "--item", "1 x 500 Rent").out)
    assert paid is not None
    stub.pay(paid[0])
    stub.fail_next(drop="after", operation="create")
    (tmp_path / "attempt.json").write_text(run(*CREATE[:4], "--summary", "Lost", *CREATE[6:]).out)
    stub.fail_next(drop="before", operation="create")
    run(*CREATE, "--journal", "creates.db")
    return tmp_path


def filled_in(example: str, stub: StubServer) -> str:
    """Replace the placeholders of an example: ids, and the headers of a delivery."""
    stamp = str(int(time.time()))
    example = example.replace("inv_123456", stub.invoices[0].id).replace("1750000000", stamp)
    example = example.replace("1f0c…", webhooks.sign(BODY, timestamp=stamp, secret=SECRET))
    return example.replace("0d6c9f1b", Journal("creates.db").unresolved()[0].id)


@pytest.mark.parametrize("example", [one for one in EXAMPLES if "listen" not in one])
def test_an_example_runs(example: str, stub: StubServer, place: Path) -> None:
    command = filled_in(example, stub)
    done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


@pytest.mark.parametrize("example", [one for one in EXAMPLES if "listen" in one])
def test_an_example_listens_until_it_is_interrupted(example: str, place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = ["sh", "-ec", f"exec {example.replace('8080', port)}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert f"http://127.0.0.1:{port}" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "index", "offered"),
    [("paisr jou", 1, "journal"), ("paisr invoices rec", 2, "reconcile"), ("paisr invoices list --out", 3, "--output")],
)
def test_a_shell_completes(run: Any, monkeypatch: pytest.MonkeyPatch, words: str, index: int, offered: str) -> None:
    monkeypatch.setenv("_PAISR_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(index))
    assert run().out.split() == [offered]
