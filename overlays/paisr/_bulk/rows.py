"""`create_many`: one create by key for each row, and further tries for undecided rows after the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from paisr._base.errors import (
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    PaisrError,
    PermissionDeniedError,
    RateLimitError,
    RateLimitTimeoutError,
)
from paisr._base.texts import safe_repr, type_name
from paisr._bulk.items import Item, RowResult, check_decimals, content_key, due_as_sent
from paisr._engine.steps import Pause
from paisr._hooks import HOOKS
from paisr._inputs.due import due_text
from paisr._recovery.attempts import CREATE, UNRESOLVED, OutcomeUnknownError
from paisr._session import checked_key, checked_values
from paisr_generated.api import operation_named

if TYPE_CHECKING:
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import JournalEntry
    from paisr._session import Session
    from paisr_generated.responses import ApiResponse

    Row = Mapping[str, object]

# Undecided rows that may wait. Beyond this number, they come before new rows.
MAX_UNDECIDED = 100
MAX_TRIES = 4
# Seconds before a row is tried again: after a create that was not sent, and after one whose outcome is unknown. Most of
# the latter are listed by then; the others need the time that a create takes to settle.
PAUSE = 5.0
FIRST_LOOK = 1.0
# Errors that every row would have.
FATAL = (ConfigurationError, AuthenticationError, PermissionDeniedError)


class Bulk:
    """The rows of one call of `create_many`. It keeps the undecided rows, and a digest of each row's key."""

    def __init__(
        self,
        session: Session,
        timeout: float | None,
        *,
        dry_run: bool,
        on_undecided: Callable[[int, float], object] | None,
    ) -> None:
        if not dry_run and not session.recovery.is_journal:
            raise ConfigurationError(
                "create_many needs a journal, which knows what earlier runs created; make the client with journal=."
            )
        # A heap by the time of the next try.
        self._undecided: list[tuple[float, int, Item]] = []
        self._on_undecided = on_undecided
        self._session = session
        self._timeout = timeout
        self._dry_run = dry_run
        # Sending checks that a due date is not past: a row that has its invoice keeps it after that day.
        runtime = session.policy.runtime
        self._runtime = runtime if dry_run else replace(runtime, today=lambda: date.min)
        self._operation = operation_named(CREATE)
        self._count = 0
        self._seen: dict[int, int] = {}

    def items(self, rows: Iterable[Row]) -> Iterator[Item]:
        """Yield all rows, and the undecided rows again."""
        for row in rows:
            yield self.item(row)
            while undecided := self.next_undecided():
                yield undecided
        while undecided := self.next_undecided(is_over=True):
            yield undecided

    def next_undecided(self, *, is_over: bool = False) -> Item | None:
        """Return an undecided row to try again, if all other rows are over or too many wait; else None."""
        if self._undecided and (is_over or len(self._undecided) >= MAX_UNDECIDED):
            return heappop(self._undecided)[2]
        return None

    def item(self, row: object) -> Item:
        """Check the next row."""
        item = Item(index=self._count)
        self._count += 1
        try:
            item.arguments, item.key = self._checked(row)
        except InvalidArgumentError as error:
            item.result = RowResult(index=item.index, error=error)
            return item
        digest = int.from_bytes(blake2b(item.key.encode(), digest_size=8).digest(), "big")
        first = self._seen.setdefault(digest, item.index)
        if first != item.index:
            duplicate = InvalidArgumentError(
                f"The row has the same key or content as the row with index {first}; leave one of them out, or give "
                "each a key of its own."
            )
            item.result = RowResult(index=item.index, key=item.key, error=duplicate, duplicate_of=first)
        elif self._dry_run:
            item.result = RowResult(index=item.index, key=item.key)
        return item

    def recall(self, items: Sequence[Item]) -> Steps[list[Item]]:
        """Look rows up in the journal, and return the rows to carry out now.

        A row is undecided if an earlier create of it has an unknown outcome or is in flight in another call. It blocks
        no other row: by the time the others are done, most outcomes are certain.
        """
        keys = [one.key for one in items if one.result is None and one.key is not None]
        found = (yield from self._session.by_keys(keys, self._timeout)) if keys else {}
        return [item for item in items if self._is_ready(item, found.get(item.key or ""))]

    def create(self, item: Item) -> Steps[RowResult | None]:
        """Carry a row out; return None if it is undecided and will be tried again."""
        if not item.is_recalled and not (yield from self.recall([item])):
            return None
        if item.result is not None:
            return item.result
        wait = item.not_before - self._session.policy.runtime.clock()
        if wait > 0:
            yield Pause(wait)
        try:
            response = yield from self._send(item)
        except FATAL:
            raise
        except InvalidArgumentError as error:
            return RowResult(index=item.index, key=item.key, error=_still_open(item, error))
        except PaisrError as error:
            if self._put_off(item, error):
                return None
            return RowResult(index=item.index, key=item.key, error=error)
        is_new = response.attempts > 0 or item.tries > 0
        return RowResult(index=item.index, key=item.key, created=response.data, is_new=is_new)

    def _is_ready(self, item: Item, entry: JournalEntry | None) -> bool:
        item.is_recalled = True
        if entry is None or item.result is not None:
            return True
        if entry.in_flight or entry.state in UNRESOLVED:
            item.opened = entry.attempt
            self._postpone(item, FIRST_LOOK)
            return False
        if entry.invoice_id is not None and entry.response is not None:
            item.result = self._recalled(item, entry)
        return True

    def _recalled(self, item: Item, entry: JournalEntry) -> RowResult:
        """Return the result of a row that has its invoice, even if its due date has passed."""
        due = due_as_sent(item.arguments["due"], entry.attempt)
        try:
            values = {**item.arguments, "due": due_text(due, self._session.policy.runtime.today)}
            created = self._session.recalled(self._operation, values, entry)
        except PaisrError as error:
            return RowResult(index=item.index, key=item.key, error=error)
        return RowResult(index=item.index, key=item.key, created=created)

    def _send(self, item: Item) -> Steps[ApiResponse[Any]]:
        """Send the create, and wait as long as the rate limit requires."""
        arguments = {**item.arguments, "key": item.key}
        while True:
            try:
                return (yield from self._session.call(self._operation, arguments, self._timeout))
            except RateLimitTimeoutError as error:
                wait = error.retry_after or PAUSE
            yield Pause(wait)

    def _put_off(self, item: Item, error: PaisrError) -> bool:
        """Postpone the row if another try may help; return whether it was postponed."""
        item.tries += 1
        may_pass = error.outcome == "unknown" or isinstance(error, (APIConnectionError, RateLimitError))
        if item.tries == MAX_TRIES or not may_pass:
            return False
        until_settled = error.retry_after if isinstance(error, OutcomeUnknownError) else None
        if until_settled is None:
            until_settled = self._session.recovery.settle_after
        until_listed = FIRST_LOOK if item.tries == 1 else until_settled + FIRST_LOOK
        self._postpone(item, until_listed if error.outcome == "unknown" else PAUSE)
        return True

    def _postpone(self, item: Item, seconds: float) -> None:
        """Add the row to the undecided, for at least `seconds`."""
        item.not_before = self._session.policy.runtime.clock() + seconds
        heappush(self._undecided, (item.not_before, item.index, item))
        if self._on_undecided is not None:
            self._on_undecided(item.index, seconds)

    def _checked(self, row: object) -> tuple[dict[str, object], str]:
        """Return the arguments of the create and its key: the row's own, or one derived from its content."""
        if not isinstance(row, Mapping):
            raise InvalidArgumentError(f"A row is {type_name(row)}; give a mapping of create's arguments.")
        given = cast("Mapping[object, object]", row)
        names = [one.name for one in self._operation.parameters]
        if unknown := next((name for name in given if name not in {*names, "key"}), None):
            raise InvalidArgumentError(f"A row has {safe_repr(unknown)}; it can have {', '.join(names)} and key.")
        arguments = {name: given.get(name) for name in names}
        due = arguments["due"]
        values = checked_values(self._operation, HOOKS[CREATE].prepare(arguments, self._runtime))
        check_decimals(values.get("items"), values.get("currency"))
        key = checked_key(given.get("key")) or content_key(values, due)
        return {**values, "due": due} if isinstance(due, date) else values, key


def _still_open(item: Item, error: InvalidArgumentError) -> PaisrError:
    """Return the error of a row that cannot be sent: `OutcomeUnknownError` if an earlier call may have sent it."""
    if item.opened is None:
        return error
    return OutcomeUnknownError(
        f"The outcome of an earlier create of this row is unknown, and the row cannot be sent now: {error} "
        "Reconcile the journal before you change the row.",
        attempt=item.opened,
    )
