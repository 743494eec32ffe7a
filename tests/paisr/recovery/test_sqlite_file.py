"""The file of a journal: whose it must be, and what an older version left in it."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paisr import AsyncPaisr, ConfigurationError, Journal, Paisr
from paisr._recovery.rows import UNREADABLE
from paisr._recovery.sqlite_file import APPLICATION_ID

FIRST_VERSION = """CREATE TABLE attempts (id TEXT PRIMARY KEY, service TEXT NOT NULL, state TEXT NOT NULL,
    invoice_id TEXT, ends_at REAL NOT NULL, runner TEXT NOT NULL, attempt TEXT NOT NULL)"""


def refusal(path: Path) -> str:
    said: set[str] = set()
    for make in (lambda: Paisr("t", journal=path), lambda: AsyncPaisr("t", journal=path), lambda: Journal(path)):
        with pytest.raises(ConfigurationError) as caught:
            make()
        said.add(str(caught.value))
    (sentence,) = said
    return sentence


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o666, 0o610])
def test_a_journal_that_is_open_to_others_is_refused(path: Path, mode: int) -> None:
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


def test_a_journal_that_is_opened_to_others_meanwhile_is_refused_when_it_is_opened_again(
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


def test_an_empty_file_becomes_its_owners_alone(path: Path) -> None:
    path.touch(0o644)
    Paisr("t", journal=path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.fixture
def first_version(path: Path, attempt_of: Any) -> list[Any]:
    """A journal of version 1 with a create in each state; its attempts."""
    states = [("open", None), ("created", "inv_1"), ("created", "inv_1"), ("found", "inv_2"), ("unknown", None)]
    attempts = [attempt_of(f"{number}") for number in range(len(states))]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(FIRST_VERSION)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        for attempt, (state, invoice_id) in zip(attempts, states, strict=True):
            row = (attempt.id, attempt.service, state, invoice_id, 1000.0, "host 1", attempt.to_json())
            db.execute("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO attempts VALUES ('x', 's', 'open', NULL, 0.0, 'host 1', '{}')")
    path.chmod(0o600)
    return attempts


def test_a_journal_of_the_first_version_is_migrated(path: Path, first_version: list[Any]) -> None:
    entries = {entry.attempt.id: entry for entry in Journal(path).entries()}
    assert [entries[one.id].attempt for one in first_version] == first_version
    assert [(entries[one.id].state, entries[one.id].invoice_id) for one in first_version] == [
        ("open", None),
        ("created", "inv_1"),
        ("unknown", None),  # two creates were told one id; it belongs to the first
        ("found", "inv_2"),
        ("unknown", None),
    ]
    assert [entries[one.id].ended_at for one in first_version[:2]] == [None, 1000.0]
    assert not any(entry.in_flight for entry in entries.values())
    assert (entries["x"].attempt.operation, entries["x"].state) == (UNREADABLE, "open")
    assert len(Journal(path).entries()) == 6, "once"
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'attempts'").fetchall() == []


def test_what_was_migrated_is_reconciled(side: Any, path: Path, first_version: list[Any], service: Any) -> None:
    for summary in ("1", "3", "4"):
        service.create({"summary": summary})
    client = side.client(service, journal=path)
    found = {attempt.id: what for attempt, what in side.call(client, "reconcile_journal", settle_after=0)}
    assert getattr(found[first_version[4].id], "id", None) == "inv_3"
    assert found[first_version[0].id] is None
    assert isinstance(found["x"], ConfigurationError)


def test_a_migration_that_fails_changes_nothing(path: Path, first_version: list[Any]) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE paisr_attempts (id)")
    before = path.read_bytes()
    assert "cannot be used" in refusal(path)
    assert path.read_bytes() == before
