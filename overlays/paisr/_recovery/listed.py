"""What the service listed, a quick way to what is near a create in it, and what that says of the create."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from attrs import field, frozen

from paisr._recovery.attempts import OutcomeUnknownError
from paisr._recovery.matching import (
    CLOCK_TOLERANCE,
    MIN_CUT_SUMMARY,
    Fit,
    earliest,
    fit,
    fit_of_request,
    fit_of_time,
    worse,
)
from paisr._recovery.texts import customer_of, spellings_found, spellings_sent
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt, Known
    from paisr_generated import CreateInvoiceRequest, Invoice

    # Invoices, how well each fits a request whenever that was sent, and when something first happened to it.
    Candidates = list[tuple[Invoice, Fit, datetime | None]]

# Requests whose comparison with a list is kept.
MAX_REMEMBERED = 64


def _index() -> defaultdict[tuple[str, str | None], set[int]]:
    return defaultdict(set)


def _nothing() -> dict[bytes, Candidates]:
    return {}


@frozen(kw_only=True)
class Listed:
    """What the service listed: every invoice once. `tolerance`: by how much its clock may be behind `started_at`."""

    invoices: Sequence[Invoice] = field(repr=False)
    truncated: bool
    tolerance: timedelta = CLOCK_TOLERANCE
    # The places of invoices by customer ("" where its id or address is missing) and each spelling of the summary; ""
    # is the spelling of one that has none, and None is all of the customer's.
    _places: defaultdict[tuple[str, str | None], set[int]] = field(factory=_index, init=False, repr=False, eq=False)
    _lengths: set[int] = field(factory=set[int], init=False, repr=False, eq=False)
    _remembered: dict[bytes, Candidates] = field(factory=_nothing, init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        for place, invoice in enumerate(self.invoices):
            customer, spellings = invoice.customer, spellings_found(invoice.summary or "")
            self._lengths.update(map(len, spellings))
            for name in {(one or "").strip() for one in (customer.id, customer.email)} if customer else {""}:
                for spelling in {*(spellings or {""}), None}:
                    self._places[customer_of(name), spelling].add(place)

    def near(self, attempt: Attempt) -> list[tuple[Invoice, Fit]]:
        """What could be the attempt's, in the order of the list, and how well it fits."""
        near: list[tuple[Invoice, Fit]] = []
        for one, fits, first in self._of_request(attempt.request):
            whole = worse(fits, fit_of_time(attempt.started_at, first, self.tolerance))
            if whole != "no":
                near.append((one, whole))
        return near

    def choose(self, attempt: Attempt, near: Sequence[tuple[Invoice, Fit]], known: Known) -> Invoice | None:
        """The invoice that the attempt made, or None; an `OutcomeUnknownError` when that is not certain.

        None says that the list is whole and has nothing near the attempt that belongs to no other create.
        """
        own = [one for one, _ in near if known.owners.get(one.id) == attempt.id]
        if own:
            return own[0]
        free = [one for one, _ in near if one.id not in known.owners]
        exact = [one for one, fits in near if fits == "yes" and one.id not in known.owners]
        if problem := self._problem(attempt, free, exact, known):
            raise OutcomeUnknownError(problem, attempt=attempt, candidates=exact or free)
        return exact[0] if exact else None

    def _of_request(self, request: CreateInvoiceRequest) -> Candidates:
        """The same for every create that sent this: somebody may have sent it a thousand times."""
        key = encode(request)
        if key not in self._remembered:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            fits: Candidates = [(one, fit_of_request(request, one), earliest(one)) for one in self._alike(request)]
            self._remembered[key] = [one for one in fits if one[1] != "no"]
        return self._remembered[key]

    def _alike(self, request: CreateInvoiceRequest) -> list[Invoice]:
        """What has this summary and customer, or can have."""
        whole = spellings_sent(request.summary)
        cut = {one[:length] for one in whole for length in self._lengths if MIN_CUT_SUMMARY <= length < len(one)}
        spellings: set[str | None] = {"", *whole, *cut} if whole else {None}
        customers = {customer_of(request.customer), ""}
        places = {place for one in product(customers, spellings) for place in self._places.get(one, ())}
        return [self.invoices[place] for place in sorted(places)]

    def _problem(self, attempt: Attempt, free: Sequence[Invoice], exact: Sequence[Invoice], known: Known) -> str | None:
        """Why nothing is certain, or None."""
        if len(exact) > 1:
            return f"{len(exact)} invoices could be the one that was created; see this error's candidates, and choose."
        if self.truncated:
            return self._truncation_problem(attempt, is_found=bool(exact))
        if exact:
            return self._competing_problem(attempt, exact[0], known)
        if free:
            return (
                f"{', '.join(one.id for one in free[:3])} could be the one that was created, but differs from what was "
                "sent in a way that the service, or a clock, can have caused; see this error's candidates, and choose."
            )
        return None

    def _truncation_problem(self, attempt: Attempt, *, is_found: bool) -> str:
        seen = "there may be a second that fits" if is_found else "it may be among those that were cut off"
        narrower = (
            " (only those of a customer's id can be asked for: it is the customer.id, cus_…, of any of its invoices)"
        )
        return (
            f"The outcome is unknown: the service listed {len(self.invoices)} invoices, the most it lists, and {seen}"
            f"{'' if attempt.request.customer.startswith('cus_') else narrower}; look for it in the dashboard, and "
            "note it with Journal.settle(attempt, invoice_id)."
        )

    def _competing_problem(self, attempt: Attempt, found: Invoice, known: Known) -> str | None:
        competing = [
            one
            for one in known.competing(found)
            if one.attempt.id != attempt.id and fit(one.attempt, found, self.tolerance) == "yes"
        ]
        if any(one.in_flight for one in competing):
            return f"Invoice {found.id} could be that of another create, which is still in flight; reconcile after it."
        if any(one.attempt.request != attempt.request for one in competing):
            return (
                f"Invoice {found.id} could also be that of another create whose outcome is not known; read it, and "
                "choose."
            )
        return None
