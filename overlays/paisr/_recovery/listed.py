"""A list of invoices from the service, indexed to find the candidates for a create and to choose one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

from paisr._recovery.attempts import OutcomeUnknownError
from paisr._recovery.matching import (
    CLOCK_TOLERANCE,
    MIN_CUT_SUMMARY,
    Fit,
    customer_of,
    fit,
    spellings_found,
    spellings_sent,
)

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.statements import Rows
    from paisr_generated import CreateInvoiceRequest, Invoice


class Listed:
    """The listed invoices, each once. `tolerance`: how far the service's clock may be behind `started_at`."""

    def __init__(self, invoices: Iterable[Invoice], *, truncated: bool, tolerance: timedelta = CLOCK_TOLERANCE) -> None:
        self.invoices = list({invoice.id: invoice for invoice in invoices}.values())
        self.truncated, self.tolerance = truncated, tolerance
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

    def near(self, attempt: Attempt) -> list[tuple[Invoice, Fit]]:
        """Return the invoices that may be the attempt's, in the order of the list, and how well each fits."""
        alike = self._alike(attempt.request)
        return [(one, how) for one in alike if (how := fit(attempt, one, self.tolerance)) != "no"]

    def choose(self, attempt: Attempt, rows: Rows) -> Invoice | None:
        """Return the attempt's invoice, or None. Raises `OutcomeUnknownError` if neither is certain.

        None means: the list is complete, and every invoice near the attempt belongs to another create.
        """
        near = self.near(attempt)
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
            if one.attempt.id != attempt.id and fit(one.attempt, found, self.tolerance) == "yes"
        ]
        if any(one.in_flight for one in competing):
            return f"Invoice {found.id} could belong to another create, which is still in flight; reconcile after it."
        if any(one.attempt.request != attempt.request for one in competing):
            return (
                f"Invoice {found.id} could also belong to another create whose outcome is unknown; read it, and choose."
            )
        return None
