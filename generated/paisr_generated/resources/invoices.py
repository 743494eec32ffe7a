# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Bills for a customer, paid on a hosted checkout page."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from ..operations import AsyncCaller, Caller
from ..responses import ApiResponse

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

    from ..models.created_invoice import CreatedInvoice
    from ..models.currency import Currency
    from ..models.invoice import Invoice
    from ..models.invoice_list import InvoiceList
    from ..models.invoice_status import InvoiceStatus
    from ..models.line_item import LineItem, LineItemDict

__all__ = ["Invoices", "AsyncInvoices", "InvoicesWithResponse", "AsyncInvoicesWithResponse"]


class Invoices:
    """Bills for a customer, paid on a hosted checkout page."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._caller.base_url}>"

    @property
    def with_response(self) -> InvoicesWithResponse:
        """The same operations, which return the whole response."""
        return InvoicesWithResponse(self._caller)

    def list(
        self,
        *,
        resource_id: str | None = None,
        currency: str | None = None,
        status: InvoiceStatus | Literal["draft", "unpaid", "paid", "void"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> InvoiceList:
        """List invoices.

        Invoices that match every filter given. No order is documented and there are no pages: when as many invoices
        come as `limit` allowed, there may be more.

        Args:
            resource_id: Only invoices of this customer, subscription or voucher, given by its id.
            currency: Only invoices in this currency, given by its three capital letters.
            status: Where an invoice stands. It goes from draft to unpaid, and from there to paid or void.
            limit: How many invoices to return at most. What applies without it is not documented.
            timeout: Seconds for the whole call; the client's time-out when None.
        """
        from ..api.invoices.list_invoices import OPERATION

        return self._caller.call(
            OPERATION, {"resource_id": resource_id, "currency": currency, "status": status, "limit": limit}, timeout
        ).data

    def create(
        self,
        *,
        customer: str,
        summary: str,
        due: str | datetime.timedelta | datetime.date | relativedelta,
        currency: Currency | Literal["SRD", "USD", "EUR"] | None = None,
        items: Iterable[LineItem | LineItemDict] = (),
        key: str | None = None,
        timeout: float | None = None,
    ) -> CreatedInvoice:
        """Create an invoice.

        Bills a customer. The response names the new invoice; its other details are read with `getInvoice`. No
        idempotency key is documented: sending the same request twice creates two invoices.

        Args:
            customer: The customer to bill, by id or e-mail address.
            summary: What the invoice is for.
            due: When payment is due, as a time from now in words, such as "In 3 days". The grammar is not
                documented, so the service may refuse a text with a 4XX. A text is sent unchanged; a timedelta,
                a relativedelta or a date is converted to such a text.
            currency: A currency that invoices are made in. A new invoice without one is in the customer's own
                currency.
            items: The lines of the invoice, at most 50 of them. Amounts are a Decimal, an int or a text, in
                major units, and are sent exactly; a float is refused.
            key: A text that identifies what is billed, such as "2026-12/17". One key gives one invoice, however
                often and in whatever process the call is repeated. The key is not sent, and needs a client with
                a journal.
            timeout: Seconds for the whole call; the client's time-out when None.
        """
        from ..api.invoices.create_invoice import OPERATION

        return self._caller.call(
            OPERATION,
            {"customer": customer, "summary": summary, "due": due, "currency": currency, "items": items, "key": key},
            timeout,
        ).data

    def get(self, invoice_id: str, *, timeout: float | None = None) -> Invoice:
        """Read one invoice.

        The invoice with this id. The vendor calls the operation "business only".

        Args:
            invoice_id: The id of the invoice.
            timeout: Seconds for the whole call; the client's time-out when None.
        """
        from ..api.invoices.get_invoice import OPERATION

        return self._caller.call(OPERATION, {"invoice_id": invoice_id}, timeout).data


class AsyncInvoices:
    """Bills for a customer, paid on a hosted checkout page."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._caller.base_url}>"

    @property
    def with_response(self) -> AsyncInvoicesWithResponse:
        """The same operations, which return the whole response."""
        return AsyncInvoicesWithResponse(self._caller)

    async def list(
        self,
        *,
        resource_id: str | None = None,
        currency: str | None = None,
        status: InvoiceStatus | Literal["draft", "unpaid", "paid", "void"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> InvoiceList:
        """List invoices.

        Invoices that match every filter given. No order is documented and there are no pages: when as many invoices
        come as `limit` allowed, there may be more.

        Args:
            resource_id: Only invoices of this customer, subscription or voucher, given by its id.
            currency: Only invoices in this currency, given by its three capital letters.
            status: Where an invoice stands. It goes from draft to unpaid, and from there to paid or void.
            limit: How many invoices to return at most. What applies without it is not documented.
            timeout: Seconds for the whole call; the client's time-out when None.
        """
        from ..api.invoices.list_invoices import OPERATION

        response = await self._caller.call(
            OPERATION, {"resource_id": resource_id, "currency": currency, "status": status, "limit": limit}, timeout
        )
        return response.data

    async def create(
        self,
        *,
        customer: str,
        summary: str,
        due: str | datetime.timedelta | datetime.date | relativedelta,
        currency: Currency | Literal["SRD", "USD", "EUR"] | None = None,
        items: Iterable[LineItem | LineItemDict] = (),
        key: str | None = None,
        timeout: float | None = None,
    ) -> CreatedInvoice:
        """Create an invoice.

        Bills a customer. The response names the new invoice; its other details are read with `getInvoice`. No
        idempotency key is documented: sending the same request twice creates two invoices.

        Args:
            customer: The customer to bill, by id or e-mail address.
            summary: What the invoice is for.
            due: When payment is due, as a time from now in words, such as "In 3 days". The grammar is not
                documented, so the service may refuse a text with a 4XX. A text is sent unchanged; a timedelta,
                a relativedelta or a date is converted to such a text.
            currency: A currency that invoices are made in. A new invoice without one is in the customer's own
                currency.
            items: The lines of the invoice, at most 50 of them. Amounts are a Decimal, an int or a text, in
                major units, and are sent exactly; a float is refused.
            key: A text that identifies what is billed, such as "2026-12/17". One key gives one invoice, however
                often and in whatever process the call is repeated. The key is not sent, and needs a client with
                a journal.
            timeout: Seconds for the whole call; the client's time-out when None.
        """
        from ..api.invoices.create_invoice import OPERATION

        response = await self._caller.call(
            OPERATION,
            {"customer": customer, "summary": summary, "due": due, "currency": currency, "items": items, "key": key},
            timeout,
        )
        return response.data

    async def get(self, invoice_id: str, *, timeout: float | None = None) -> Invoice:
        """Read one invoice.

        The invoice with this id. The vendor calls the operation "business only".

        Args:
            invoice_id: The id of the invoice.
            timeout: Seconds for the whole call; the client's time-out when None.
        """
        from ..api.invoices.get_invoice import OPERATION

        response = await self._caller.call(OPERATION, {"invoice_id": invoice_id}, timeout)
        return response.data


class InvoicesWithResponse:
    """The operations of `Invoices`, which return the whole response."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._caller.base_url}>"

    def list(
        self,
        *,
        resource_id: str | None = None,
        currency: str | None = None,
        status: InvoiceStatus | Literal["draft", "unpaid", "paid", "void"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> ApiResponse[InvoiceList]:
        """Like `Invoices.list`, but returns the whole response."""
        from ..api.invoices.list_invoices import OPERATION

        return self._caller.call(
            OPERATION, {"resource_id": resource_id, "currency": currency, "status": status, "limit": limit}, timeout
        )

    def create(
        self,
        *,
        customer: str,
        summary: str,
        due: str | datetime.timedelta | datetime.date | relativedelta,
        currency: Currency | Literal["SRD", "USD", "EUR"] | None = None,
        items: Iterable[LineItem | LineItemDict] = (),
        key: str | None = None,
        timeout: float | None = None,
    ) -> ApiResponse[CreatedInvoice]:
        """Like `Invoices.create`, but returns the whole response."""
        from ..api.invoices.create_invoice import OPERATION

        return self._caller.call(
            OPERATION,
            {"customer": customer, "summary": summary, "due": due, "currency": currency, "items": items, "key": key},
            timeout,
        )

    def get(self, invoice_id: str, *, timeout: float | None = None) -> ApiResponse[Invoice]:
        """Like `Invoices.get`, but returns the whole response."""
        from ..api.invoices.get_invoice import OPERATION

        return self._caller.call(OPERATION, {"invoice_id": invoice_id}, timeout)


class AsyncInvoicesWithResponse:
    """The operations of `AsyncInvoices`, which return the whole response."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._caller.base_url}>"

    async def list(
        self,
        *,
        resource_id: str | None = None,
        currency: str | None = None,
        status: InvoiceStatus | Literal["draft", "unpaid", "paid", "void"] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> ApiResponse[InvoiceList]:
        """Like `AsyncInvoices.list`, but returns the whole response."""
        from ..api.invoices.list_invoices import OPERATION

        return await self._caller.call(
            OPERATION, {"resource_id": resource_id, "currency": currency, "status": status, "limit": limit}, timeout
        )

    async def create(
        self,
        *,
        customer: str,
        summary: str,
        due: str | datetime.timedelta | datetime.date | relativedelta,
        currency: Currency | Literal["SRD", "USD", "EUR"] | None = None,
        items: Iterable[LineItem | LineItemDict] = (),
        key: str | None = None,
        timeout: float | None = None,
    ) -> ApiResponse[CreatedInvoice]:
        """Like `AsyncInvoices.create`, but returns the whole response."""
        from ..api.invoices.create_invoice import OPERATION

        return await self._caller.call(
            OPERATION,
            {"customer": customer, "summary": summary, "due": due, "currency": currency, "items": items, "key": key},
            timeout,
        )

    async def get(self, invoice_id: str, *, timeout: float | None = None) -> ApiResponse[Invoice]:
        """Like `AsyncInvoices.get`, but returns the whole response."""
        from ..api.invoices.get_invoice import OPERATION

        return await self._caller.call(OPERATION, {"invoice_id": invoice_id}, timeout)
