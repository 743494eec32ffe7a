"""The journal as a user has it: the creates that clients noted, on disk or in PostgreSQL, to look at and to settle."""

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
from paisr._inputs.invoice_ids import checked_invoice_id
from paisr._recovery.attempts import InvoiceTakenError, JournalEntry, Outcome, StoreError
from paisr._recovery.database import LOCK_TIMEOUT
from paisr._recovery.store import AttemptStore

if TYPE_CHECKING:
    from paisr._base.runtime import Runtime
    from paisr._recovery.attempts import Attempt

SCHEMES = ("postgresql://", "postgres://")


class Journal:
    """The creates that clients with this `journal` began, and what became of them.

    `place`: the path of a file, or ``postgresql://…`` (needs ``paisr[postgres]``). A client makes the file when there
    is none (readable by its owner only) and adds to it; this class reads one that is there. Several processes and
    threads may use a file at once, on one machine: not on a network drive. It holds what was sent (customer, summary,
    items), what came back, and no token. Keep one journal for each business and token: an attempt of another one would
    be looked for where it cannot be found.

    A create is on disk before it is sent. Its outcome is written at once, and is on disk soon after: a power failure
    can take it, and leaves a create that is open and has to be reconciled. While a file is in use, SQLite keeps two
    more beside it (``-wal``, ``-shm``), which belong to it; copy it when no client has it open.

    Raises `ConfigurationError` for what is not a journal, and leaves that as it is.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        wrapped = wrap_place(place)
        del place  # a traceback from here on must not have it among its locals
        self._store = opened_store(wrapped, SYSTEM, make=False)

    @property
    def name(self) -> str:
        """Where the journal is, without a password."""
        return self._store.name

    def entries(self) -> list[JournalEntry]:
        """Every create, in the order in which they were begun."""
        with as_configuration_error(self.name):
            return self._store.entries()

    def unresolved(self) -> list[Attempt]:
        """The creates of which it is not known whether they happened, oldest first: what is to be reconciled.

        A create that is in flight at this moment is among them.
        """
        with as_configuration_error(self.name):
            return [entry.attempt for entry in self._store.unresolved(LOCK_TIMEOUT)]

    def find(self, text: str) -> list[JournalEntry]:
        """The entries with this key, attempt id or invoice id, or with this text, in any case, in what was sent."""
        checked_text(text, "text")
        with as_configuration_error(self.name):
            return self._store.find(text)

    def settle(self, attempt: Attempt, invoice_id: str | None) -> None:
        """Note by hand what became of a create, where `reconcile()` could not decide: this invoice, or none."""
        outcome = Outcome(state="absent")
        if invoice_id is not None:
            outcome = Outcome(state="found", invoice_id=checked_invoice_id(invoice_id))
        with as_configuration_error(self.name):
            self._store.settle_by_hand(attempt, outcome, LOCK_TIMEOUT)

    def prune(self, before: datetime) -> int:
        """Forget the resolved creates that ended before then, and their keys; how many they were."""
        with as_configuration_error(self.name):
            return self._store.prune(before.timestamp())

    def __repr__(self) -> str:
        # A tool that records the locals of a refused constructor shows a journal that has no store yet.
        return f"Journal({self.name!r})" if hasattr(self, "_store") else "Journal(…)"


def opened_store(place: object, runtime: Runtime, *, make: bool) -> AttemptStore:
    """The store at a place that a user names: a path, or a URL that is wrapped; None is memory."""
    if place is None:
        from paisr._recovery.sqlite import MemoryDatabase  # here, as the others: each loads what it needs

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
    except OSError as error:
        raise ConfigurationError(f"The journal {name!r} cannot be used ({error.strerror}).") from error
