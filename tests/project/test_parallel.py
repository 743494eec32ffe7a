"""The suite can run in several processes at once, as `pytest -n 2` does: same tests in each, and no fixed port."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
# The calls that open a port.
SERVERS = {"bind", "create_server", "start_server", "ThreadingHTTPServer", "HTTPServer", "TCPServer", "StubServer"}


def fixed_ports(source: str) -> list[int]:
    """The ports that a program listens on and that the system has not chosen."""
    return [port for call in ast.walk(ast.parse(source)) if isinstance(call, ast.Call) for port in _ports(call)]


def _ports(call: ast.Call) -> Iterator[int]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in SERVERS:
        given = [one.elts[1] for one in call.args if isinstance(one, ast.Tuple) and len(one.elts) > 1]
        given += [*call.args, *(one.value for one in call.keywords if one.arg == "port")]
        values = [one.value for one in given if isinstance(one, ast.Constant)]
        yield from (value for value in values if type(value) is int and value)


@pytest.mark.parametrize(
    ("line", "ports"),
    [
        ('socket.create_server(("127.0.0.1", 8123))', [8123]),
        ('listener.bind(("127.0.0.1", 8123))', [8123]),
        ('asyncio.start_server(serve, "127.0.0.1", 8123)', [8123]),
        ("with StubServer(port=8123) as stub: pass", [8123]),
        ('socket.create_server(("127.0.0.1", 0), backlog=1)', []),
        ('with StubServer(token="t") as stub: pass', []),
        ('urlsplit("http://127.0.0.1:8123")', []),
    ],
)
def test_a_fixed_port_is_found(line: str, ports: list[int]) -> None:
    assert fixed_ports(line) == ports


def test_no_server_of_the_tests_has_a_fixed_port(root: Path) -> None:
    programs = sorted((root / "tests").rglob("*.py"))
    assert len(programs) > 100
    found = {str(path.relative_to(root)): fixed_ports(path.read_text("utf-8")) for path in programs}
    assert {name: ports for name, ports in found.items() if ports} == {}


def collecting(root: Path, hash_seed: int) -> subprocess.Popen[str]:
    """A process that lists the ids of all tests; the hash seed decides the order of its sets of texts."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env["PYTHONHASHSEED"] = str(hash_seed)
    return subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_processes_collect_the_same_tests_in_the_same_order(root: Path) -> None:
    """If their ids differ, pytest-xdist runs no test."""
    collected: list[list[str]] = []
    for process in [collecting(root, seed) for seed in (1, 2)]:
        output = process.communicate()[0]
        assert process.returncode == 0, output[-2000:]
        collected.append([line for line in output.splitlines() if "::" in line])
    first, second = collected
    assert len(first) > 1000
    assert [one for one in first if ADDRESS.search(one)] == []
    assert first == second
