"""Imports go one way, and import-linter finds an import in the wrong direction."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCES = {"paisr": "overlays", "paisr_generated": "generated", "paisr_stub": "stub", "paisr_cli": "cli"}


@pytest.fixture
def lint(root: Path, tmp_path: Path, need: Callable[[str | None, str], str]) -> Callable[[], tuple[int, str]]:
    """Run import-linter on a copy of the packages, with the project's own contracts."""
    found = Path(sys.executable).with_name("lint-imports")
    program = need(str(found) if found.exists() else None, "import-linter")
    for package, folder in SOURCES.items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder / package, tmp_path / package, ignore=ignored)
    shutil.copy(root / "pyproject.toml", tmp_path)

    def run() -> tuple[int, str]:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(
            [program, "--no-cache"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    return run


def test_imports_go_one_way(lint: Callable[[], tuple[int, str]]) -> None:
    status, output = lint()
    assert status == 0, output


@pytest.mark.parametrize(
    ("module", "planted", "broken"),
    [
        ("paisr/_base/errors.py", "import paisr._engine.retry", "Each package of the overlays"),
        ("paisr/_engine/steps.py", "import paisr._transport.tls", "Each package of the overlays"),
        ("paisr/_engine/deadlines.py", "import paisr._engine.exchange", "No two modules import each other"),
        ("paisr/_client.py", "import paisr_cli._app", "Nothing needs the command line"),
        ("paisr_stub/_store.py", "import paisr_cli", "Nothing needs the command line"),
        ("paisr_cli/_fields.py", "import paisr._bulk.items", "The command line imports what everybody"),
        ("paisr/webhooks.py", "import paisr._client", "Webhooks are verified without a client"),
        ("paisr_generated/types.py", "import paisr._base.errors", "Generated code imports nothing"),
        ("paisr_stub/_store.py", "import paisr_generated.models", "The stub is independent of the client"),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(
    lint: Callable[[], tuple[int, str]], tmp_path: Path, module: str, planted: str, broken: str
) -> None:
    path = tmp_path / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{planted}\n", encoding="utf-8")
    status, output = lint()
    assert status == 1
    assert any(line.startswith(broken) and "BROKEN" in line for line in output.splitlines()), output
