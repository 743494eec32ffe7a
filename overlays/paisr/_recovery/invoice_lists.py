"""Reads lists of invoices for reconciliation, and narrows those that the service cuts off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from paisr._recovery.listed import Listed
from paisr._recovery.matching import CLOCK_TOLERANCE, address
from paisr_generated.api import operation_named
from paisr_generated.list_limit import max_listed
from paisr_generated.models.currency import Currency
from paisr_generated.models.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt
    from paisr_generated import Invoice
    from paisr_generated.responses import ApiResponse

# A larger difference of clocks is ignored.
MAX_SKEW = timedelta(days=1)
MAX_ADDRESSES = 10_000
TIMES = ("created_at", "paid_at", "void_at")


@frozen(kw_only=True)
class Filters:
    """The filters of a list."""

    resource_id: str | None = None
    currency: str | None = None
    status: str | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> Filters:
        request = attempt.request
        return cls(
            resource_id=request.customer if is_customer_id(request.customer) else None,
            currency=None if request.currency is None else str(request.currency),
        )

    def parts(self) -> Iterator[Filters]:
        """Split the list by status, or else by currency; the statuses are in the order of an invoice's life.

        So an invoice that changes its status between two readings is in a later part.
        """
        if self.status is None:
            return (evolve(self, status=str(one)) for one in InvoiceStatus)
        if self.currency is None:
            return (evolve(self, currency=str(one)) for one in Currency)
        return iter(())


@frozen(kw_only=True)
class Lists:
    """Reads lists of invoices, each with the API's highest limit, and single invoices.

    `call`: calls an operation of the contract with arguments, within a deadline. `ids`: the ids of customers by e-mail
    address. Every list that is read adds to them.
    """

    call: Callable[..., Steps[ApiResponse[Any]]]
    now: Callable[[], datetime] = field(repr=False)
    ids: dict[str, frozenset[str]] = field(repr=False)

    def read(self, filters: Filters, deadline: Deadline) -> Steps[Listed]:
        operation = operation_named("list_invoices")
        arguments = {**asdict(filters), "limit": max_listed(operation)}
        # An invoice without its time of creation would fit every create.
        response = yield from self.call(operation, arguments, deadline, keep=TIMES)
        self._learn(response.data)
        return Listed(
            response.data,
            truncated=response.data.may_be_truncated,
            tolerance=CLOCK_TOLERANCE + _ahead(response, self.now()),
        )

    def invoice(self, invoice_id: str, deadline: Deadline) -> Steps[Invoice]:
        response = yield from self.call(operation_named("get_invoice"), {"invoice_id": invoice_id}, deadline)
        invoice: Invoice = response.data
        return invoice

    def for_one(self, attempt: Attempt, filters: Filters) -> Filters:
        """Return the narrowest filters for this attempt, after a list with `filters` was cut off."""
        own = Filters.of(attempt)
        ids = self.ids.get(address(attempt.request.customer), frozenset())
        return evolve(own, resource_id=next(iter(ids))) if own == filters and len(ids) == 1 else own

    def read_in_parts(self, listed: Listed, filters: Filters, deadline: Deadline) -> Steps[Listed]:
        """Complete a list that was cut off with its parts: by status, and by currency if that is not enough."""
        invoices = [*listed.invoices]
        truncated, parts = False, False
        for narrower in filters.parts():
            part = yield from self.read(narrower, deadline)
            if part.truncated:
                part = yield from self.read_in_parts(part, narrower, deadline)
            invoices += part.invoices
            truncated, parts = truncated or part.truncated, True
        # A status or currency that the contract does not know is in none of the parts.
        has_unknown = any(
            one.status not in set(InvoiceStatus) or one.currency not in {*Currency, None} for one in invoices
        )
        is_complete = parts and not truncated and not has_unknown
        return Listed(invoices, truncated=not is_complete, tolerance=listed.tolerance)

    def _learn(self, invoices: Iterable[Invoice]) -> None:
        if len(self.ids) > MAX_ADDRESSES:
            self.ids.clear()
        for invoice in invoices:
            customer = invoice.customer
            if customer is not None and customer.email and customer.id:
                email = address(customer.email)
                self.ids[email] = self.ids.get(email, frozenset()) | {customer.id}


def is_customer_id(customer: str) -> bool:
    return customer.startswith("cus_") and "@" not in customer


def _ahead(response: ApiResponse[Any], now: datetime) -> timedelta:
    """Return how far this machine's clock is ahead of the service's, by the Date header; zero without one."""
    from email.utils import parsedate_to_datetime  # here, because it loads much, and few calls reconcile

    try:
        ahead = now - parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError, OverflowError, IndexError):
        return timedelta(0)
    return ahead if timedelta(0) < ahead <= MAX_SKEW else timedelta(0)
