"""Fixtures that run `paisr` in this process, against a stub."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from paisr_cli._app import main
from paisr_stub import StubServer


class Ended(NamedTuple):
    """The exit status and the output of a command."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]
Write = Callable[..., Path]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    """A stub that is configured in the environment variables."""
    with StubServer() as stub:
        monkeypatch.setenv("PAISR_TOKEN", stub.token)
        monkeypatch.setenv("PAISR_BASE_URL", stub.url)
        for name in ("PAISR_ENVIRONMENT", "PAISR_JOURNAL"):
            monkeypatch.delenv(name, raising=False)
        yield stub


@pytest.fixture
def customer(stub: StubServer) -> str:
    return stub.add_customer(email="jane@example.com")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A file in the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(*lines: str, name: str = "invoices.csv", encoding: str = "utf-8") -> Path:
        path = Path(name)
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command by its words, as a script would: with pipes and no terminal."""

    def run(*words: object) -> Ended:
        status = main([str(word) for word in words])
        output = capsys.readouterr()
        return Ended(status, output.out, output.err)

    return run


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run one command at a pseudo-terminal; its status and everything that the terminal was sent."""

    def run(*words: object, columns: int = 120) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", str(columns))  # rich asks the process's own streams for it, which are pytest's
        monkeypatch.setenv("TERM", "xterm-256color")
        ours, theirs = os.openpty()
        sent: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(ours, sent))
        reader.start()
        with monkeypatch.context() as patch, os.fdopen(theirs, "w", encoding="utf-8") as stream:
            patch.setattr(sys, "stdout", stream)
            patch.setattr(sys, "stderr", stream)
            status = main([str(word) for word in words])
        reader.join()
        os.close(ours)
        return status, b"".join(sent).decode().replace("\r\n", "\n")

    return run


def _read_all(descriptor: int, into: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # how Linux reports that the other side is closed
        while part := os.read(descriptor, 65_536):
            into.append(part)
