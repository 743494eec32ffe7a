"""Rules for every file of the repository, and for the commands that its documents name."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

REGISTRY = re.compile(r"(?:pypi|pythonhosted|npmjs|yarnpkg|anaconda|debian)\.(?:org|com)\b")
MACHINE_PATH = re.compile(r"(?<![\w.~:/{}<>-])/(?:home|root|opt|tmp|work|Users)/[\w.]|\b[A-Z]:\\Users\\")
SUPPRESSION = re.compile(
    r"#\s*(?P<what>type: ignore|pyright: ignore|noqa)(?P<codes>\[[\w, -]+\]|:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?"
)
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!]+)(?: ; .*)? \\$", re.MULTILINE)


@pytest.fixture(scope="session")
def tracked(root: Path, need: Callable[[Path | None, str], Path]) -> list[Path]:
    """The files that git tracks."""
    need(root if (root / ".git").exists() else None, "a git checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [path for name in listing.stdout.split("\0") if name and (path := root / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def suppressions_without_reason(source: str) -> list[str]:
    """The comments that suppress a check without naming it, or without a reason in the same line."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not (match := SUPPRESSION.search(token.string)):
            continue
        rest = SUPPRESSION.sub("", token.string)
        if match["codes"] is None or len(re.findall(r"[A-Za-z]{2,}", rest)) < 2:
            found.append(f"{token.start[0]}: {token.string}")
    return found


def bounds(requirements: list[str]) -> dict[str, str]:
    """Names and lower bounds of requirements of the form NAME>=VERSION."""
    plain = (re.sub(r"\[.*?\]", "", requirement.partition(",")[0]) for requirement in requirements)
    return dict(requirement.split(">=") for requirement in plain)


def pins(lock: str) -> dict[str, str]:
    return {match["name"]: match["version"] for match in PIN.finditer(lock)}


def make_help(root: Path) -> str:
    return subprocess.run(["make"], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("folder", ["overlays", "stub", "cli", "generator-templates"])
def test_no_module_is_long(root: Path, folder: str) -> None:
    lengths = {path: len(text_of(path).splitlines()) for path in (root / folder).rglob("*.py")}
    assert lengths
    assert {str(path.relative_to(root)): lines for path, lines in lengths.items() if lines > 250} == {}


def test_no_file_names_a_registry_or_a_path_of_a_machine(root: Path, tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in tracked
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if REGISTRY.search(line) or MACHINE_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "https://files.python" + "hosted.org/x",
        "see /" + "home/jane/x",
        "'/" + "tmp/x.db'",
        "C:\\" + "Users\\jane",
    ],
)
def test_the_search_for_addresses_and_paths_finds_them(line: str) -> None:
    assert REGISTRY.search(line) or MACHINE_PATH.search(line)


def test_every_suppression_has_a_reason(root: Path, tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}:{place}"
        for path in tracked
        if path.suffix == ".py" and "generated" not in path.relative_to(root).parts[:1]
        for place in suppressions_without_reason(text_of(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("x = 1  # noqa", True),
        ("x = 1  # noqa: E501", True),
        ("x = 1  # type: ignore[arg-type]", True),
        ("x = 1  # type: ignore", True),
        ("x = 1  # type: ignore  # because it must", True),
        ("x = 1  # type: ignore[arg-type]  # a wrong type is the test", False),
        ("x = 1  # noqa: S101, E501 - the address is one word", False),
        ("x = '# noqa'", False),
    ],
)
def test_the_search_for_suppressions_without_reason_finds_them(line: str, refused: bool) -> None:
    assert bool(suppressions_without_reason(line + "\n")) is refused


def test_every_make_target_is_in_the_help(root: Path) -> None:
    phony = re.search(r"^\.PHONY: (.+)$", text_of(root / "Makefile"), re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^  make ([a-z-]+)", make_help(root), re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_make_command_of_the_documents_exists(root: Path, document: str) -> None:
    listed = set(re.findall(r"^  make ([a-z-]+)", make_help(root), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\s*|timed |run: )make ([a-z][a-z-]*)", text_of(root / document), re.MULTILINE))
    assert named
    assert named <= listed


def test_links_between_the_documents_have_a_target(root: Path, tracked: list[Path]) -> None:
    broken = [
        f"{path.relative_to(root)}: {target}"
        for path in tracked
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text_of(path))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_locks_have_hashes_and_nothing_of_the_machine_that_made_them(root: Path) -> None:
    locks = sorted((root / "requirements").glob("*.txt"))
    assert [lock.stem for lock in locks] == ["dev", "lowest", "peers", "runtime", "stub"]
    for lock in locks:
        entry = r"(?:[\w.-]+==[\w.+!]+(?: ; [^\\\n]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n)"
        assert re.fullmatch(rf"(?:#[^\n]*\n)+{entry}+", text_of(lock)), lock.name


def test_every_declared_requirement_is_locked(root: Path) -> None:
    document = tomllib.loads(text_of(root / "pyproject.toml"))
    project, groups = document["project"], document["dependency-groups"].values()
    declared = itertools.chain(project["dependencies"], *project["optional-dependencies"].values(), *groups)
    names = {re.split(r"[\[><=]", requirement)[0] for requirement in declared if isinstance(requirement, str)}
    assert names - pins(text_of(root / "requirements" / "dev.txt")).keys() == set()


def test_the_lowest_tested_versions_are_the_declared_lower_bounds(root: Path) -> None:
    project = tomllib.loads(text_of(root / "pyproject.toml"))["project"]
    extras = itertools.chain.from_iterable(project["optional-dependencies"].values())
    declared = bounds([*project["dependencies"], *extras])
    tested = pins(text_of(root / "requirements" / "lowest.txt"))
    parts = {name: [int(part) for part in bound.split(".")] for name, bound in declared.items()}
    for name, bound in parts.items():
        exact = [int(part) for part in tested[name].split(".")]
        assert exact[: len(bound)] == bound, name
        assert not any(exact[len(bound) :]), name


def test_the_generator_and_its_formatter_are_pinned_and_locked(root: Path) -> None:
    groups = tomllib.loads(text_of(root / "pyproject.toml"))["dependency-groups"]
    locked = pins(text_of(root / "requirements" / "dev.txt"))
    pinned = dict(requirement.split("==") for requirement in groups["generate"])
    assert {name: locked[name] for name in pinned} == pinned
