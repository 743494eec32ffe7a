"""What a client does about its creates: noted, and found out about. The rest of the room is loaded with the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paisr._base.errors import ConfigurationError

if TYPE_CHECKING:
    import os

    from paisr._base.runtime import Runtime
    from paisr._base.secrets import Secret
    from paisr._engine.deadlines import Deadline
    from paisr._engine.exchange import Policy
    from paisr._engine.steps import PreparedCall, Steps
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.notes import Notes
    from paisr._recovery.reading import Reader
    from paisr._recovery.reconcile import Reconciled, Reconciler
    from paisr_generated import Invoice
    from paisr_generated.operations import ApiResponse

# Seconds after which an invoice that is not listed is not to come any more.
SETTLE_AFTER = 60.0


class Recovery:
    """The creates of one client: in its journal, or remembered as long as it lives.

    `place`: where the journal is, or None. A journal that cannot be used is refused at once; without one, a client
    that only reads loads nothing more of this room.
    """

    settle_after = SETTLE_AFTER

    def __init__(self, place: Secret | str | os.PathLike[str] | None, service: str, runtime: Runtime) -> None:
        self.is_journal: bool = place is not None
        self._place, self._service, self._runtime = place, service, runtime
        # Of customers, by their addresses: what lists have shown.
        self._ids: dict[str, frozenset[str]] = {}
        self._notes: dict[str, Notes] = {}
        if self.is_journal:
            _ = self.notes

    @property
    def notes(self) -> Notes:
        """One for all threads, whichever comes first."""
        if not self._notes:
            from paisr._recovery.journal import opened_store
            from paisr._recovery.notes import Notes

            self._notes.setdefault("made", Notes(opened_store(self._place, self._runtime, make=True)))
        return self._notes["made"]

    def create(
        self,
        request: Any,
        call: PreparedCall[Any],
        key: str | None,
        *,
        reader: Reader,
        policy: Policy,
        deadline: Deadline,
    ) -> Steps[ApiResponse[Any]]:
        """Send a create that is noted; with a key, only if the key's invoice is certainly not there."""
        if key is not None and not self.is_journal:
            raise ConfigurationError(
                "key= needs a journal, which knows the keys of earlier runs; make the client with journal=."
            )
        from paisr._recovery.attempts import Attempt
        from paisr._recovery.creating import Creator

        reconciler = self._reconciler(reader, deadline)
        creator = Creator(notes=self.notes, policy=policy, reconciler=reconciler, call=call, deadline=deadline)
        return creator.create(Attempt.of(request, self._runtime.now(), self._service), key)

    def reconcile(self, attempt: Attempt, reader: Reader, deadline: Deadline) -> Steps[Invoice | None]:
        from paisr._recovery.reconcile import checked_attempt

        return self._reconciler(reader, deadline).one(checked_attempt(attempt, self._service))

    def reconcile_journal(self, settle_after: float, reader: Reader, deadline: Deadline) -> Steps[Reconciled]:
        if not self.is_journal:
            raise ConfigurationError("This client has no journal to reconcile; make it with journal=PATH.")
        entries = yield from self.notes.unresolved(deadline)
        return (yield from self._reconciler(reader, deadline, settle_after).all(entries))

    def unresolved(self, deadline: Deadline) -> Steps[list[Attempt]]:
        return [entry.attempt for entry in (yield from self.notes.unresolved(deadline))]

    def close(self) -> None:
        for notes in self._notes.values():
            notes.store.database.close()

    def _reconciler(self, reader: Reader, deadline: Deadline, settle_after: float | None = None) -> Reconciler:
        from paisr._recovery.reading import Lists
        from paisr._recovery.reconcile import Reconciler

        return Reconciler(
            lists=Lists(reader=reader, now=self._runtime.now, ids=self._ids),
            notes=self.notes,
            service=self._service,
            deadline=deadline,
            settle_after=self.settle_after if settle_after is None else settle_after,
        )
