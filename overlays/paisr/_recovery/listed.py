"""What the service listed, and a quick way to what is near a create in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from paisr._recovery.matching import CLOCK_TOLERANCE, MIN_CUT_SUMMARY, Fit, earliest, fit_of_request, fit_of_time, worse
from paisr._recovery.texts import customer_of, spellings_found, spellings_sent
from paisr_generated.operations import encode

if TYPE_CHECKING:
    from paisr._recovery.attempts import Attempt
    from paisr_generated import CreateInvoiceRequest, Invoice

    # Invoices, how well each fits a request whenever that was sent, and when something first happened to it.
    Candidates = list[tuple[Invoice, Fit, datetime | None]]

# Requests whose comparison with a list is kept.
MAX_REMEMBERED = 64


def _nothing() -> dict[bytes, Candidates]:
    return {}


class Summaries:
    """Invoices by the spellings of their summaries."""

    def __init__(self) -> None:
        self._all: list[int] = []
        self._blank: list[int] = []
        self._by_spelling: dict[str, list[int]] = {}
        self._lengths: set[int] = set()

    def add(self, place: int, summary: str) -> None:
        self._all.append(place)
        spellings = spellings_found(summary)
        for one in spellings:
            self._by_spelling.setdefault(one, []).append(place)
            self._lengths.add(len(one))
        if not spellings:
            self._blank.append(place)

    def near(self, summary: str) -> set[int]:
        """The places of what has this summary, or can have."""
        spellings = spellings_sent(summary)
        if not spellings:
            return set(self._all)
        places = set(self._blank)
        for one in spellings:
            places.update(self._by_spelling.get(one, ()))
            for length in self._lengths:
                if MIN_CUT_SUMMARY <= length < len(one):
                    places.update(self._by_spelling.get(one[:length], ()))
        return places


@frozen(kw_only=True, slots=False)
class Listed:
    """What the service listed: every invoice once. `tolerance`: by how much its clock may be behind `started_at`."""

    invoices: Sequence[Invoice] = field(repr=False)
    truncated: bool
    tolerance: timedelta = CLOCK_TOLERANCE
    _remembered: dict[bytes, Candidates] = field(factory=_nothing, init=False, repr=False, eq=False)

    @cached_property
    def _index(self) -> dict[str, Summaries]:
        """By customer: each invoice under its customer's id and address, or under "" where one of them is missing."""
        index: dict[str, Summaries] = {}
        for place, invoice in enumerate(self.invoices):
            customer = invoice.customer
            given = {(one or "").strip() for one in (customer.id, customer.email)} if customer else {""}
            for one in given:
                index.setdefault(customer_of(one), Summaries()).add(place, invoice.summary or "")
        return index

    def near(self, attempt: Attempt) -> list[tuple[Invoice, Fit]]:
        """What could be the attempt's, in the order of the list, and how well it fits."""
        near: list[tuple[Invoice, Fit]] = []
        for one, fit, first in self._of_request(attempt.request):
            whole = worse(fit, fit_of_time(attempt.started_at, first, self.tolerance))
            if whole != "no":
                near.append((one, whole))
        return near

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
        places: set[int] = set()
        for customer in {customer_of(request.customer), ""}:
            if customer in self._index:
                places |= self._index[customer].near(request.summary)
        return [self.invoices[place] for place in sorted(places)]
