"""The columns of tables and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from paisr_cli._output import Column

if TYPE_CHECKING:
    from paisr import CreatedInvoice, Invoice


def at(path: str) -> Callable[[Any], Any]:
    """The value at a dotted path of attributes; None where one on the way is None."""
    first, _, rest = path.partition(".")
    get = attrgetter(first)
    if not rest:
        return get
    below = at(rest)
    return lambda row: None if (value := get(row)) is None else below(value)


CREATED: Sequence[Column[CreatedInvoice]] = (
    Column("id", at("id")),
    Column("status", at("status")),
    Column("session.url", at("session.url")),
)
INVOICES: Sequence[Column[Invoice]] = (
    Column("id", at("id")),
    Column("sid", at("sid"), only_csv=True),
    Column("status", at("status")),
    Column("currency", at("currency")),
    Column("amount.sub_total", at("amount.sub_total"), only_csv=True),
    Column("amount.discount_total", at("amount.discount_total"), only_csv=True),
    Column("amount.net_total", at("amount.net_total")),
    Column("due_at", at("due_at")),
    Column("paid_at", at("paid_at"), only_csv=True),
    Column("void_at", at("void_at"), only_csv=True),
    Column("created_at", at("created_at"), only_csv=True),
    Column("customer.id", at("customer.id"), only_csv=True),
    Column("customer.name", at("customer.name"), only_csv=True),
    Column("customer.email", at("customer.email")),
    Column("subscription_id", at("subscription_id"), only_csv=True),
    Column("summary", at("summary")),
    Column("session.url", at("session.url"), only_csv=True),
)
