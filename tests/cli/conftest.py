"""Running `paisr` in this process, against a stub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from paisr_cli._app import main
from paisr_stub import StubServer


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    """A stub that the environment's variables name."""
    with StubServer() as stub:
        monkeypatch.setenv("PAISR_TOKEN", stub.token)
        monkeypatch.setenv("PAISR_BASE_URL", stub.url)
        for name in ("PAISR_ENVIRONMENT", "PAISR_JOURNAL", "PAISR_WEBHOOK_SECRET"):
            monkeypatch.delenv(name, raising=False)
        yield stub


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command by its words, as a script would: with pipes and no terminal."""

    def run(*words: object) -> Ended:
        status = main([str(word) for word in words])
        said = capsys.readouterr()
        return Ended(status, said.out, said.err)

    return run
