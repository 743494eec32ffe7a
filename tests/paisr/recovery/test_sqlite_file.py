"""The file of a journal: its permissions, its owner and its version."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paisr import AsyncPaisr, ConfigurationError, Journal, Paisr
from paisr._recovery.database import APPLICATION_ID, VERSION


def refusal(path: Path) -> str:
    messages: set[str] = set()
    for make in (lambda: Paisr("t", journal=path), lambda: AsyncPaisr("t", journal=path), lambda: Journal(path)):
        with pytest.raises(ConfigurationError) as caught:
            make()
        messages.add(str(caught.value))
    (sentence,) = messages
    return sentence


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o666, 0o610])
def test_a_journal_that_others_can_access_is_refused(path: Path, mode: int) -> None:
    Paisr("t", journal=path).close()
    path.chmod(mode)
    assert "chmod 600" in refusal(path)
    path.chmod(0o600)
    assert Journal(path).entries() == []


def test_a_journal_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Paisr("t", journal=path).close()
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert "another user" in refusal(path)


def test_a_journal_with_new_permissions_for_others_is_refused_at_its_next_opening(
    path: Path, tmp_path: Path, create: Any
) -> None:
    client = Paisr("t", journal=path)
    other = tmp_path / "other.db"
    Paisr("t", journal=other).close()
    other.chmod(0o644)
    other.replace(path)
    with pytest.raises(ConfigurationError, match=r"no longer.*chmod 600"):
        client.invoices.create(**create)
    client.close()


def test_an_empty_file_becomes_accessible_only_to_its_owner(path: Path) -> None:
    path.touch(0o644)
    Paisr("t", journal=path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_journal_of_another_version_is_refused_and_unchanged(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE attempts (id)")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")
    path.chmod(0o600)
    before = path.read_bytes()
    assert refusal(path) == f"The journal {str(path)!r} was made by another version of this package."
    assert path.read_bytes() == before
