"""Many invoices from rows: one create by key for each, and once more at the end for those that were not decided."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from attrs import define, frozen

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
from paisr._engine.steps import Pause
from paisr._hooks import HOOKS
from paisr._recovery.attempts import CREATE
from paisr._session import checked_key, checked_values
from paisr_generated.api import operation_named
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._engine.steps import Steps
    from paisr._session import Session
    from paisr_generated import CreatedInvoice
    from paisr_generated.operations import ApiResponse

    Row = Mapping[str, object]

# The decimals of a currency (ISO 4217): SRD, USD and EUR have two.
DECIMALS = 2
# Rows that wait to be tried again; when there are more, no other is begun before them.
MAX_UNDECIDED = 100
MAX_TRIES = 4
# Seconds before a row is tried again: one that was not sent, and one of which it is not known. Most of those are listed
# by then; the others after what a create takes to settle.
PAUSE = 5.0
FIRST_LOOK = 1.0
# What is wrong for every row.
FATAL = (ConfigurationError, AuthenticationError, PermissionDeniedError)


@frozen(kw_only=True)
class RowResult:
    """What became of one row of `create_many`.

    `index`: which row, the first is 0. `key`: of the create; None for a row that was refused before it had one.
    `created`: its invoice; None where there is an `error`, and in a dry run. `is_new`: whether this call sent it.
    """

    index: int
    key: str | None = None
    created: CreatedInvoice | None = None
    error: PaisrError | None = None
    is_new: bool = False


@define(kw_only=True)
class Item:
    """A row on its way: its arguments, checked, or why it was refused."""

    index: int
    arguments: Mapping[str, object] = {}
    key: str | None = None
    refusal: InvalidArgumentError | None = None
    tries: int = 0
    not_before: float = 0.0


class Bulk:
    """The rows of one call of `create_many`. It keeps the undecided ones, and a number for the key of each."""

    def __init__(self, session: Session, timeout: float | None, *, dry_run: bool) -> None:
        if not dry_run and not session.recovery.is_journal:
            raise ConfigurationError(
                "create_many needs a journal, which knows what earlier runs created; make the client with journal=."
            )
        self._undecided: deque[Item] = deque()
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
        return (
            self._undecided.popleft()
            if self._undecided and (is_over or len(self._undecided) >= MAX_UNDECIDED)
            else None
        )

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

    def create(self, item: Item) -> Steps[RowResult | None]:
        """Carry a row out; None when it is to be tried again, as one of the undecided."""
        if item.refusal is not None or self._dry_run:
            return RowResult(index=item.index, key=item.key, error=item.refusal)
        wait = item.not_before - self._session.runtime.clock()
        if item.tries and wait > 0:
            yield Pause(wait)
        try:
            response = yield from self._send(item)
        except FATAL:
            raise
        except PaisrError as error:
            if self._put_off(item, error):
                return None
            return RowResult(index=item.index, key=item.key, error=error)
        is_new = response.attempts > 0 or item.tries > 0
        return RowResult(index=item.index, key=item.key, created=response.data, is_new=is_new)

    def _send(self, item: Item) -> Steps[ApiResponse[Any]]:
        """Create it, whenever the rate allows."""
        while True:
            try:
                return (
                    yield from self._session.call(self._operation, {**item.arguments, "key": item.key}, self._timeout)
                )
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
        item.not_before = self._session.runtime.clock() + pause
        self._undecided.append(item)
        return True

    def _checked(self, row: object) -> tuple[dict[str, object], str]:
        """The arguments of the create, and its key: the row's own, or its content."""
        if not isinstance(row, Mapping):
            raise InvalidArgumentError(f"A row is {type_name(row)}; give a mapping of create's arguments.")
        given = cast("Mapping[object, object]", row)
        names = [one.name for one in self._operation.parameters]
        if unknown := next((name for name in given if name not in {*names, "key"}), None):
            raise InvalidArgumentError(f"A row has {safe_repr(unknown)}; it can have {', '.join(names)} and key.")
        arguments = {name: given.get(name) for name in names}
        values = checked_values(self._operation, HOOKS[CREATE].prepare(arguments, self._session.runtime))
        _check_decimals(values)
        return values, checked_key(given.get("key")) or _content_key(values, arguments["due"])

    def _refuse_second(self, item: Item) -> None:
        digest = int.from_bytes(blake2b(f"{item.key}".encode(), digest_size=8).digest(), "big")
        first = self._seen.setdefault(digest, item.index)
        if first != item.index:
            raise InvalidArgumentError(
                f"The row has the key, or the content, of the row with index {first}; leave one of them out, or tell "
                "them apart by a key of their own."
            )


def _content_key(values: Mapping[str, object], due: object) -> str:
    """A key made of what is billed: the same for amounts that are equal, and for a due date on any day."""
    content = {name: _plain(value) for name, value in sorted(values.items())}
    if isinstance(due, date):
        content["due"] = due.isoformat()
    return f"row-{blake2b(encode(content), digest_size=16).hexdigest()}"


def _plain(value: object) -> Any:
    """The value with amounts as texts without the zeros that a spreadsheet adds or drops."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in sorted(cast("dict[str, object]", value).items())}
    return value


def _check_decimals(values: Mapping[str, object]) -> None:
    items = cast("list[dict[str, Any]]", values.get("items") or [])
    for index, item in enumerate(items):
        price = item["unit_price"]
        if len(_plain(price).partition(".")[2]) > DECIMALS:
            raise InvalidArgumentError(
                f"items[{index}].unit_price={price} has more than {DECIMALS} decimals, and "
                f"{values.get('currency') or 'the currency'} has {DECIMALS}; give an amount that can be paid."
            )
