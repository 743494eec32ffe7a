from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from paisr_stub._records import Customer, made_id
from paisr_stub._store import Store


def test_ids_differ_and_do_not_reveal_the_order() -> None:
    ids = [made_id(600_001 + n, 0) for n in range(0, 2_000_000, 7)]
    assert len(set(ids)) == len(ids)
    assert all(made.startswith("inv_") and len(made) >= 10 for made in ids)
    assert ids != sorted(ids)


def test_a_failed_transaction_is_rolled_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")

    def add_and_fail() -> None:
        with store.transaction():
            store.add_customer(Customer("cus_1", None, None))
            raise KeyError("x")

    with pytest.raises(KeyError):
        add_and_fail()
    assert store.customer("cus_1") is None
    store.add_customer(Customer("cus_1", None, None))
    store.close()
    again = Store(tmp_path / "db")
    assert again.customer("cus_1") == Customer("cus_1", None, None)
    again.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_text("This is not a database, and long enough to be seen as none." * 20)
    with pytest.raises(sqlite3.DatabaseError):
        Store(path)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "db").discard()
    with sqlite3.connect(tmp_path / "db") as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(ValueError, match="another version of the stub: name a new file"):
        Store(tmp_path / "db")
