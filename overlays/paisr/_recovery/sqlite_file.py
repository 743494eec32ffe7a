"""The file of a journal: creates it, checks that it is one, and holds a lock on it."""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
import sys
from contextlib import suppress
from pathlib import Path

from paisr._base.errors import ConfigurationError
from paisr._base.texts import type_name
from paisr._recovery.attempts import StoreError
from paisr._recovery.database import APPLICATION_ID, SCHEMA, VERSION

# The lock bytes for readers in SQLite's file format.
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510


def checked_path(path: object) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigurationError(f"journal is {type_name(path)}; give the path of a file.")
    text: object = os.fspath(path)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any PathLike
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"journal={text!r} is not the path of a file; give one such as 'paisr-journal.db'.")
    return Path(text).absolute()


def make_file(path: Path) -> None:
    """Create an empty file that only its owner can read, if there is none, and sync its directory."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_file() and not path.stat().st_size:
            path.chmod(0o600)  # like a file created here: it is still empty
        return
    if os.name == "posix":  # elsewhere a directory cannot be opened
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def kept_lock(path: Path) -> int | None:
    """Return a descriptor whose lock tells other processes that this one has the journal open; None without Linux.

    SQLite's own lock is lost when the program opens and closes the file in another way. Another process would then take
    itself for the last one, and remove a log that is in use. Only Linux has a lock that stays.
    """
    if sys.platform != "linux":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY)
    # A `struct flock` on the bytes that SQLite locks exclusively before it removes the log.
    lock = struct.pack("hhqqi0q", fcntl.F_RDLCK, os.SEEK_SET, SHARED_FIRST, SHARED_SIZE, 0)
    with suppress(OSError):  # some file systems have no such locks
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
    return descriptor


def check_file(path: Path, status: os.stat_result, *, is_open: bool) -> None:
    """Raise `StoreError` unless the file is this user's journal, before SQLite opens it and writes beside it.

    The content is not checked while this process has the file open: closing a file releases all locks that the process
    holds on it, SQLite's included.
    """
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("is not a file")
    if not is_open:
        with path.open("rb") as file:
            head = file.read(100)
        if head and (not head.startswith(b"SQLite format 3\0") or int.from_bytes(head[68:72], "big") != APPLICATION_ID):
            raise StoreError("is a file of something else; name a new file, which will be created")
    if os.name == "posix":
        if status.st_uid not in {os.geteuid(), 0}:
            raise StoreError("belongs to another user; name one of your own")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StoreError("is open to other users, and holds customers' data; make it your own (chmod 600)")


def prepare(connection: sqlite3.Connection) -> None:
    """Create the tables of an empty file, and set WAL mode.

    The mode comes last: the application id has to be in the file itself, not in a log beside it.
    """
    if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
        connection.execute("BEGIN EXCLUSIVE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()  # again, under the lock
        if version not in {0, VERSION}:
            raise StoreError("was made by another version of this package")
        if not version:
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise StoreError("is where processes cannot share it (a network drive?); name a file on this machine's disk")
