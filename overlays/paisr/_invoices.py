"""What users call on invoices beside the contract's operations: waiting, and finding out what became of a create."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from paisr._recovery.recovery import SETTLE_AFTER
from paisr._session import FINAL_STATUSES, WAIT_INTERVAL, WAIT_TIMEOUT
from paisr_generated.resources import resource_of

if TYPE_CHECKING:
    from paisr._bulk.items import RowResult
    from paisr._callers import AsyncClientCaller, ClientCaller
    from paisr._recovery.attempts import Attempt
    from paisr._recovery.reconcile import Reconciled
    from paisr_generated.models.invoice import Invoice
    from paisr_generated.resources.invoices import AsyncInvoices as ContractAsyncInvoices
    from paisr_generated.resources.invoices import Invoices as ContractInvoices
else:
    # By an operation, because the contract may give its tag another name.
    ContractInvoices, ContractAsyncInvoices = resource_of("create_invoice")


class Invoices(ContractInvoices):
    """Create, list and read invoices. `with_response` has the same calls with the whole response around the data."""

    def __init__(self, caller: ClientCaller) -> None:
        super().__init__(caller)
        self._client = caller

    def wait(
        self,
        invoice_id: str,
        *,
        until: str | Iterable[str] = FINAL_STATUSES,
        timeout: float = WAIT_TIMEOUT,
        interval: float = WAIT_INTERVAL,
    ) -> Invoice:
        """Read the invoice every `interval` seconds until its status is one of `until`; the invoice as it is then.

        Raises `APITimeoutError` when that has not come after `timeout` seconds. Every reading counts towards the rate
        limit: with webhooks there is no need to wait like this.
        """
        steps = self._client.session.wait(invoice_id, until=until, timeout=timeout, interval=interval)
        return self._client.run(steps)

    def reconcile(self, attempt: Attempt, *, timeout: float | None = None) -> Invoice | None:
        """What became of a create whose outcome is unknown: its invoice, or None when there is none now.

        Give it the `attempt` of an `OutcomeUnknownError`, or one of a `Journal`. It reads the invoices (of the
        customer, when the create named an id; of the currency, when it named one) and compares customer, summary,
        currency, time and the total of the items. An invoice that belongs to another create of this client, or of its
        journal, is not taken. `timeout`: seconds for all of it.

        None means "not there now": a service that is slow may still be at work on the request, so wait a little, a
        minute say, and reconcile again before the create is sent again. Raises `OutcomeUnknownError` when that is not
        certain: more than one invoice fits, one is near (its summary was cut or escaped, its total or its time
        differs), the list was cut off, or another create that fits is open. Its `candidates` are what was found. Where
        the service leaves out `created_at`, an older invoice that is equal in all else fits.
        """
        return self._client.run(self._client.session.reconcile(attempt, timeout=timeout))

    def unresolved(self, *, timeout: float | None = None) -> list[Attempt]:
        """The creates of which it is not known whether they happened, oldest first: of the journal, else this client's.

        Among them are those that were interrupted or cancelled, and those that are in flight. Each is for
        `reconcile`.
        """
        return self._client.run(self._client.session.unresolved(timeout=timeout))

    def reconcile_journal(self, *, settle_after: float = SETTLE_AFTER, timeout: float | None = None) -> Reconciled:
        """Reconcile every open attempt of this client's journal, and note there what was found.

        A list of pairs: the attempt, and its invoice, None, or the error that says why neither is known; an attempt
        with an error stays open. `timeout`: seconds for all of it; what was not reached by then has an
        `APITimeoutError`, and is there the next time. None means the same as for `reconcile`; it is noted as absent
        when the attempt has been over for `settle_after` seconds, and can be looked at again even so.
        """
        return self._client.run(self._client.session.reconcile_journal(settle_after=settle_after, timeout=timeout))

    def create_many(
        self,
        rows: Iterable[Mapping[str, object]],
        *,
        dry_run: bool = False,
        timeout: float | None = None,
        on_undecided: Callable[[int, float], object] | None = None,
    ) -> Iterator[RowResult]:
        """Create an invoice for each row, once, however often and by whomever this is called; needs a journal.

        A row is a mapping of the arguments of `create`. Its key is its ``key``, or its content: a row that is equal to
        one of an earlier call is that invoice, so what is billed every month names the month. A second row with the
        same key or content, and an amount with more decimals than the currency has, are refused. `timeout`: seconds for
        each create; the wait for the rate limit comes on top.

        Rows are taken as they are needed, and each `RowResult` comes as soon as it is there. A row that was not
        decided (a lost response, a lost connection, a create that an earlier call left open or another one is at work
        on) is tried again after the others; `on_undecided` is called with its index and the seconds until then. A
        refused row is a result with an `error`, and so is a row that could not be decided: call again with the same
        rows, and it goes on. What is wrong for every row (the journal, the token) is raised. `dry_run`: check every
        row, and send nothing.

        `AsyncPaisr` takes async iterables as well, and has `concurrency` rows under way, so that results come in any
        order. A consumer that stops early closes it (``contextlib.aclosing``): no other row is begun, and those under
        way end.
        """
        from paisr._bulk.rows import Bulk  # here, because few have so many

        bulk = Bulk(self._client.session, timeout, dry_run=dry_run, on_undecided=on_undecided)
        for item in bulk.items(rows):
            if (result := self._client.run(bulk.create(item))) is not None:
                yield result


class AsyncInvoices(ContractAsyncInvoices):
    """`Invoices`, with calls that are awaited."""

    def __init__(self, caller: AsyncClientCaller) -> None:
        super().__init__(caller)
        self._client = caller

    async def wait(
        self,
        invoice_id: str,
        *,
        until: str | Iterable[str] = FINAL_STATUSES,
        timeout: float = WAIT_TIMEOUT,
        interval: float = WAIT_INTERVAL,
    ) -> Invoice:
        steps = self._client.session.wait(invoice_id, until=until, timeout=timeout, interval=interval)
        return await self._client.run(steps)

    async def reconcile(self, attempt: Attempt, *, timeout: float | None = None) -> Invoice | None:
        return await self._client.run(self._client.session.reconcile(attempt, timeout=timeout))

    async def unresolved(self, *, timeout: float | None = None) -> list[Attempt]:
        return await self._client.run(self._client.session.unresolved(timeout=timeout))

    async def reconcile_journal(
        self, *, settle_after: float = SETTLE_AFTER, timeout: float | None = None
    ) -> Reconciled:
        return await self._client.run(
            self._client.session.reconcile_journal(settle_after=settle_after, timeout=timeout)
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
        from paisr._bulk.in_parallel import create_in_parallel
        from paisr._bulk.rows import Bulk

        bulk = Bulk(self._client.session, timeout, dry_run=dry_run, on_undecided=on_undecided)
        return create_in_parallel(bulk, rows, self._client.run, concurrency)


for _name in ("wait", "reconcile", "unresolved", "reconcile_journal", "create_many"):
    getattr(AsyncInvoices, _name).__doc__ = getattr(Invoices, _name).__doc__

EXTENDED: dict[type[Any], type[Any]] = {ContractInvoices: Invoices, ContractAsyncInvoices: AsyncInvoices}
"""The class that takes the place of a generated one."""
