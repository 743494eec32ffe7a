"""Fixtures for the comparison of contracts: as a function of two documents, and as a command."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contract_diff
import openapi_documents
import pytest
import yaml
from openapi_diff.comparing import compare_files

Document = dict[str, Any]
Compare = Callable[..., Any]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def compare(tmp_path_factory: pytest.TempPathFactory) -> Compare:
    """Compare two documents, and return the report."""
    folder = tmp_path_factory.mktemp("documents")

    def compare(before: Document, after: Document, *, subset: bool = False) -> Any:
        paths = folder / "before.json", folder / "after.json"
        for path, document in zip(paths, (before, after), strict=True):
            path.write_text(json.dumps(document), encoding="utf-8")
        return compare_files(*paths, subset=subset)

    return compare


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, with its own list of known differences."""
    monkeypatch.setattr(contract_diff, "BASELINE", tmp_path / "known-differences.txt")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        try:
            status = contract_diff.main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, printed.out, printed.err)

    return run


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write the contract with a merge patch to a file of this name."""

    def write(patch: Document, name: str = "other.yaml") -> Path:
        document = openapi_documents.patched(openapi_documents.contract(), patch)
        path = tmp_path / name
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    return write
