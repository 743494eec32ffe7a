"""Many invoices from rows: one create by key for each, and once more at the end for those that were not decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, cast

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
from paisr._bulk.content import check_decimals, content_key
from paisr._bulk.items import Item, RowResult, due_as_sent, is_day, still_open
from paisr._engine.steps import Pause
from paisr._hooks import HOOKS
from paisr._inputs.due import due_text
from paisr._recovery.attempts import CREATE, UNRESOLVED
from paisr._session import checked_key, checked_values
from paisr_generated.api import operation_named

if TYPE_CHECKING:
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import JournalEntry
    from paisr._session import Session
    from paisr_generated.responses import ApiResponse

    Row = Mapping[str, object]

# Rows that wait to be tried again; when there are more, no other is begun before them.
MAX_UNDECIDED = 100
MAX_TRIES = 4
# Seconds before a row is tried again: one that was not sent, and one of which it is not known. Most of those are listed
# by then; the others after what a create takes to settle.
PAUSE = 5.0
FIRST_LOOK = 1.0
# What is wrong for every row.
FATAL = (ConfigurationError, AuthenticationError, PermissionDeniedError)


class Bulk:
    """The rows of one call of `create_many`. It keeps the undecided ones, and a number for the key of each."""

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
        # By the time that each waits for.
        self._undecided: list[tuple[float, int, Item]] = []
        self._on_undecided = on_undecided
        self._session = session
        self._timeout = timeout
        self._dry_run = dry_run
        self._operation = operation_named(CREATE)
        self._count = 0
        self._seen: dict[int, int] = {}

    def items(self, rows: Iterable[Row]) -> Iterator[Item]:
        """All rows, and the undecided ones again."""
        for row in rows:
            yield self.item(row)
            while undecided := self.next_undecided():
                yield undecided
        while undecided := self.next_undecided(is_over=True):
            yield undecided

    def next_undecided(self, *, is_over: bool = False) -> Item | None:
        """A row whose turn it is to be tried again: when there are no others, or too many wait."""
        if self._undecided and (is_over or len(self._undecided) >= MAX_UNDECIDED):
            return heappop(self._undecided)[2]
        return None

    def item(self, row: object) -> Item:
        """The next row, checked."""
        item = Item(index=self._count)
        self._count += 1
        try:
            item.arguments, item.key = self._checked(row)
            self._refuse_second(item)
        except InvalidArgumentError as error:
            item.refusal = error
        return item

    def recall(self, items: Sequence[Item]) -> Steps[list[Item]]:
        """Look up what the journal knows of rows; those that are to be carried out now.

        A row of which it is not known whether an earlier call made its invoice, or that another call is at work on,
        is one of the undecided: it holds up no other, and most are certain by the time that the others are done.
        """
        if self._dry_run:
            return [*items]
        keys = [one.key for one in items if one.refusal is None and one.key is not None]
        found = (yield from self._session.by_keys(keys, self._timeout)) if keys else {}
        return [item for item in items if self._is_to_be_done(item, found.get(item.key or ""))]

    def create(self, item: Item) -> Steps[RowResult | None]:
        """Carry a row out; None when it is to be tried again, as one of the undecided."""
        if not item.is_recalled and not (yield from self.recall([item])):
            return None
        if item.refusal is not None or self._dry_run:
            return RowResult(index=item.index, key=item.key, error=item.refusal)
        if item.finished is not None:
            return self.recalled(item, item.finished)
        wait = item.not_before - self._session.runtime.clock()
        if wait > 0:
            yield Pause(wait)
        try:
            response = yield from self._send(item)
        except FATAL:
            raise
        except InvalidArgumentError as error:
            return RowResult(index=item.index, key=item.key, error=still_open(item, error))
        except PaisrError as error:
            if self._put_off(item, error):
                return None
            return RowResult(index=item.index, key=item.key, error=error)
        is_new = response.attempts > 0 or item.tries > 0
        return RowResult(index=item.index, key=item.key, created=response.data, is_new=is_new)

    def recalled(self, item: Item, entry: JournalEntry) -> RowResult:
        """The result of a row that has its invoice; on any day, also when its due date has passed."""
        due = due_as_sent(item.arguments["due"], entry.attempt)
        try:
            values = {**item.arguments, "due": due_text(due, self._session.runtime.today)}
            created = self._session.recalled(self._operation, values, entry, entry.response or b"")
        except PaisrError as error:
            return RowResult(index=item.index, key=item.key, error=error)
        return RowResult(index=item.index, key=item.key, created=created)

    def _is_to_be_done(self, item: Item, entry: JournalEntry | None) -> bool:
        item.is_recalled = True
        if entry is None or item.refusal is not None:
            return True
        if entry.in_flight or entry.state in UNRESOLVED:
            item.opened = entry.attempt
            self._wait(item, FIRST_LOOK)
            return False
        if entry.invoice_id is not None and entry.response is not None:
            item.finished = entry
        return True

    def _send(self, item: Item) -> Steps[ApiResponse[Any]]:
        """Create it, whenever the rate allows."""
        arguments = {**item.arguments, "key": item.key}
        while True:
            try:
                return (yield from self._session.call(self._operation, arguments, self._timeout))
            except RateLimitTimeoutError as error:
                wait = error.retry_after or PAUSE
            yield Pause(wait)

    def _put_off(self, item: Item, error: PaisrError) -> bool:
        """Whether the row is tried again."""
        item.tries += 1
        may_pass = error.outcome == "unknown" or isinstance(error, (APIConnectionError, RateLimitError))
        if item.tries == MAX_TRIES or not may_pass:
            return False
        if error.outcome != "unknown":
            pause = PAUSE
        else:
            pause = FIRST_LOOK if item.tries == 1 else self._session.recovery.settle_after + FIRST_LOOK
        self._wait(item, pause)
        return True

    def _wait(self, item: Item, seconds: float) -> None:
        """Make it one of the undecided, for so long at least."""
        item.not_before = self._session.runtime.clock() + seconds
        heappush(self._undecided, (item.not_before, item.index, item))
        if self._on_undecided is not None:
            self._on_undecided(item.index, seconds)

    def _checked(self, row: object) -> tuple[dict[str, object], str]:
        """The arguments of the create, and its key: the row's own, or its content."""
        if not isinstance(row, Mapping):
            raise InvalidArgumentError(f"A row is {type_name(row)}; give a mapping of create's arguments.")
        given = cast("Mapping[object, object]", row)
        names = [one.name for one in self._operation.parameters]
        if unknown := next((name for name in given if name not in {*names, "key"}), None):
            raise InvalidArgumentError(f"A row has {safe_repr(unknown)}; it can have {', '.join(names)} and key.")
        arguments = {name: given.get(name) for name in names}
        due = arguments["due"]
        # That a date is to come is checked when the row is sent: one that has its invoice has it on any day.
        if is_late := not self._dry_run and is_day(due):
            arguments["due"] = f"{due}"
        values = checked_values(self._operation, HOOKS[CREATE].prepare(arguments, self._session.runtime))
        check_decimals(values.get("items"), values.get("currency"))
        key = checked_key(given.get("key")) or content_key(values, due)
        return {**values, "due": due} if is_late else values, key

    def _refuse_second(self, item: Item) -> None:
        digest = int.from_bytes(blake2b(f"{item.key}".encode(), digest_size=8).digest(), "big")
        first = self._seen.setdefault(digest, item.index)
        if first != item.index:
            raise InvalidArgumentError(
                f"The row has the key, or the content, of the row with index {first}; leave one of them out, or tell "
                "them apart by a key of their own."
            )
