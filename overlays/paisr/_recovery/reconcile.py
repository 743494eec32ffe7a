"""Finding out whether a create happened: what is read, and what can be said for certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from attrs import evolve, field, frozen

from paisr._base.errors import InvalidArgumentError, PaisrError
from paisr._inputs.list_limit import max_listed
from paisr._recovery.attempts import CREATE, Attempt, OutcomeUnknownError
from paisr._recovery.matching import CLOCK_TOLERANCE, fit
from paisr._recovery.memory import NEVER_HAPPENED
from paisr_generated.api import operation_named

if TYPE_CHECKING:
    from paisr._engine.deadlines import Deadline
    from paisr._engine.steps import Steps
    from paisr._recovery.memory import Known
    from paisr._recovery.store import AttemptStore
    from paisr_generated import Invoice, InvoiceList
    from paisr_generated.operations import ApiResponse

    Reconciled = list[tuple[Attempt, Invoice | PaisrError | None]]

# A clock that is further off than this is no clock.
MAX_SKEW = timedelta(days=1)


@frozen(kw_only=True)
class Listed:
    """What the service listed: every invoice once. `tolerance`: by how much its clock may be behind `started_at`."""

    invoices: Sequence[Invoice]
    truncated: bool
    tolerance: timedelta = CLOCK_TOLERANCE


class Reader(Protocol):
    """Reads invoices, within a deadline that is already running."""

    def get(self, invoice_id: str, deadline: Deadline) -> Steps[ApiResponse[Invoice]]: ...

    def list(self, arguments: Mapping[str, object], deadline: Deadline) -> Steps[ApiResponse[InvoiceList]]: ...


@frozen(kw_only=True)
class Reconciler:
    """Reconciles the attempts of one client; all reading of one call is within its deadline."""

    reader: Reader
    store: AttemptStore
    service: str
    now: Callable[[], datetime] = field(repr=False)

    def one(self, attempt: Attempt, deadline: Deadline) -> Steps[Invoice | None]:
        known = yield from self.store.known(attempt, deadline)
        if known.in_flight:
            raise _in_flight(attempt)
        if known.state in NEVER_HAPPENED:
            return None
        if known.invoice_id is not None:
            return (yield from self.reader.get(known.invoice_id, deadline)).data
        listed = yield from self._read(_filters(attempt), deadline)
        return (yield from self._settled(attempt, listed, deadline))

    def all(self, attempts: Sequence[Attempt], deadline: Deadline) -> Steps[Reconciled]:
        """Each attempt with its invoice, None, or the error that says why neither; one list serves all that fit it."""
        found: dict[str, Invoice | PaisrError | None] = {}
        waiting: list[Attempt] = []
        for attempt in attempts:
            known = yield from self.store.known(attempt, deadline)
            if attempt.service not in {None, "", self.service}:
                found[attempt.id] = _elsewhere(attempt, self.service)
            elif known.in_flight:
                found[attempt.id] = _in_flight(attempt)
            else:
                waiting.append(attempt)
        # Every list is read after all these were seen to be over.
        for group in _groups(waiting):
            yield from self._group(group, deadline, found)
        return [(attempt, found[attempt.id]) for attempt in attempts]

    def _group(
        self, group: list[Attempt], deadline: Deadline, found: dict[str, Invoice | PaisrError | None]
    ) -> Steps[None]:
        try:
            listed = yield from self._read(_filters(group[0]), deadline)
        except PaisrError as error:
            found.update((attempt.id, error) for attempt in group)
            return
        for attempt in group:
            try:
                found[attempt.id] = yield from self._settled(attempt, listed, deadline)
            except PaisrError as error:
                found[attempt.id] = error

    def _settled(self, attempt: Attempt, listed: Listed, deadline: Deadline) -> Steps[Invoice | None]:
        customer = _customer_of(attempt, listed.invoices)
        if listed.truncated and customer is not None and not _is_customer_id(attempt.request.customer):
            listed = yield from self._read({**_filters(attempt), "resource_id": customer}, deadline)
        ids = [invoice.id for invoice in listed.invoices if fit(attempt, invoice, listed.tolerance) != "no"]
        return (yield from self.store.settle(attempt, ids, partial(choose, attempt, listed), deadline))

    def _read(self, filters: dict[str, Any], deadline: Deadline) -> Steps[Listed]:
        """As many invoices as the API lists."""
        limit = max_listed(operation_named("list_invoices"))
        response = yield from self.reader.list({**filters, "limit": limit}, deadline)
        ahead = _ahead(response, self.now())
        return Listed(
            invoices=list({invoice.id: invoice for invoice in response.data}.values()),
            truncated=response.data.may_be_truncated,
            tolerance=CLOCK_TOLERANCE + ahead,
        )


def checked_attempt(attempt: object, service: str) -> Attempt:
    """The attempt, of this service; an `InvalidArgumentError` for anything else."""
    if isinstance(attempt, OutcomeUnknownError):
        raise InvalidArgumentError("reconcile takes the attempt, not the error: give it error.attempt.")
    if not isinstance(attempt, Attempt):
        raise InvalidArgumentError(
            f"attempt is a {type(attempt).__name__}; give the attempt of an OutcomeUnknownError, or one of a journal."
        )
    if attempt.operation != CREATE:
        raise InvalidArgumentError(
            f"This attempt is of {attempt.operation}; only creates of invoices can be reconciled."
        )
    if attempt.service not in {None, "", service}:
        raise _elsewhere(attempt, service)
    return evolve(attempt, service=service)


def choose(attempt: Attempt, listed: Listed, known: Known) -> Invoice | None:
    """The invoice that the attempt made, or None; an `OutcomeUnknownError` when that is not certain."""
    own = [invoice for invoice in listed.invoices if known.owners.get(invoice.id) == attempt.id]
    if own:
        return own[0]
    if known.in_flight:
        raise _in_flight(attempt)
    free = [
        invoice
        for invoice in listed.invoices
        if invoice.id not in known.owners and fit(attempt, invoice, listed.tolerance) != "no"
    ]
    if problem := _problem(attempt, listed, free, known):
        raise OutcomeUnknownError(problem, attempt=attempt, candidates=free)
    return free[0] if free else None


def _problem(attempt: Attempt, listed: Listed, free: list[Invoice], known: Known) -> str | None:
    """Why nothing is certain, or None."""
    if len(free) > 1:
        return f"{len(free)} invoices could be the one that was created; see this error's candidates, and choose."
    if listed.truncated:
        seen = "there may be a second that fits" if free else "it may be among those that were cut off"
        return (
            f"The outcome is unknown: the service listed {len(listed.invoices)} invoices, the "
            f"most it lists, and {seen}. {_how_to_narrow(attempt)}"
        )
    if not free:
        return None
    found = free[0]
    if fit(attempt, found, listed.tolerance) == "maybe":
        return (
            f"Invoice {found.id} could be the one, but the list lacks its summary or its customer; read it, and choose."
        )
    competing = [
        competitor for competitor in known.competing if fit(competitor.attempt, found, listed.tolerance) != "no"
    ]
    if any(competitor.in_flight for competitor in competing):
        return f"Invoice {found.id} could be that of another create, which is still in flight; reconcile after it."
    if any(competitor.attempt.request != attempt.request for competitor in competing):
        return (
            f"Invoice {found.id} could also be that of another create whose outcome is not known; read it, and choose."
        )
    return None


def _how_to_narrow(attempt: Attempt) -> str:
    request = attempt.request
    if not _is_customer_id(request.customer):
        return "Only invoices of a customer's id can be asked for: find that (cus_…), and list its invoices."
    if request.currency is None:
        return "List the customer's invoices of each currency and status, and compare."
    return "List the customer's invoices of each status, and compare."


def _filters(attempt: Attempt) -> dict[str, Any]:
    customer, currency = attempt.request.customer, attempt.request.currency
    return {
        "resource_id": customer if _is_customer_id(customer) else None,
        "currency": None if currency is None else str(currency),
    }


def _is_customer_id(customer: str) -> bool:
    return customer.startswith("cus_") and "@" not in customer


def _groups(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """The attempts by the list that serves them."""
    groups: dict[tuple[Any, ...], list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(tuple(_filters(attempt).values()), []).append(attempt)
    return list(groups.values())


def _customer_of(attempt: Attempt, invoices: Sequence[Invoice]) -> str | None:
    """The id of the customer with the attempt's e-mail address, when the list has exactly one."""
    address = attempt.request.customer.strip().casefold()
    ids = {
        invoice.customer.id
        for invoice in invoices
        if invoice.customer and invoice.customer.email and invoice.customer.email.strip().casefold() == address
    }
    return ids.pop() if len(ids) == 1 else None


def _ahead(response: ApiResponse[Any], now: datetime) -> timedelta:
    """By how much this machine's clock is ahead of the service's, by the response's Date; zero when nobody can tell."""
    from email.utils import parsedate_to_datetime  # here, because it loads much, and few calls reconcile

    try:
        ahead = now - parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError, OverflowError, IndexError):
        return timedelta(0)
    return ahead if timedelta(0) < ahead <= MAX_SKEW else timedelta(0)


def _in_flight(attempt: Attempt) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "This create is still in flight, in this process or another; reconcile when it is over.", attempt=attempt
    )


def _elsewhere(attempt: Attempt, service: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"This attempt was made at {attempt.service}, and this client talks to {service}, where its invoice cannot be; "
        "use a client of that service (if only the address changed: attrs.evolve(attempt, service=None))."
    )
