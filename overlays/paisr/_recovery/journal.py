"""`Journal`: the public view of the creates that clients recorded, in a file or in PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from paisr._base.errors import ConfigurationError
from paisr._base.runtime import SYSTEM
from paisr._base.secrets import Secret, wrap_place
from paisr._base.texts import checked_text
from paisr._inputs.checks import checked_invoice_id
from paisr._recovery.attempts import CreateOutcome, InvoiceTakenError, JournalEntry, StoreError
from paisr._recovery.database import LOCK_TIMEOUT
from paisr._recovery.store import AttemptStore

if TYPE_CHECKING:
    from paisr._base.runtime import Runtime
    from paisr._recovery.attempts import Attempt

SCHEMES = ("postgresql://", "postgres://")


class Journal:
    """The creates of the clients with this `journal`, and their outcomes.

    `place`: the path of a file, or ``postgresql://…`` (needs ``paisr[postgres]``). A client creates the file if there
    is none (readable by its owner only); this class opens an existing one. Several processes and threads of one machine
    may use a file at once, but not on a network drive. It holds the requests (customer, summary, items), the responses,
    and no token. Keep one journal for each business and token: invoices of another token cannot be found with this one.

    A create is on disk before it is sent. Its outcome is written at once, and is on disk soon after. A power failure
    can lose it; the create is then open, and has to be reconciled. While a file is in use, SQLite keeps two more beside
    it (``-wal``, ``-shm``), which belong to it; copy it only while no client has it open.

    Raises `ConfigurationError` for anything that is not a journal, and leaves it unchanged.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        wrapped = wrap_place(place)
        del place  # a traceback must not have it among its locals
        self._store = opened_store(wrapped, SYSTEM, make=False)

    @property
    def name(self) -> str:
        """The path or URL of the journal, without a password."""
        return self._store.name

    def entries(self) -> list[JournalEntry]:
        """All creates, oldest first."""
        with as_configuration_error(self.name):
            return self._store.entries()

    def unresolved(self) -> list[Attempt]:
        """The creates whose outcome is unknown, oldest first. Creates in flight are among them."""
        with as_configuration_error(self.name):
            return [entry.attempt for entry in self._store.unresolved(LOCK_TIMEOUT)]

    def find(self, text: str) -> list[JournalEntry]:
        """The entries with this key, attempt id or invoice id, or with this text, in any case, in the request."""
        checked_text(text, "text")
        with as_configuration_error(self.name):
            return self._store.find(text)

    def settle(self, attempt: Attempt, invoice_id: str | None) -> None:
        """Record the outcome of a create by hand, if `reconcile()` could not decide: this invoice, or None for none."""
        outcome = CreateOutcome(state="absent")
        if invoice_id is not None:
            outcome = CreateOutcome(state="found", invoice_id=checked_invoice_id(invoice_id))
        with as_configuration_error(self.name):
            self._store.settle_by_hand(attempt, outcome, LOCK_TIMEOUT)

    def prune(self, before: datetime) -> int:
        """Delete the resolved creates that ended before `before`, and their keys; return their number."""
        with as_configuration_error(self.name):
            return self._store.prune(before.timestamp())

    def __repr__(self) -> str:
        # A tool that records the locals of a failed constructor shows a journal without a store.
        return f"Journal({self.name!r})" if hasattr(self, "_store") else "Journal(…)"


def opened_store(place: object, runtime: Runtime, *, make: bool) -> AttemptStore:
    """Open the store at a path or a wrapped URL; None is memory. `make`: create a file that does not exist."""
    if place is None:
        from paisr._recovery.sqlite import MemoryDatabase  # here, like the others: few clients load two

        return AttemptStore(MemoryDatabase(), runtime)
    if isinstance(place, Secret):
        if not place.reveal().startswith(SCHEMES):
            raise ConfigurationError("journal is a URL of another kind; give the path of a file, or postgresql://….")
        from paisr._recovery.postgres import PostgresDatabase, public_name

        with as_configuration_error(public_name(place)):
            return AttemptStore(PostgresDatabase(place), runtime)
    from paisr._recovery.sqlite import FileDatabase
    from paisr._recovery.sqlite_file import checked_path

    path = checked_path(place)
    with as_configuration_error(str(path)):
        return AttemptStore(FileDatabase(path, make=make), runtime)


@contextmanager
def as_configuration_error(name: str) -> Generator[None]:
    try:
        yield
    except StoreError as error:
        raise ConfigurationError(f"The journal {name!r} {error}.") from error.__cause__
    except InvoiceTakenError as error:
        raise ConfigurationError(f"The journal {name!r} was not changed: {error}; settle that one first.") from None
