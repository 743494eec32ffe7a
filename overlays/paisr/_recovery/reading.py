"""The lists that reconciling reads, and how they are made narrower where the service cuts them off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from attrs import asdict, evolve, field, frozen

from paisr._recovery.listed import Listed
from paisr._recovery.matching import CLOCK_TOLERANCE
from paisr._recovery.texts import address
from paisr_generated.api import operation_named
from paisr_generated.list_limit import max_listed
from paisr_generated.models.currency import Currency
from paisr_generated.models.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt
    from paisr_generated import Invoice, InvoiceList
    from paisr_generated.responses import ApiResponse

# A clock that is further off than this is no clock.
MAX_SKEW = timedelta(days=1)
MAX_ADDRESSES = 10_000


class Reader(Protocol):
    """Reads invoices, within a deadline that is already running."""

    def get(self, invoice_id: str, deadline: Deadline) -> Steps[ApiResponse[Invoice]]: ...

    def list(self, arguments: Mapping[str, object], deadline: Deadline) -> Steps[ApiResponse[InvoiceList]]: ...


@frozen(kw_only=True)
class Filters:
    """What a list is asked for."""

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
        """The parts of the list, in the order of an invoice's life: one that moves on meanwhile is in a later part."""
        if self.status is None:
            return (evolve(self, status=str(one)) for one in InvoiceStatus)
        if self.currency is None:
            return (evolve(self, currency=str(one)) for one in Currency)
        return iter(())


@frozen(kw_only=True)
class Lists:
    """Reads lists of invoices, as many as the API lists at once.

    `ids`: of customers, by their e-mail addresses, as lists have shown them; it is added to.
    """

    reader: Reader
    now: Callable[[], datetime] = field(repr=False)
    ids: dict[str, frozenset[str]] = field(repr=False)

    def read(self, filters: Filters, deadline: Deadline) -> Steps[Listed]:
        arguments: dict[str, Any] = {**asdict(filters), "limit": max_listed(operation_named("list_invoices"))}
        response = yield from self.reader.list(arguments, deadline)
        self._learn(response.data)
        return Listed(
            invoices=list({invoice.id: invoice for invoice in response.data}.values()),
            truncated=response.data.may_be_truncated,
            tolerance=CLOCK_TOLERANCE + _ahead(response, self.now()),
        )

    def for_one(self, attempt: Attempt, filters: Filters) -> Filters:
        """What a list that was cut off can be made narrower by for this attempt."""
        own = Filters.of(attempt)
        ids = self.ids.get(address(attempt.request.customer), frozenset())
        return evolve(own, resource_id=next(iter(ids))) if own == filters and len(ids) == 1 else own

    def in_parts(self, listed: Listed, filters: Filters, deadline: Deadline) -> Steps[Listed]:
        """A list that was cut off, and its parts: by status, and by currency where that is not enough."""
        invoices = {one.id: one for one in listed.invoices}
        truncated, parts = False, False
        for narrower in filters.parts():
            part = yield from self.read(narrower, deadline)
            if part.truncated:
                part = yield from self.in_parts(part, narrower, deadline)
            invoices |= {one.id: one for one in part.invoices}
            truncated, parts = truncated or part.truncated, True
        # A status or currency that the contract does not know is in none of the parts.
        strange = any(
            one.status not in set(InvoiceStatus) or one.currency not in {*Currency, None} for one in invoices.values()
        )
        whole = parts and not truncated and not strange
        return evolve(listed, invoices=list(invoices.values()), truncated=not whole)

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
    """By how much this machine's clock is ahead of the service's, by the response's Date; zero without one."""
    from email.utils import parsedate_to_datetime  # here, because it loads much, and few calls reconcile

    try:
        ahead = now - parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError, OverflowError, IndexError):
        return timedelta(0)
    return ahead if timedelta(0) < ahead <= MAX_SKEW else timedelta(0)
