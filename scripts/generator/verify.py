"""Checks a generated package before it replaces the old one: imports, decoders, requests and types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .package import GenerateError

PROBE = Path(__file__).with_name("probe.py")


def verify(package: Path, cache: Path) -> None:
    """Raise GenerateError when a part of the package fails, or its types are wrong. `cache`: mypy's cache folder."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    _run([sys.executable, str(PROBE), str(package)], environment, package.parent, "does not work")
    check_types([package], cache)


def check_types(packages: Sequence[Path], cache: Path) -> None:
    """Raise GenerateError when `mypy --strict` finds an error. All packages are in the same folder."""
    _run(
        [
            sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(cache),
            "--python-version", "3.11", "--no-error-summary", "--hide-error-context",
            *(argument for package in packages for argument in ("-p", package.name)),
        ],
        {**os.environ, "MYPYPATH": str(packages[0].parent)},
        packages[0].parent,
        "has type errors",
    )  # fmt: skip


def _run(command: Sequence[str], environment: dict[str, str], folder: Path, problem: str) -> None:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GenerateError(f"the generated package {problem}, so the old one was kept:\n{done.stdout}{done.stderr}")
