"""Checks what was generated, before it is put in place: imports, decoders, encoders, requests, types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .package import GenerateError

PROBE = Path(__file__).with_name("probe.py")


def verify(package: Path, cache: Path) -> None:
    """Raise GenerateError for whatever of the package does not work."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    _run([sys.executable, str(PROBE), str(package)], environment, package.parent, "does not work")
    check_types([package], cache)


def check_types(packages: Sequence[Path], cache: Path) -> None:
    """Raise GenerateError where mypy, strict, finds something in the packages, which are neighbours in one folder."""
    _run(
        [
            sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(cache),
            "--python-version", "3.11", "--no-error-summary", "--hide-error-context",
            *(argument for package in packages for argument in ("-p", package.name)),
        ],
        {**os.environ, "MYPYPATH": str(packages[0].parent)},
        packages[0].parent,
        "has types that do not fit",
    )  # fmt: skip


def _run(command: Sequence[str], environment: dict[str, str], folder: Path, problem: str) -> None:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GenerateError(
            f"what the contract makes {problem}, so that it was not put in place:\n{done.stdout}{done.stderr}"
        )
