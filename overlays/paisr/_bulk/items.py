"""One row of `create_many`: its key and its checks, in progress and as a result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from attrs import define, frozen

from paisr._base.errors import InvalidArgumentError, PaisrError
from paisr._inputs.due import due_text
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt
    from paisr_generated import CreatedInvoice

# Decimals of SRD, USD and EUR (ISO 4217).
DECIMALS = 2


@frozen(kw_only=True)
class RowResult:
    """The result of one row of `create_many`.

    `index`: the position of the row, from 0. `key`: the key of the create; None if the row was refused before it had
    one. `created`: the invoice; None if there is an `error`, or in a dry run. `is_new`: whether this call sent it.
    `duplicate_of`: the index of the earlier row with the same key or content, if the row was refused for that.
    """

    index: int
    key: str | None = None
    created: CreatedInvoice | None = None
    error: PaisrError | None = None
    is_new: bool = False
    duplicate_of: int | None = None


@define(kw_only=True)
class Item:
    """A row in progress.

    `result`: what is known without sending: that the row is refused, or has its invoice. `opened`: the attempt of an
    earlier or concurrent call whose outcome is not known yet.
    """

    index: int
    arguments: Mapping[str, object] = {}
    key: str | None = None
    result: RowResult | None = None
    is_recalled: bool = False
    opened: Attempt | None = None
    tries: int = 0
    not_before: float = 0.0


def due_as_sent(due: Any, attempt: Attempt) -> Any:
    """Return the text that the attempt sent for its due date, if `due` is the same day; else `due` itself."""
    if not isinstance(due, date):
        return due
    sent_on = attempt.started_at.date()  # where it was sent: this run may be in another time zone
    return attempt.request.due if due > sent_on and due_text(due, lambda: sent_on) == attempt.request.due else due


def content_key(values: Mapping[str, object], due: object) -> str:
    """Derive a key from the content: the same for equal amounts, and for a due date whatever the day of the run."""
    content = {name: _plain(value) for name, value in sorted(values.items())}
    if isinstance(due, date):
        content["due"] = due.isoformat()
    return f"row-{blake2b(encode(content), digest_size=16).hexdigest()}"


def check_decimals(items: object, currency: object) -> None:
    """Refuse a price with more decimals than the currency: the documentation does not say how the service rounds it."""
    for index, item in enumerate(cast("list[dict[str, Any]]", items or [])):
        price = item["unit_price"]
        if len(_plain(price).partition(".")[2]) > DECIMALS:
            raise InvalidArgumentError(
                f"items[{index}].unit_price={price} has more than {DECIMALS} decimals, and "
                f"{currency or 'the currency'} has {DECIMALS}; give an amount with at most {DECIMALS}."
            )


def _plain(value: object) -> Any:
    """Return the value with amounts as texts, without the trailing zeros that a spreadsheet adds or drops."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in sorted(cast("dict[str, object]", value).items())}
    return value
