"""What the creates of a client share. The first create loads the other modules of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from paisr._base.runtime import Runtime
    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.store import AttemptStore

T = TypeVar("T")

# Seconds after the end of a create. From then on, an invoice that is not listed certainly does not exist.
SETTLE_AFTER = 60.0


class Recovery:
    """The store of one client's creates: its journal or, without one, memory.

    `place`: the path or URL of the journal, or None. An unusable journal raises `ConfigurationError` at once. Without a
    journal, a client that only reads loads no other module of this package.
    """

    settle_after = SETTLE_AFTER

    def __init__(self, place: Secret | str | os.PathLike[str] | None, runtime: Runtime) -> None:
        self.is_journal: bool = place is not None
        # The ids of customers by e-mail address, from the lists that were read.
        self.customer_ids: dict[str, frozenset[str]] = {}
        self._place, self._runtime = place, runtime
        self._store: dict[str, AttemptStore] = {}
        if self.is_journal:
            _ = self.store

    @property
    def store(self) -> AttemptStore:
        """The store, which the first thread to need it opens."""
        if not self._store:
            from paisr._recovery.journal import opened_store

            self._store.setdefault("opened", opened_store(self._place, self._runtime, make=True))
        return self._store["opened"]

    def read(self, work: Callable[[AttemptStore, float], T], deadline: Deadline) -> Steps[T]:
        """Return what `work` reads from the store, in the seconds that it is given."""
        from paisr._recovery.journal import as_configuration_error

        store = self.store
        with as_configuration_error(store.name):
            return (yield from store.run(lambda: work(store, deadline.remaining()), deadline))

    def close(self) -> None:
        for store in self._store.values():
            store.database.close()
