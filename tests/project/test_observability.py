"""The programs of docs/observability.md do what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from paisr_stub import StubServer

PAGE = Path("docs/observability.md")


@pytest.fixture(scope="module")
def programs(root: Path) -> list[str]:
    page = (root / PAGE).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def run(program: str, stub: StubServer) -> str:
    """The output of a program in a new process, so that this one keeps its logging and its providers."""
    environment = {**os.environ, "PAISR_TOKEN": stub.token, "PAISR_BASE_URL": stub.url}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout + done.stderr


def test_the_log_has_a_line_for_a_retry(programs: list[str]) -> None:
    with StubServer() as stub:
        stub.fail_next(status=503)
        output = run(programs[0], stub)
    assert re.fullmatch(r"INFO:paisr:list_invoices attempt 1: 503, retried in 0\.\d{3} s\n", output)


def test_on_event_is_called(programs: list[str]) -> None:
    with StubServer() as stub:
        stub.fail_next(status=503)
        output = run(programs[1], stub).splitlines()
    assert re.fullmatch(r"attempt 1 ended with 503, next in 0\.\d s", output[0])
    assert output[1:] == ["list_invoices: succeeded in 2 attempts"]


def test_opentelemetry_exports_the_spans(programs: list[str]) -> None:
    with StubServer() as stub:
        output = run(programs[2], stub)
        [request] = stub.requests
    assert re.findall(r'"name": "(\w+)"', output) == ["GET", "list_invoices"]
    assert f'"url.full": "{stub.url}/invoices?limit=10"' in output
    [trace] = set(re.findall(r'"trace_id": "0x(\w+)"', output))
    assert request.headers["traceparent"].split("-")[1] == trace


def test_default_headers_are_sent(programs: list[str]) -> None:
    with StubServer() as stub:
        run(programs[3], stub)
        [request] = stub.requests
    assert request.headers["x-team"] == "billing"
    assert request.headers["user-agent"].endswith(" billing/1.0")


def test_every_program_of_the_page_has_a_test(programs: list[str]) -> None:
    assert len(programs) == 4
