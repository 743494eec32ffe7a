"""The file of a journal: made when there is none, and refused when it is something else."""

from __future__ import annotations

import os
import stat
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._recovery.attempts import StoreError
from paisr._recovery.database import APPLICATION_ID, SCHEMA, VERSION

if TYPE_CHECKING:
    import sqlite3


# Of SQLite's file format.
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510


def checked_path(path: object) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigurationError(f"journal is a {type(path).__name__}; give the path of a file.")
    text: object = os.fspath(path)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any PathLike
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"journal={text!r} is not the path of a file; give one such as 'paisr-journal.db'.")
    return Path(text).absolute()


def make_file(path: Path) -> None:
    """An empty file that only its owner can read, when there is none; on disk, its name too."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_file() and not path.stat().st_size:
            path.chmod(0o600)  # as one that is made here: nothing is in it yet
        return
    if os.name == "posix":  # elsewhere a directory cannot be opened
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def kept_lock(path: Path) -> int | None:
    """A descriptor with a lock by which other processes know that this one has the journal open, until it is closed.

    SQLite's own goes when the program opens the file in another way and closes it; another process would then believe
    to be the last, and remove a log that is in use. Only Linux has locks that stay.
    """
    if sys.platform != "linux":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY)
    # A `struct flock`: the bytes that SQLite locks alone before it removes the log.
    lock = struct.pack("hhqqi0q", fcntl.F_RDLCK, os.SEEK_SET, SHARED_FIRST, SHARED_SIZE, 0)
    with suppress(OSError):  # a file system without them is used without
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
    return descriptor


def check_file(path: Path, found: os.stat_result, *, is_open: bool) -> None:
    """Refuse what is no journal of this user before SQLite opens it, which would write beside it.

    Not by its content where this process has it open: closing a file releases all locks that the process has
    on it, SQLite's among them.
    """
    if not stat.S_ISREG(found.st_mode):
        raise StoreError("is not a file")
    if not is_open:
        with path.open("rb") as file:
            head = file.read(100)
        if head and (not head.startswith(b"SQLite format 3\0") or int.from_bytes(head[68:72], "big") != APPLICATION_ID):
            raise StoreError("is a file of something else; name another, it will be made")
    if os.name == "posix":
        if found.st_uid not in {os.geteuid(), 0}:
            raise StoreError("belongs to another user; name one of your own")
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StoreError("is open to other users, and has what was sent in it; make it your own (chmod 600)")


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file; then, and in WAL mode.

    The mode comes last, so that the file itself says whose it is, and not a log beside it.
    """
    if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
        connection.execute("BEGIN EXCLUSIVE")
        _make_tables(connection)
        connection.execute("COMMIT")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise StoreError("is where processes cannot share it (a network drive?); name a file on this machine's disk")


def _make_tables(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()  # now that nobody else can do it
    if version == VERSION:
        return
    if version:
        raise StoreError("was made by another version of this package")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
