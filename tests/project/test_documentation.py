"""Every program on the pages of docs/ runs, and prints what its page says; mypy accepts it.

The programs of README.md run in test_readme.py, those of change-the-contract.md in test_change_the_contract.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from attrs import frozen

from paisr_stub import StubServer

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page.name != "change-the-contract.md"]
FENCE = re.compile(
    r'^(?P<indent> *)```(?:python|\{\.python\})(?: title="(?P<title>[^"]+)")?\n(?P<code>.*?)^(?P=indent)```\n'
    r'(?:\n(?P=indent)```text title="prints"\n(?P<prints>.*?)^(?P=indent)```\n)?',
    re.DOTALL | re.MULTILINE,
)
INCLUDED = re.compile(r'--8<-- "docs/examples/(?P<name>[\w.]+)"\n')


@frozen
class Program:
    place: str
    code: str
    title: str | None
    prints: str | None


def programs(pages: list[Path]) -> list[Program]:
    return [
        Program(
            f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}",
            textwrap.dedent(match["code"]),
            match["title"],
            match["prints"],
        )
        for page in pages
        for text in [page.read_text(encoding="utf-8")]
        for match in FENCE.finditer(text)
    ]


PROGRAMS = programs(PAGES)
INCLUDES = {found["name"] for one in PROGRAMS if (found := INCLUDED.fullmatch(one.code))}
TESTS = [one for one in PROGRAMS if one.title]
SCRIPTS = [one for one in PROGRAMS if not one.title and not INCLUDED.fullmatch(one.code)]


def test_the_search_finds_every_program() -> None:
    fences = sum(len(re.findall(r"```\W*python", page.read_text(encoding="utf-8"))) for page in PAGES)
    assert len(PROGRAMS) == fences
    assert min(len(SCRIPTS), len(TESTS), len(INCLUDES)) >= 3


def test_an_included_program_has_tests_of_its_own() -> None:
    tested = "\n".join(path.read_text(encoding="utf-8") for path in (DOCS / "examples").glob("test_*.py"))
    untested = {name for name in INCLUDES if not name.startswith("test_") and Path(name).stem not in tested}
    assert untested == set()
    assert {path.name for path in (DOCS / "examples").glob("*.py")} >= INCLUDES


@pytest.mark.parametrize("program", SCRIPTS, ids=lambda one: one.place)
def test_a_program_prints_what_its_page_says(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with StubServer() as stub:
        monkeypatch.setenv("PAISR_TOKEN", stub.token)
        monkeypatch.setenv("PAISR_BASE_URL", stub.url)
        # A program of this repository, which runs alone, as the main module.
        exec(compile(program.code, program.place, "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    assert program.prints is None or printed == program.prints


def test_the_tests_on_the_pages_pass(tmp_path: Path) -> None:
    for number, test in enumerate(TESTS):
        (tmp_path / f"test_{number}.py").write_text(test.code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) == sum(test.code.count("def test_") for test in TESTS)


def test_mypy_accepts_every_program_and_those_of_the_readme(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    modules = [one for one in programs([*PAGES, ROOT / "README.md"]) if not INCLUDED.fullmatch(one.code)]
    for one in modules:
        (tmp_path / (re.sub(r"\W", "_", one.place) + ".py")).write_text(one.code, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) > len(SCRIPTS) + len(TESTS)
    settings = tmp_path / "mypy.ini"
    # Django and Celery have no types.
    settings.write_text(
        "[mypy]\nstrict = true\n[mypy-django.*,celery.*]\nignore_missing_imports = true\n"
        "[mypy-webhook_django,celery_billing]\ndisallow_untyped_decorators = false\n"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", str(tmp_path / "cache")]
    folders = [str(ROOT / name) for name in ("overlays", "generated", "stub", "cli", "docs/examples")]
    done = subprocess.run(
        [*command, *map(str, sorted(tmp_path.glob("*.py"))), *map(str, sorted((DOCS / "examples").glob("*.py")))],
        env=os.environ | {"MYPYPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shell_commands_of_the_pages_work(tmp_path: Path) -> None:
    page = (DOCS / "guides" / "command-line.md").read_text(encoding="utf-8")
    script = "\n".join(["set -e", *re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with StubServer() as stub:
        environment = os.environ | {"PATH": path, "PAISR_TOKEN": stub.token, "PAISR_BASE_URL": stub.url}
        done = subprocess.run(
            ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        # Two invoices: the pizza, and the rent only once.
        assert [invoice.summary for invoice in stub.invoices] == ["Pizza", "Rent"]


def test_the_documented_exit_statuses_are_those_of_the_commands() -> None:
    from paisr_cli._exits import Exit

    page = (DOCS / "guides" / "command-line.md").read_text(encoding="utf-8")
    documented = {int(number): text for number, text in re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)}
    assert documented == {one.value: one.meaning for one in Exit}
