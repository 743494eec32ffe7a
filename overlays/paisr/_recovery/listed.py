"""Lists of invoices from the service: read, narrowed where they are cut off, and searched for a create's invoice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from paisr._recovery.attempts import OutcomeUnknownError
from paisr._recovery.matching import (
    MIN_CUT_SUMMARY,
    address,
    customer_of,
    earliest,
    fit,
    fit_of_request,
    fit_of_time,
    spellings_found,
    spellings_sent,
    worst,
)
from paisr_generated.api import operation_named
from paisr_generated.list_limit import max_listed
from paisr_generated.models.currency import Currency
from paisr_generated.models.invoice_status import InvoiceStatus
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from datetime import datetime

    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.matching import Fit
    from paisr._recovery.statements import Rows
    from paisr_generated import CreateInvoiceRequest, Invoice
    from paisr_generated.responses import ApiResponse

    # Invoices that may be an attempt's, in the order of the list, and how well each fits.
    Near = list[tuple[Invoice, Fit]]

MAX_ADDRESSES = 10_000
TIMES = ("created_at", "paid_at", "void_at")


class Listed:
    """The listed invoices, each once."""

    def __init__(self, invoices: Iterable[Invoice], *, truncated: bool) -> None:
        self.invoices = list({invoice.id: invoice for invoice in invoices}.values())
        self.truncated = truncated
        # The positions of invoices by customer ("" if its id or address is missing) and by each spelling of the
        # summary: "" for an invoice without one, None for all invoices of the customer.
        self._index: defaultdict[tuple[str, str | None], set[int]] = defaultdict(set)
        self._lengths: set[int] = set()
        for position, invoice in enumerate(self.invoices):
            customer, spellings = invoice.customer, spellings_found(invoice.summary or "")
            self._lengths.update(map(len, spellings))
            for name in {(one or "").strip() for one in (customer.id, customer.email)} if customer else {""}:
                for spelling in {*(spellings or {""}), None}:
                    self._index[customer_of(name), spelling].add(position)

    def near(self, attempts: Iterable[Attempt]) -> dict[str, Near]:
        """Compare each attempt with the invoices that are like it. Return those that may be its own, by attempt id.

        Equal requests are compared once: a thousand creates may have the same.
        """
        compared: dict[bytes, list[tuple[Invoice, Fit, datetime | None]]] = {}
        near: dict[str, Near] = {}
        for attempt in attempts:
            request, key = attempt.request, encode(attempt.request)
            if key not in compared:
                compared[key] = [(one, fit_of_request(request, one), earliest(one)) for one in self._alike(request)]
            near[attempt.id] = [
                (one, how)
                for one, fits, first in compared[key]
                if (how := worst(fits, fit_of_time(attempt.started_at, first))) != "no"
            ]
        return near

    def choose(self, attempt: Attempt, near: Near, rows: Rows) -> Invoice | None:
        """Return the attempt's invoice, or None. Raises `OutcomeUnknownError` if neither is certain.

        None means: the list is complete, and every invoice near the attempt belongs to another create.
        """
        owners = rows.owners(attempt.service or "", [one.id for one, _ in near])
        own = [one for one, _ in near if owners.get(one.id) == attempt.id]
        if own:
            return own[0]
        free = [one for one, _ in near if one.id not in owners]
        exact = [one for one, fits in near if fits == "yes" and one.id not in owners]
        if problem := self._problem(attempt, free, exact, rows):
            raise OutcomeUnknownError(problem, attempt=attempt, candidates=exact or free)
        return exact[0] if exact else None

    def _alike(self, request: CreateInvoiceRequest) -> list[Invoice]:
        """Return the invoices that have, or may have, this summary and customer."""
        whole = spellings_sent(request.summary)
        cut = {one[:length] for one in whole for length in self._lengths if MIN_CUT_SUMMARY <= length < len(one)}
        spellings: set[str | None] = {"", *whole, *cut} if whole else {None}
        customers = {customer_of(request.customer), ""}
        positions = {one for pair in product(customers, spellings) for one in self._index.get(pair, ())}
        return [self.invoices[position] for position in sorted(positions)]

    def _problem(self, attempt: Attempt, free: list[Invoice], exact: list[Invoice], rows: Rows) -> str | None:
        """Return why the outcome is not certain; None if it is."""
        if len(exact) > 1:
            return f"{len(exact)} invoices could be the one that was created; see this error's candidates, and choose."
        if self.truncated:
            return self._truncation_problem(attempt, is_found=bool(exact))
        if exact:
            return self._competing_problem(attempt, exact[0], rows)
        if free:
            return (
                f"{', '.join(one.id for one in free[:3])} could be the one that was created, but differs from the "
                "request in a way that the service or a clock may have caused; see this error's candidates, and choose."
            )
        return None

    def _truncation_problem(self, attempt: Attempt, *, is_found: bool) -> str:
        doubt = "a second one may fit" if is_found else "the invoice may be among those that were cut off"
        narrower = " (a shorter list needs the customer's id: it is the customer.id, cus_…, of any of its invoices)"
        return (
            f"The outcome is unknown: the service listed {len(self.invoices)} invoices, the most it lists, and {doubt}"
            f"{'' if attempt.request.customer.startswith('cus_') else narrower}; look for it in the dashboard, and "
            "record it with Journal.settle(attempt, invoice_id)."
        )

    def _competing_problem(self, attempt: Attempt, found: Invoice, rows: Rows) -> str | None:
        competing = [
            one
            for one in rows.competing(attempt.service or "", found)
            if one.attempt.id != attempt.id and fit(one.attempt, found) == "yes"
        ]
        if any(one.in_flight for one in competing):
            return f"Invoice {found.id} could belong to another create, which is still in flight; reconcile after it."
        if any(one.attempt.request != attempt.request for one in competing):
            return (
                f"Invoice {found.id} could also belong to another create whose outcome is unknown; read it, and choose."
            )
        return None


@frozen(kw_only=True)
class Filters:
    """The filters of a list."""

    resource_id: str | None = None
    currency: str | None = None
    status: str | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> Filters:
        request = attempt.request
        is_id = request.customer.startswith("cus_") and "@" not in request.customer
        return cls(
            resource_id=request.customer if is_id else None,
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
    ids: dict[str, frozenset[str]] = field(repr=False)

    def read(self, filters: Filters, deadline: Deadline) -> Steps[Listed]:
        operation = operation_named("list_invoices")
        arguments = {**asdict(filters), "limit": max_listed(operation)}
        # An invoice without its time of creation would fit every create.
        response = yield from self.call(operation, arguments, deadline, keep=TIMES)
        self._learn(response.data)
        return Listed(response.data, truncated=response.data.may_be_truncated)

    def invoice(self, invoice_id: str, deadline: Deadline) -> Steps[Invoice]:
        response = yield from self.call(operation_named("get_invoice"), {"invoice_id": invoice_id}, deadline)
        invoice: Invoice = response.data
        return invoice

    def for_one(self, attempt: Attempt, filters: Filters) -> Filters:
        """Return the narrowest filters for this attempt, after a list with `filters` was cut off."""
        own = Filters.of(attempt)
        ids = self.ids.get(address(attempt.request.customer), frozenset())
        by_id = evolve(own, resource_id=next(iter(ids))) if len(ids) == 1 else own
        return by_id if filters in {own, by_id} else own

    def read_in_parts(self, listed: Listed, filters: Filters, deadline: Deadline) -> Steps[Listed]:
        """Complete a list that was cut off with its parts: by status, and by currency if that is not enough."""
        parts: list[Listed] = []
        for narrower in filters.parts():
            part = yield from self.read(narrower, deadline)
            if part.truncated:
                part = yield from self.read_in_parts(part, narrower, deadline)
            parts.append(part)
        invoices = [one for part in (listed, *parts) for one in part.invoices]
        # A status or currency that the contract does not know is in none of the parts.
        has_unknown = any(
            one.status not in set(InvoiceStatus) or one.currency not in {*Currency, None} for one in invoices
        )
        truncated = not parts or has_unknown or any(part.truncated for part in parts)
        return Listed(invoices, truncated=truncated)

    def _learn(self, invoices: Iterable[Invoice]) -> None:
        if len(self.ids) > MAX_ADDRESSES:
            self.ids.clear()
        for invoice in invoices:
            customer = invoice.customer
            if customer is not None and customer.email and customer.id:
                email = address(customer.email)
                self.ids[email] = self.ids.get(email, frozenset()) | {customer.id}
