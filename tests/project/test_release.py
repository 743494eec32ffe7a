"""A release has one version everywhere, and its workflows pin each action to a commit."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import paisr

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-28\n\n- New.\n\n## [1.1.0] - 2026-10-01\n\n- Old.\n"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture(scope="module")
def check(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_changelog", root / "scripts" / "check_changelog.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def workflows(root: Path, need: Callable[[Any, str], Any]) -> dict[str, str]:
    folder = need(root / ".github" / "workflows" if (root / ".github").exists() else None, "a git checkout")
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))}


def test_the_changelog_matches_the_version(root: Path, check: ModuleType) -> None:
    assert check.problems((root / "CHANGELOG.md").read_text(encoding="utf-8"), paisr.__version__) == []
    assert check.package_version(root) == paisr.__version__


def test_the_version_is_written_in_one_place(root: Path) -> None:
    document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["project"]["dynamic"] == ["readme", "version"]
    assert document["tool"]["hatch"]["version"]["path"] == "overlays/paisr/_base/version.py"
    version = re.compile(rf"paisr[ -]v?{re.escape(paisr.__version__)}|__version__ = ")
    files = (path for folder in ("overlays", "generated", "stub") for path in (root / folder).rglob("*.py"))
    assert [path.name for path in files if version.search(path.read_text(encoding="utf-8"))] == ["version.py"]


def test_a_valid_changelog_is_accepted(check: ModuleType) -> None:
    assert check.problems(CHANGELOG, "1.2.0", "v1.2.0") == []
    assert check.problems(CHANGELOG, "1.3.0") == []
    assert check.problems(CHANGELOG.replace("ased]\n", "ased]\n\n- Soon.\n"), "1.2.0") == []


@pytest.mark.parametrize(
    ("before", "after", "version", "tag", "message"),
    [
        ("[Unreleased]", "[Next]", "1.2.0", "", "not [Unreleased]"),
        (" - 2026-11-28", "", "1.2.0", "", "[1.2.0] has no date"),
        (" - 2026-11-28", " - 28.11.2026", "1.2.0", "", "[1.2.0] has no date"),
        ("- New.", "New.", "1.2.0", "", "[1.2.0] has no entries"),
        ("[1.1.0]", "[1.1]", "1.2.0", "", "[1.1] is not a version"),
        ("[1.1.0]", "[1.10.0]", "1.10.0", "", "not in order"),
        ("[1.1.0]", "[1.2.0]", "1.2.0", "", "not in order"),
        ("", "", "1.1.0", "", "The newest version in the changelog is 1.2.0, but the package has version 1.1.0."),
        ("", "", "1.2.0", "v1.2.1", "The tag is v1.2.1, but the package has version 1.2.0."),
        ("", "", "1.3.0", "v1.3.0", "The newest section of the changelog is not [1.3.0]."),
        ("ased]\n", "ased]\n\n- Soon.\n", "1.2.0", "v1.2.0", "[Unreleased] still has entries."),
    ],
)
def test_an_invalid_changelog_is_refused(
    check: ModuleType, before: str, after: str, version: str, tag: str, message: str
) -> None:
    found = check.problems(CHANGELOG.replace(before, after, 1), version, tag)
    assert [sentence for sentence in found if message in sentence], found


def test_every_action_is_pinned_to_a_commit_with_its_version_in_a_comment(workflows: dict[str, str]) -> None:
    used = [line for text in workflows.values() for line in re.findall(r"uses: (.+)$", text, re.MULTILINE)]
    assert len(used) > 10
    assert [line for line in used if not PINNED.fullmatch(line)] == []
    by_action: dict[str, set[str]] = {}
    for line in used:
        by_action.setdefault(line.partition("@")[0], set()).add(line)
    assert {action: lines for action, lines in by_action.items() if len(lines) > 1} == {}


def test_a_job_has_only_the_permissions_that_it_names(workflows: dict[str, str]) -> None:
    for name, text in workflows.items():
        document = yaml.safe_load(text)
        assert document["permissions"] == {}, name
        granted = {job: set(each["permissions"].items()) for job, each in document["jobs"].items()}
        writing = {job for job, rights in granted.items() if any(right == "write" for _scope, right in rights)}
        assert writing == ({"attest", "publish"} if name == "release.yml" else set()), name


def test_the_workflows_test_every_python_and_every_range_of_dependencies(workflows: dict[str, str]) -> None:
    jobs = yaml.safe_load(workflows["ci.yml"])["jobs"]
    versions = {python for job in jobs.values() for python in job["strategy"]["matrix"]["python"]}
    assert versions == {"3.11", "3.12", "3.13", "3.14"}
    assert jobs["newest"]["strategy"]["matrix"]["pre"] == ["", "1"]
    assert "make test-newest PRE=1" in workflows["nightly.yml"]


def test_the_workflows_run_commands_that_exist(root: Path, workflows: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for text in workflows.values() for target in re.findall(r"run: make ([a-z-]+)", text)}
    assert named
    assert named <= targets
