"""What a client can be asked for, as calls that a driver carries out. Arguments are checked before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen

from paisr._arguments import MOST_LISTED, checked_invoice_id, create_request, list_filters, wanted_statuses
from paisr._attempts import Attempt
from paisr._deadlines import Deadline
from paisr._engine import Completed, Operation, exchange
from paisr._envelope import decode
from paisr._errors import (
    APITimeoutError,
    ConfigurationError,
    OutcomeUnknownError,
    PaisrError,
)
from paisr._exchange import Answered, Do, Pause
from paisr._reconcile import Reconciler, checked_attempt
from paisr._results import InvoiceList
from paisr._texts import seconds
from paisr_generated.api.invoices import create_invoice, get_invoice, list_invoices
from paisr_generated.models import CreateInvoiceAnswer, GetInvoiceAnswer, ListInvoicesAnswer

if TYPE_CHECKING:
    from paisr._arguments import Items
    from paisr._books import Books
    from paisr._due import Due
    from paisr._engine import Policy
    from paisr._exchange import Steps
    from paisr._journal import Journal
    from paisr._reconcile import Reconciled
    from paisr._runtime import Runtime
    from paisr_generated.models import CreatedInvoice, Invoice
    from paisr_generated.types import Request

T = TypeVar("T")

# Seconds. A checkout session lasts 30 minutes (vendor's documentation), so that waiting longer needs a reason.
WAIT_TIMEOUT = 1800.0
WAIT_INTERVAL = 5.0
LAST_LOOK = 1.0
FINAL_STATUSES = ("paid", "void")


@frozen(kw_only=True)
class Session:
    """The calls of one client."""

    policy: Policy
    timeout: float
    runtime: Runtime = field(repr=False)
    service: str
    books: Books = field(repr=False)

    def create(
        self, *, customer: str, summary: str, due: Due, currency: str | None, items: Items, timeout: float | None
    ) -> Steps[Completed[CreatedInvoice]]:
        deadline = self._deadline(timeout)
        body = create_request(
            customer=customer, summary=summary, due=due, currency=currency, items=items, today=self.runtime.today
        )
        operation = self._operation(
            create_invoice.request(body=body), CreateInvoiceAnswer, lambda answer: answer.data, read=False
        )
        return self._create(operation, Attempt.of(body, self.runtime.now(), self.service), deadline)

    def reconcile(self, attempt: Attempt, *, timeout: float | None) -> Steps[Invoice | None]:
        deadline = self._deadline(timeout)
        return self._reconciler.one(checked_attempt(attempt, self.service), deadline)

    def reconcile_journal(self, *, timeout: float | None) -> Steps[Reconciled]:
        deadline = self._deadline(timeout)
        if self.books.journal is None:
            raise ConfigurationError("This client has no journal to reconcile; make it with journal=PATH.")
        return self._reconcile_journal(self.books.journal, deadline)

    def list(
        self,
        *,
        resource_id: str | None,
        currency: str | None,
        status: str | None,
        limit: int | None,
        timeout: float | None,
    ) -> Steps[Completed[InvoiceList]]:
        deadline = self._deadline(timeout)
        filters = list_filters(resource_id=resource_id, currency=currency, status=status, limit=limit)
        return self.read_list(filters, deadline)

    def read_list(self, filters: dict[str, Any], deadline: Deadline) -> Steps[Completed[InvoiceList]]:
        """One list, within a deadline that is already running."""
        operation = self._operation(
            list_invoices.request(**filters),
            ListInvoicesAnswer,
            lambda answer: InvoiceList(answer.data.invoices, filters["limit"] or MOST_LISTED),
            read=True,
        )
        return exchange(operation, self.policy, deadline)

    def get(self, invoice_id: str, *, timeout: float | None) -> Steps[Completed[Invoice]]:
        return self.read(checked_invoice_id(invoice_id), self._deadline(timeout))

    def read(self, invoice_id: str, deadline: Deadline) -> Steps[Completed[Invoice]]:
        """One invoice, within a deadline that is already running."""
        request = get_invoice.request(invoice_id=invoice_id)
        operation = self._operation(request, GetInvoiceAnswer, lambda answer: answer.data, read=True)
        return exchange(operation, self.policy, deadline)

    def wait(
        self, invoice_id: str, *, until: str | Iterable[str], timeout: float, interval: float
    ) -> Steps[Completed[Invoice]]:
        checked_invoice_id(invoice_id)
        wanted = wanted_statuses(until)
        return self._wait(invoice_id, wanted, self._deadline(timeout), seconds(interval, "interval"))

    def _wait(
        self, invoice_id: str, until: tuple[str, ...], deadline: Deadline, interval: float
    ) -> Steps[Completed[Invoice]]:
        while True:
            left = max(deadline.remaining(), math.ulp(1.0))
            completed = yield from self.get(invoice_id, timeout=min(self.timeout, left))
            if completed.data.status in until:
                return completed
            # The last look is shortly before the end, however long the interval is.
            left = deadline.remaining() - min(interval, LAST_LOOK)
            if left <= 0.001:
                raise APITimeoutError(
                    f"Invoice {invoice_id} is still {completed.data.status} after {deadline.timeout:g} s, "
                    f"and not {' or '.join(until)}; wait again, or give a longer timeout.",
                    outcome="unknown",
                )
            yield Pause(min(interval, left))

    def _create(
        self, operation: Operation[CreatedInvoice], attempt: Attempt, deadline: Deadline
    ) -> Steps[Completed[CreatedInvoice]]:
        """Send a create that is in the books; when nobody can say whether it happened, say that, with the means."""
        yield from self.books.begin(attempt, deadline)
        try:
            completed = yield from exchange(operation, self.policy, deadline)
        except PaisrError as error:
            yield from self.books.end(attempt, error.outcome, None, deadline)
            if error.outcome != "unknown":
                raise
            cause = error
        except BaseException:
            self.books.interrupted(attempt)
            raise
        else:
            yield from self.books.end(attempt, "created", completed.data.id, deadline)
            return completed
        raise OutcomeUnknownError(
            f"Whether the invoice was created is not known: {cause} Do not send it again: "
            "give this error's attempt to invoices.reconcile().",
            attempt=attempt,
        ) from cause

    @property
    def _reconciler(self) -> Reconciler:
        return Reconciler(session=self, books=self.books, service=self.service, now=self.runtime.now)

    def _reconcile_journal(self, journal: Journal, deadline: Deadline) -> Steps[Reconciled]:
        attempts = yield Do(journal.unresolved)
        return (yield from self._reconciler.all(attempts, deadline))

    def _operation(self, request: Request, answer: type[T], data: Callable[[T], R], *, read: bool) -> Operation[R]:
        secret, drift = self.policy.secret, self.policy.drift

        def read_answer(answered: Answered) -> R:
            decoded = decode(answered, answer, request.operation, secret)
            if drift is not None:
                drift.look(request.operation, answered.content, answer)
            return data(decoded)

        return Operation(request=request, decode=read_answer, read=read)

    def _deadline(self, timeout: float | None) -> Deadline:
        limit = self.timeout if timeout is None else seconds(timeout, "timeout")
        return Deadline(limit, self.runtime.clock)


R = TypeVar("R")
