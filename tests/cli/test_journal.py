"""`paisr journal`: creates are listed, settled by hand, and pruned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paisr import Journal, OutcomeUnknownError, Paisr
from paisr_cli._exits import Exit
from paisr_stub import StubServer


@pytest.fixture
def journal(stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """A journal with a created invoice, an open create, and a hostile text."""
    place = tmp_path / "creates.db"
    monkeypatch.setenv("PAISR_JOURNAL", str(place))
    with Paisr(journal=place) as client:
        client.invoices.create(customer="jane@example.com", summary="Rent", due="In 3 days", key="12/1")
        stub.fail_next(drop="before", operation="create")
        with pytest.raises(OutcomeUnknownError):
            client.invoices.create(customer="joe@example.com", summary="=1+1\x1b[2J", due="In 3 days", key="12/2")
    return Journal(place)


def test_open_creates_are_listed(run: Any, journal: Journal) -> None:
    ended = run("journal", "list", "-o", "json")
    assert (ended.status, ended.err) == (0, "")
    (shown,) = json.loads(ended.out)
    (attempt,) = journal.unresolved()
    assert (shown["attempt_id"], shown["key"], shown["state"]) == (attempt.id, "12/2", "unknown")
    assert attempt.id in run("journal", "list").out


def test_all_entries_or_matching_entries_are_listed(run: Any, journal: Journal) -> None:
    assert [one["key"] for one in json.loads(run("journal", "list", "--all", "-o", "json").out)] == ["12/1", "12/2"]
    assert [one["key"] for one in json.loads(run("journal", "list", "--find", "rent", "-o", "json").out)] == ["12/1"]
    ended = run("journal", "list", "--find", "nothing like it", "-o", "json")
    assert (ended.status, json.loads(ended.out), ended.err) == (0, [], "paisr: nothing was found\n")


@pytest.mark.parametrize("output", ["table", "csv", "json", "jsonl"])
def test_a_hostile_summary_is_escaped(run: Any, journal: Journal, output: str) -> None:
    listed = run("journal", "list", "-o", output).out
    assert all(one.isprintable() or one == "\n" for one in listed)
    assert output != "csv" or "'=1+1\\x1b[2J" in listed


def test_an_open_create_is_settled_by_hand(run: Any, journal: Journal) -> None:
    (attempt,) = journal.unresolved()
    assert run("journal", "settle", attempt.id).status == Exit.WRONG_USE
    assert run("journal", "settle", attempt.id, "--absent", "--invoice", "inv_1").status == Exit.WRONG_USE
    assert run("journal", "settle", "ffff-none", "--absent").status == Exit.NOT_FOUND
    assert run("journal", "settle", "", "--absent").status == Exit.WRONG_USE
    ended = run("journal", "settle", attempt.id[:12], "--invoice", "inv_of_another_day")
    assert (ended.status, ended.out, journal.unresolved()) == (0, "", [])
    assert journal.find("12/2")[0].invoice_id == "inv_of_another_day"
    assert run("journal", "list").err == "paisr: nothing is open\n"


def test_prune_deletes_settled_creates_and_keeps_open_ones(run: Any, journal: Journal) -> None:
    assert run("journal", "prune", "--older-than", 1).err == "paisr: 0 creates are forgotten\n"
    assert run("journal", "prune", "--older-than", 0).err == "paisr: 1 create is forgotten\n"
    assert [one.key for one in journal.entries()] == ["12/2"]
    for days in ("-1", "1e300", "nan"):
        assert run("journal", "prune", "--older-than", days).status == Exit.WRONG_USE


def test_a_missing_journal_is_refused(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAISR_JOURNAL", raising=False)
    assert run("journal", "list").status == Exit.WRONG_USE
    assert run("journal", "list", "--journal", tmp_path / "nowhere.db").status == Exit.WRONG_USE
    assert not (tmp_path / "nowhere.db").exists()
