"""What a client knows of its creates: which are open, and which invoice belongs to which."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from paisr._base.forks import register_after_fork

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt

# open: begun, and nothing heard since · created: the service said so · found: reconciled with an invoice · absent:
# reconciled with none · rejected, not_sent, unknown: the outcome of the error that the create ended with
State = Literal["open", "created", "found", "absent", "rejected", "not_sent", "unknown"]
UNRESOLVED: frozenset[State] = frozenset({"open", "unknown"})
NEVER_HAPPENED: frozenset[State] = frozenset({"rejected", "not_sent"})
# Creates that are remembered in memory; the oldest are forgotten. A journal forgets none.
MAX_REMEMBERED = 10_000
# Seconds by which a call can outlive its deadline.
GRACE = 1.0
# The ids of the creates that calls of this process are at work on, of all clients: what a journal cannot tell of its
# own process.
in_flight_ids: set[str] = set()


class JournalError(Exception):
    """The journal cannot be read or written; the text ends a sentence that begins "The journal …"."""


@frozen(kw_only=True)
class CompetingAttempt:
    """Another create whose outcome is not known. `in_flight`: its call may still be at work."""

    attempt: Attempt
    in_flight: bool


@frozen(kw_only=True)
class Known:
    """What is known when an attempt is looked for: of itself, and of what it must not be taken for.

    `owners`: the ids of the creates that invoices belong to, by the invoice's id.
    """

    state: State | None = None
    in_flight: bool = False
    invoice_id: str | None = None
    owners: dict[str, str] = field(factory=dict[str, str])
    competing: tuple[CompetingAttempt, ...] = ()

    def merged_with(self, other: Known) -> Known:
        """This and the other, which counts where this says nothing."""
        seen = {competitor.attempt.id for competitor in self.competing}
        mine = self.state is not None and (self.state not in UNRESOLVED or other.state in {None, *UNRESOLVED})
        return Known(
            state=self.state if mine else other.state,
            in_flight=self.in_flight if mine else other.in_flight,
            invoice_id=self.invoice_id if mine else other.invoice_id,
            owners={**other.owners, **self.owners},
            competing=(
                *self.competing,
                *(competitor for competitor in other.competing if competitor.attempt.id not in seen),
            ),
        )


@define
class _Entry:
    attempt: Attempt
    until: float
    state: State = "open"
    invoice_id: str | None = None


class MemoryAttempts:
    """The creates of one client, as far as this process knows; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._owners: dict[str, str] = {}
        # For whoever must look and note in one step.
        self.lock = threading.RLock()
        register_after_fork(self)

    def after_fork(self) -> None:
        self.lock = threading.RLock()

    def begin(self, attempt: Attempt, until: float) -> None:
        """A create that is about to be sent, by a call that ends before the clock says `until`."""
        with self.lock:
            in_flight_ids.add(attempt.id)
            self._entries[attempt.id] = _Entry(attempt, until)
            while len(self._entries) > MAX_REMEMBERED:
                _id, oldest = self._entries.popitem(last=False)
                self._forget_owner(oldest)

    def end(self, attempt: Attempt, state: State, invoice_id: str | None = None) -> None:
        with self.lock:
            if attempt.id not in self._entries:
                self.begin(attempt, self._clock())
            in_flight_ids.discard(attempt.id)
            entry = self._entries[attempt.id]
            entry.state, entry.invoice_id = state, invoice_id
            if invoice_id is not None:
                self._owners[invoice_id] = attempt.id

    def known(self, attempt: Attempt, invoice_ids: Collection[str] = ()) -> Known:
        with self.lock:
            owners = {one: self._owners[one] for one in invoice_ids if one in self._owners}
            competing = tuple(
                CompetingAttempt(attempt=entry.attempt, in_flight=self._is_in_flight(entry))
                for entry in self._entries.values()
                if entry.state in UNRESOLVED and entry.attempt.id != attempt.id
            )
            own = self._entries.get(attempt.id)
            if own is None:
                return Known(owners=owners, competing=competing)
            return Known(
                state=own.state,
                in_flight=self._is_in_flight(own),
                invoice_id=own.invoice_id,
                owners=owners,
                competing=competing,
            )

    def _is_in_flight(self, entry: _Entry) -> bool:
        return entry.state == "open" and self._clock() <= entry.until + GRACE

    def _forget_owner(self, entry: _Entry) -> None:
        if entry.invoice_id is not None and self._owners.get(entry.invoice_id) == entry.attempt.id:
            del self._owners[entry.invoice_id]
