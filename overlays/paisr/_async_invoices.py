"""The operations as a caller sees them, on an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from paisr._results import response_of
from paisr._session import FINAL_STATUSES, WAIT_INTERVAL, WAIT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paisr._arguments import Items
    from paisr._attempts import Attempt
    from paisr._due import Due
    from paisr._exchange import Steps
    from paisr._reconcile import Reconciled
    from paisr._results import ApiResponse, InvoiceList
    from paisr._session import Session
    from paisr_generated.models import CreatedInvoice, Currency, Invoice, InvoiceStatus

T = TypeVar("T")


class AsyncRun(Protocol):
    """Carries out a call."""

    async def __call__(self, steps: Steps[T], /) -> T: ...


class AsyncInvoices:
    """Create, list and read invoices. `with_response` has the same calls with the whole answer around the data."""

    def __init__(self, session: Session, run: AsyncRun) -> None:
        self._session = session
        self._run = run

    @property
    def with_response(self) -> AsyncInvoicesWithResponse:
        return AsyncInvoicesWithResponse(self._session, self._run)

    async def create(
        self,
        *,
        customer: str,
        summary: str,
        due: Due,
        currency: Currency | str | None = None,
        items: Items = (),
        timeout: float | None = None,
    ) -> CreatedInvoice:
        """Create an invoice, once.

        `customer`: the id or the e-mail address of a customer. `due`: a text (``"In 3 days"``, passed on as it is), a
        `timedelta`, a `relativedelta` or a `date`. `currency`: SRD, USD or EUR; the customer's own when None. `items`:
        at most 50 `LineItem`, or mappings with the same keys. `timeout`: seconds for the whole call.

        Raises `InvalidArgumentError` before anything is sent; `OutcomeUnknownError` when the invoice may or may not
        exist now (see `reconcile`); another `PaisrError` when it does not. (Create page of the documentation.)
        """
        return (
            await self._run(
                self._session.create(
                    customer=customer, summary=summary, due=due, currency=currency, items=items, timeout=timeout
                )
            )
        ).data

    async def list(
        self,
        *,
        resource_id: str | None = None,
        currency: Currency | str | None = None,
        status: InvoiceStatus | str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> InvoiceList:
        """The invoices that match every filter given.

        `resource_id`: the id of a customer, subscription or voucher. `currency`: three capital letters. `status`:
        draft, unpaid, paid or void. `limit`: 1 to 1000; the API has no next page, see `InvoiceList.may_be_truncated`.
        (List page of the documentation.)
        """
        return (
            await self._run(
                self._session.list(
                    resource_id=resource_id, currency=currency, status=status, limit=limit, timeout=timeout
                )
            )
        ).data

    async def get(
        self,
        invoice_id: str,
        *,
        timeout: float | None = None,
    ) -> Invoice:
        """One invoice by its id (``inv_…``). Raises `NotFoundError` when there is none.

        (Read page of the documentation.)
        """
        return (await self._run(self._session.get(invoice_id, timeout=timeout))).data

    async def wait(
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
        steps = self._session.wait(invoice_id, until=until, timeout=timeout, interval=interval)
        return (await self._run(steps)).data

    async def reconcile(self, attempt: Attempt, *, timeout: float | None = None) -> Invoice | None:
        """What became of a create whose outcome is unknown: its invoice, or None when there is none now.

        Give it the `attempt` of an `OutcomeUnknownError`, or one of a `Journal`. It reads the invoices (of the
        customer, when the create named an id; of the currency, when it named one) and compares customer, summary,
        currency, time and the total of the items. An invoice that belongs to another create of this client, or of its
        journal, is not taken. `timeout`: seconds for all of it.

        None means "not there now": a service that is slow may still be at work on the request, so wait a little, a
        minute say, and reconcile again before the create is sent again. Raises `OutcomeUnknownError` when nobody can
        tell: more than one invoice fits, the list was cut off, or another create that fits is open. Its `candidates`
        are what was found. Where the service leaves out `created_at`, an older invoice that is equal in all else fits.
        """
        return await self._run(self._session.reconcile(attempt, timeout=timeout))

    async def reconcile_journal(self, *, timeout: float | None = None) -> Reconciled:
        """Reconcile every open attempt of this client's journal, and note there what was found.

        A list of pairs: the attempt, and its invoice, None, or the error that says why neither is known; an attempt
        with an error stays open. `timeout`: seconds for all of it; what was not reached by then has an
        `APITimeoutError`, and is there the next time. None means the same as for `reconcile`.
        """
        return await self._run(self._session.reconcile_journal(timeout=timeout))


class AsyncInvoicesWithResponse:
    """The calls of `AsyncInvoices`, each answering with an `ApiResponse`."""

    def __init__(self, session: Session, run: AsyncRun) -> None:
        self._session = session
        self._run = run

    async def create(
        self,
        *,
        customer: str,
        summary: str,
        due: Due,
        currency: Currency | str | None = None,
        items: Items = (),
        timeout: float | None = None,
    ) -> ApiResponse[CreatedInvoice]:
        """As `AsyncInvoices.create`, with the whole answer."""
        return response_of(
            await self._run(
                self._session.create(
                    customer=customer, summary=summary, due=due, currency=currency, items=items, timeout=timeout
                )
            )
        )

    async def list(
        self,
        *,
        resource_id: str | None = None,
        currency: Currency | str | None = None,
        status: InvoiceStatus | str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> ApiResponse[InvoiceList]:
        """As `AsyncInvoices.list`, with the whole answer."""
        return response_of(
            await self._run(
                self._session.list(
                    resource_id=resource_id, currency=currency, status=status, limit=limit, timeout=timeout
                )
            )
        )

    async def get(
        self,
        invoice_id: str,
        *,
        timeout: float | None = None,
    ) -> ApiResponse[Invoice]:
        """As `AsyncInvoices.get`, with the whole answer."""
        return response_of(await self._run(self._session.get(invoice_id, timeout=timeout)))
