"""How resources call a client, and the calls on invoices that are not operations of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from msgspec import Struct

from paisr._recovery.recovery import SETTLE_AFTER
from paisr._session import FINAL_STATUSES, WAIT_INTERVAL, WAIT_TIMEOUT
from paisr_generated.resources import resource_of

if TYPE_CHECKING:
    from paisr._bulk.items import RowResult
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.reconcile import Reconciled
    from paisr._session import Session
    from paisr_generated.models.invoice import Invoice
    from paisr_generated.operations import Operation
    from paisr_generated.resources.invoices import AsyncInvoices as ContractAsyncInvoices
    from paisr_generated.resources.invoices import Invoices as ContractInvoices
else:
    # Found by an operation, because the contract may rename the tag.
    ContractInvoices, ContractAsyncInvoices = resource_of("create_invoice")

T = TypeVar("T")


class Run(Protocol):
    """Carries out the steps of a call in the calling thread."""

    def __call__(self, steps: Steps[T], /) -> T: ...


class AsyncRun(Protocol):
    """Carries out the steps of a call on an event loop."""

    async def __call__(self, steps: Steps[T], /) -> T: ...


R = TypeVar("R", Run, AsyncRun)


class ClientCaller(Struct, Generic[R], frozen=True):
    """Makes the calls of generated resources; with an `AsyncRun`, they are awaited."""

    session: Session
    run: R

    @property
    def base_url(self) -> str:
        return self.session.policy.service

    def call(self, operation: Operation[Any], arguments: dict[str, object], timeout: float | None) -> Any:
        return self.run(self.session.call(operation, arguments, timeout))


class Invoices(ContractInvoices):
    """Create, list and read invoices. `with_response` has the same calls, which return the whole response."""

    _caller: ClientCaller[Run]

    def wait(
        self,
        invoice_id: str,
        *,
        until: str | Iterable[str] = FINAL_STATUSES,
        timeout: float = WAIT_TIMEOUT,
        interval: float = WAIT_INTERVAL,
    ) -> Invoice:
        """Read the invoice every `interval` seconds until its status is one of `until`, and return it.

        Raises `APITimeoutError` if it has another status after `timeout` seconds. Every read counts towards the rate
        limit; with webhooks there is no need to wait like this.
        """
        steps = self._caller.session.wait(invoice_id, until=until, timeout=timeout, interval=interval)
        return self._caller.run(steps)

    def reconcile(self, attempt: Attempt, *, timeout: float | None = None) -> Invoice | None:
        """Find the invoice of a create whose outcome is unknown; returns it, or None when there is none now.

        Give it the `attempt` of an `OutcomeUnknownError`, or one of a `Journal`. The call reads the invoices (of the
        customer, if the create named an id; of the currency, if it named one) and compares customer, summary, currency,
        time and the total of the items. An invoice that belongs to another create of this client, or of its journal,
        does not fit. `timeout`: seconds for the whole call.

        None means "not there now": a slow service may still be processing the request, so wait about a minute, and
        reconcile again before you send the create again. Raises `OutcomeUnknownError` if the result is not certain:
        more than one invoice fits, one nearly fits (its summary was cut or escaped, its total differs, or the service
        dates it between 5 minutes and about a day before the attempt, as when this machine's clock is ahead), the list
        was cut off, or the invoice also fits another open create. Its `candidates` are the invoices that were found. If
        the service leaves out `created_at`, an older invoice that is otherwise equal fits.
        """
        return self._caller.run(self._caller.session.reconcile(attempt, timeout=timeout))

    def unresolved(self, *, timeout: float | None = None) -> list[Attempt]:
        """The attempts whose outcome is unknown, oldest first: those of the journal, else those of this client.

        They include creates that were interrupted or cancelled, and creates in flight. Give each to `reconcile`.
        """
        return self._caller.run(self._caller.session.unresolved(timeout=timeout))

    def reconcile_journal(self, *, settle_after: float = SETTLE_AFTER, timeout: float | None = None) -> Reconciled:
        """Reconcile every open attempt of this client's journal, and record the results there.

        Returns pairs: the attempt, and its invoice, None, or the error that says why neither is known; an attempt with
        an error stays open. `timeout`: seconds for the whole call; an attempt that was not reached by then has an
        `APITimeoutError`, and stays open. None means the same as for `reconcile`. It is recorded as absent if the
        attempt ended more than `settle_after` seconds ago; such an attempt can still be reconciled again.
        """
        return self._caller.run(self._caller.session.reconcile_journal(settle_after=settle_after, timeout=timeout))

    def create_many(
        self,
        rows: Iterable[Mapping[str, object]],
        *,
        dry_run: bool = False,
        timeout: float | None = None,
        on_undecided: Callable[[int, float], object] | None = None,
    ) -> Iterator[RowResult]:
        """Create one invoice for each row, even if this is called again, or by another process; needs a journal.

        A row is a mapping of the arguments of `create`. Its key is its ``key``, else its content: a row that is equal
        to one of an earlier call stands for the same invoice, so a monthly bill has to name the month. A second row
        with the same key or content is refused, and so is an amount with more decimals than the currency has.
        `timeout`: seconds for each create; the wait for the rate limit comes on top.

        Rows are read when they are needed, and each `RowResult` comes as soon as it is known. An undecided row (a lost
        response, a lost connection, a create that an earlier call left open or another one is working on) is tried
        again after the others; `on_undecided` is called with its index and the seconds until then. A refused row is a
        result with an `error`, and so is a row that stays undecided: call again with the same rows to continue. An
        error that concerns every row (the journal, the token) is raised. `dry_run`: check every row, and send nothing.

        `AsyncPaisr` takes async iterables as well. It has `concurrency` rows in flight, so results come in any order.
        A consumer that stops early closes the iterator (``contextlib.aclosing``): no further row is started, and rows
        in flight finish.
        """
        from paisr._bulk.rows import Bulk  # here, because few programs need it

        bulk = Bulk(self._caller.session, timeout, dry_run=dry_run, on_undecided=on_undecided)
        for item in bulk.items(rows):
            if (result := self._caller.run(bulk.create(item))) is not None:
                yield result


class AsyncInvoices(ContractAsyncInvoices):
    """`Invoices`, with calls that are awaited."""

    _caller: ClientCaller[AsyncRun]

    async def wait(
        self,
        invoice_id: str,
        *,
        until: str | Iterable[str] = FINAL_STATUSES,
        timeout: float = WAIT_TIMEOUT,
        interval: float = WAIT_INTERVAL,
    ) -> Invoice:
        steps = self._caller.session.wait(invoice_id, until=until, timeout=timeout, interval=interval)
        return await self._caller.run(steps)

    async def reconcile(self, attempt: Attempt, *, timeout: float | None = None) -> Invoice | None:
        return await self._caller.run(self._caller.session.reconcile(attempt, timeout=timeout))

    async def unresolved(self, *, timeout: float | None = None) -> list[Attempt]:
        return await self._caller.run(self._caller.session.unresolved(timeout=timeout))

    async def reconcile_journal(
        self, *, settle_after: float = SETTLE_AFTER, timeout: float | None = None
    ) -> Reconciled:
        return await self._caller.run(
            self._caller.session.reconcile_journal(settle_after=settle_after, timeout=timeout)
        )

    def create_many(
        self,
        rows: Iterable[Mapping[str, object]] | AsyncIterable[Mapping[str, object]],
        *,
        dry_run: bool = False,
        timeout: float | None = None,
        on_undecided: Callable[[int, float], object] | None = None,
        concurrency: int = 8,
    ) -> AsyncIterator[RowResult]:
        from paisr._bulk.in_parallel import RowsInFlight
        from paisr._bulk.rows import Bulk

        bulk = Bulk(self._caller.session, timeout, dry_run=dry_run, on_undecided=on_undecided)
        return RowsInFlight(bulk, rows, self._caller.run, concurrency).results()


for _name in ("wait", "reconcile", "unresolved", "reconcile_journal", "create_many"):
    getattr(AsyncInvoices, _name).__doc__ = getattr(Invoices, _name).__doc__

EXTENDED: dict[type[Any], type[Any]] = {ContractInvoices: Invoices, ContractAsyncInvoices: AsyncInvoices}
"""The class that replaces a generated one."""
