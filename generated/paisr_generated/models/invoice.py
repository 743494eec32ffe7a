# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from ..types import AwareDatetime
from .amount import Amount
from .checkout_session import CheckoutSession
from .currency import Currency
from .customer import Customer
from .invoice_status import InvoiceStatus
from .voucher import Voucher


@frozen(kw_only=True)
class Invoice(BaseModel):
    """A bill for a customer."""

    id: str
    """The id of the invoice."""

    status: InvoiceStatus
    """Where an invoice stands. It goes from draft to unpaid, and from there to paid or void."""

    sid: int | None = None
    """The number of the invoice, shorter than its id."""

    subscription_id: str | None = None
    """The id of the subscription that the invoice belongs to, if any."""

    customer: Customer | None = None
    """Who is billed."""

    voucher: Voucher | None = None
    """The voucher that reduces the amount, if any."""

    summary: str | None = None
    """What the invoice is for."""

    amount: Amount | None = None
    """What is to be paid, in major units of `currency`."""

    currency: Currency | None = None
    """The currency of every amount of the invoice."""

    session: CheckoutSession | None = None
    """The checkout page, while there is something to pay."""

    due_at: AwareDatetime | None = None
    """When payment is due."""

    paid_at: AwareDatetime | None = None
    """When the invoice was paid, if it was."""

    void_at: AwareDatetime | None = None
    """When the invoice was voided, if it was."""

    created_at: AwareDatetime | None = None
    """When the invoice was created."""
