"""The tables, and the opening of a database that has them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

VERSION = 2  # of the tables; a file with other tables is refused
_TABLES = (
    """CREATE TABLE customers (
    id TEXT PRIMARY KEY, name TEXT, email TEXT COLLATE NOCASE, currency TEXT NOT NULL, billing TEXT, shipping TEXT)""",
    "CREATE INDEX customers_email ON customers (email)",
    """CREATE TABLE vouchers (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, rate TEXT NOT NULL, customer_id TEXT)""",
    """CREATE TABLE invoices (
    sid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subscription_id TEXT,
    customer_id TEXT NOT NULL REFERENCES customers (id), voucher_id TEXT REFERENCES vouchers (id),
    summary TEXT NOT NULL, sub_total TEXT NOT NULL, discount_total TEXT NOT NULL, net_total TEXT NOT NULL,
    status TEXT NOT NULL, currency TEXT NOT NULL, session_key TEXT NOT NULL, session_expires_at TEXT,
    due_at TEXT NOT NULL, paid_at TEXT, void_at TEXT, created_at TEXT NOT NULL)""",
    "CREATE INDEX invoices_customer ON invoices (customer_id)",
    "CREATE INDEX invoices_session ON invoices (session_key)",
    """CREATE TABLE items (
    sid INTEGER NOT NULL REFERENCES invoices (sid), position INTEGER NOT NULL,
    description TEXT NOT NULL, quantity TEXT NOT NULL, unit_price TEXT NOT NULL, PRIMARY KEY (sid, position))""",
    f"PRAGMA user_version = {VERSION}",
)


def connect(path: str | Path | None) -> sqlite3.Connection:
    """Open the database in this file, or one in memory; raises `ValueError` for one of another version of the stub."""
    target = ":memory:" if path is None else str(path)
    db = sqlite3.connect(target, check_same_thread=False, isolation_level=None, timeout=10)
    db.row_factory = sqlite3.Row
    try:
        if path is not None:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
        db.execute("BEGIN IMMEDIATE")
        _make_tables(db, target)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _make_tables(db: sqlite3.Connection, target: str) -> None:
    if db.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        for statement in _TABLES:
            db.execute(statement)
    elif db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        raise ValueError(f"{target} was made by another version of the stub: name a new file.")


def copied_to_memory(db: sqlite3.Connection) -> sqlite3.Connection:
    """Another database in memory with the same content."""
    copy = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    copy.row_factory = sqlite3.Row
    db.backup(copy)
    return copy
