"""Records a client's creates and reconciles them. The first create loads the other modules of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from paisr._base.errors import ConfigurationError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from paisr._base.runtime import Runtime
    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.exchange import CallPolicy
    from paisr._engine.steps import PreparedCall, Steps
    from paisr._recovery.attempts import Attempt, JournalEntry
    from paisr._recovery.invoice_lists import Reader
    from paisr._recovery.reconcile import Reconciled, Reconciler
    from paisr._recovery.store import AttemptStore
    from paisr_generated import Invoice
    from paisr_generated.responses import ApiResponse

T = TypeVar("T")

# Seconds after the end of a create. From then on, an invoice that is not listed certainly does not exist.
SETTLE_AFTER = 60.0


class Recovery:
    """The creates of one client, in its journal or, without one, in memory.

    `place`: the path or URL of the journal, or None. An unusable journal raises `ConfigurationError` at once. Without a
    journal, a client that only reads loads no other module of this package.
    """

    settle_after = SETTLE_AFTER

    def __init__(self, place: Secret | str | os.PathLike[str] | None, service: str, runtime: Runtime) -> None:
        self.is_journal: bool = place is not None
        self._place, self._service, self._runtime = place, service, runtime
        # The ids of customers by e-mail address, from the lists that were read.
        self._ids: dict[str, frozenset[str]] = {}
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

    def create(
        self,
        request: Any,
        call: PreparedCall[Any],
        key: str | None,
        *,
        reader: Reader,
        policy: CallPolicy,
        deadline: Deadline,
    ) -> Steps[ApiResponse[Any]]:
        """Record a create, and send it. With a key, send it only if the key certainly has no invoice."""
        if key is not None and not self.is_journal:
            raise ConfigurationError(
                "key= needs a journal, which knows the keys of earlier runs; make the client with journal=."
            )
        from paisr._recovery.attempts import Attempt
        from paisr._recovery.creating import Creator

        reconciler = self._reconciler(reader, deadline)
        creator = Creator(store=self.store, policy=policy, reconciler=reconciler, call=call, deadline=deadline)
        return creator.create(Attempt.of(request, self._runtime.now().astimezone(), self._service), key)

    def by_keys(self, keys: Sequence[str], deadline: Deadline) -> Steps[dict[str, JournalEntry]]:
        """Return the journal's entries for these keys, by key."""
        return self._read(lambda: self.store.by_keys(self._service, keys, deadline.remaining()), deadline)

    def reconcile(self, attempt: Attempt, reader: Reader, deadline: Deadline) -> Steps[Invoice | None]:
        from paisr._recovery.attempts import checked_attempt

        return self._reconciler(reader, deadline).one(checked_attempt(attempt, self._service))

    def reconcile_journal(self, settle_after: float, reader: Reader, deadline: Deadline) -> Steps[Reconciled]:
        if not self.is_journal:
            raise ConfigurationError("This client has no journal to reconcile; make it with journal=PATH.")
        entries = yield from self._read(lambda: self.store.unresolved(deadline.remaining()), deadline)
        return (yield from self._reconciler(reader, deadline, settle_after).all(entries))

    def unresolved(self, deadline: Deadline) -> Steps[list[Attempt]]:
        entries = yield from self._read(lambda: self.store.unresolved(deadline.remaining()), deadline)
        return [entry.attempt for entry in entries]

    def close(self) -> None:
        for store in self._store.values():
            store.database.close()

    def _read(self, work: Callable[[], T], deadline: Deadline) -> Steps[T]:
        from paisr._recovery.journal import as_configuration_error

        with as_configuration_error(self.store.name):
            return (yield from self.store.run(work, deadline))

    def _reconciler(self, reader: Reader, deadline: Deadline, settle_after: float | None = None) -> Reconciler:
        from paisr._recovery.invoice_lists import Lists
        from paisr._recovery.reconcile import Reconciler

        return Reconciler(
            lists=Lists(reader=reader, now=self._runtime.now, ids=self._ids),
            store=self.store,
            service=self._service,
            deadline=deadline,
            settle_after=self.settle_after if settle_after is None else settle_after,
        )
