"""docs/change-the-contract.md: its edits, commands and programs work, in order, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = "docs/change-the-contract.md"
FOLDERS = ("cli", "generated", "generator-templates", "openapi", "overlays", "requirements", "scripts", "stub", "tests")
FILES = ("CHANGELOG.md", "LICENSE", "Makefile", "README.md", "generator-config.yaml", "pyproject.toml")
FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.DOTALL | re.MULTILINE)
FAR_AWAY = 4_000_000_000  # a modification time newer than all sources of an environment
ASKS_FOR_A_VERSION = "make contract-diff"


class Block(NamedTuple):
    kind: str
    title: str | None
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(match["kind"], match["title"], match["text"]) for match in FENCE.finditer(page)]


class Walk:
    """Follows the page in a folder, as a reader would."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MAKE", "PY", "COVERAGE"))
        } | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}

    def begin(self, root: Path) -> None:
        """Copy the repository, with a git history of one commit and an environment of its own."""
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", ".*_cache", ".hypothesis")
        for name in FOLDERS:
            shutil.copytree(root / name, self.place / name, ignore=ignored)
        for name in FILES:
            shutil.copy(root / name, self.place)
        self._environment_of_its_own()
        identity = ("-c", "user.name=reader", "-c", "user.email=reader@example.com")
        for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "as it was")):
            self.run("git", *identity, *command)

    def _environment_of_its_own(self) -> None:
        """Make the environment that make expects: the packages installed here, but the project's from the copy."""
        home = self.place / ".venv"
        self.run(sys.executable, "-m", "venv", "--without-pip", str(home))
        site = next(home.glob("lib/python*/site-packages"))
        sources = [str(self.place / name) for name in ("overlays", "generated", "stub", "cli")]
        installed = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
        (site / "here.pth").write_text("\n".join([*sources, *dict.fromkeys(installed)]), encoding="utf-8")
        ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
        assert ruff is not None
        (home / "bin" / "ruff").symlink_to(ruff)
        (home / ".ready").touch()
        os.utime(home / ".ready", (FAR_AWAY, FAR_AWAY))
        (self.place / ".gitignore").write_text("/.venv/\n/build/\n/dist/\n__pycache__/\n", encoding="utf-8")

    def run(self, *command: str, given: str | None = None, may_fail: bool = False) -> str:
        done = subprocess.run(
            command, cwd=self.place, env=self.environment, input=given, capture_output=True, text=True, check=False
        )
        assert may_fail or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def take(self, block: Block) -> None:
        match block.kind:
            case "diff":
                # An edit may apply a few lines away from its line numbers, when the file has changed since.
                self.run("git", "apply", "--recount", "--unidiff-zero", "-", given=block.text)
            case "python":
                assert block.title is not None
                (self.place / block.title).write_text(block.text, encoding="utf-8")
            case "console":
                for session in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                    command, *printed = session.splitlines()
                    output = self.run("sh", "-c", command, may_fail=command.startswith(ASKS_FOR_A_VERSION))
                    for line in printed:
                        assert line in output, f"{command} does not print {line!r} but:\n{output}"
            case _:
                pytest.fail(f"{PAGE} has a block of an unknown kind: {block.kind}")


def test_the_page_leads_from_the_contract_to_a_release(
    root: Path, tmp_path: Path, need: Callable[[str | None, str], str]
) -> None:
    need(shutil.which("git"), "git")
    need(shutil.which("make"), "make")
    page = blocks((root / PAGE).read_text(encoding="utf-8"))
    assert [block.kind for block in page].count("console") >= 5
    assert {block.kind for block in page} == {"diff", "python", "console"}
    walk = Walk(tmp_path)
    walk.begin(root)
    for block in page:
        walk.take(block)
    with zipfile.ZipFile(next((walk.place / "dist").glob("*.whl"))) as wheel:
        invoice = wheel.read("paisr_generated/models/invoice.py").decode()
    assert "reference: str | None = None" in invoice


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (Block("console", None, "$ echo one\ntwo\n"), "does not print 'two'"),
        (Block("console", None, "$ false\n"), "false"),
        (Block("diff", None, "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1,2 @@\n other\n+more\n"), "does not apply"),
        (Block("text", None, "told and not run\n"), "of an unknown kind"),
    ],
)
def test_a_page_that_does_not_work_is_detected(
    block: Block, reason: str, tmp_path: Path, need: Callable[[str | None, str], str]
) -> None:
    need(shutil.which("git"), "git")
    walk = Walk(tmp_path)
    (tmp_path / "a.txt").write_text("one\n", encoding="utf-8")
    with pytest.raises((AssertionError, pytest.fail.Exception), match=reason):
        walk.take(block)
