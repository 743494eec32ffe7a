"""The state of the stub, and the methods by which tests read and change it."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from paisr_stub import _seed
from paisr_stub._api import Api
from paisr_stub._clock import Clock, TravelClock, utc_now
from paisr_stub._events import PAID, REMOVED, Event
from paisr_stub._guard import Guard
from paisr_stub._limit import SlidingWindow
from paisr_stub._models import Invoice, invoice_of
from paisr_stub._money import Voucher, VoucherType
from paisr_stub._planning import FaultPlanning
from paisr_stub._recording import RecordedRequest, Recording
from paisr_stub._records import Customer, timestamp
from paisr_stub._store import Store
from paisr_stub._validation import CURRENCIES, Item
from paisr_stub._webhooks import WebhookSending


class Stub(FaultPlanning, WebhookSending):
    """The state and the recorded requests of the stub, and the methods that read and change them.

    Every method is safe to call from any thread while requests are served.
    """

    def __init__(
        self,
        *,
        db: str | Path | None = None,
        token: str | Sequence[str] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        rate_limit: int | tuple[int, float] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> None:
        tokens = _tokens(token)
        self.token = tokens[0]
        FaultPlanning.__init__(self)
        travelling = TravelClock(utc_now if clock is None else clock)
        WebhookSending.__init__(self, travelling, url=webhook_url, secret=webhook_secret)
        self._seed = seed
        self._recording = Recording()
        self._guard = Guard()
        limiter = _limiter(rate_limit, self._clock)
        self._store = Store(db, seed=seed, clock=self._clock)
        self._api = Api(self._store, tokens, self._clock, limiter, self._happened)
        weakref.finalize(self, self._store.discard)

    def close(self) -> None:
        """Stop deliveries and close the file. The state and the recorded requests can still be read."""
        self._deliverer.stop()
        self._store.close()

    @property
    def now(self) -> datetime:
        """The stub's time, in UTC."""
        return self._clock()

    def advance(self, span: timedelta) -> None:
        """Advance the stub's clock.

        Due dates pass, checkout sessions expire 30 minutes after they were opened, the window of the rate limit moves
        on, and failed deliveries are retried. Raises `ValueError` for a negative span.
        """
        self._clock.advance(span)
        self._deliverer.wake()

    # State

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests so far in the order of their responses, a copy. Control requests are not among them.

        The newest 20,000 are kept, and at most 32 MiB of them.
        """
        return self._recording.all()

    def forget_requests(self) -> None:
        """Begin a new recording."""
        self._recording.clear()

    @property
    def invoices(self) -> list[Invoice]:
        """Every invoice as the API writes it, oldest first."""
        return [invoice_of(written) for written in reversed(self._store.invoices())]

    def invoice(self, invoice_id: str) -> Invoice:
        """One invoice; raises `ValueError` for an unknown id."""
        written = self._store.invoice(invoice_id)
        if written is None:
            raise ValueError(f"There is no invoice {invoice_id}.")
        return invoice_of(written)

    def items(self, invoice_id: str) -> list[Item]:
        """The line items that an invoice was made of. The API does not return them."""
        return self._store.items(invoice_id)

    def seed(self, count: int) -> list[str]:
        """Add `count` generated invoices of several customers, currencies, statuses, vouchers and subscriptions.

        Returns their ids in the order in which they were made. The same seed and clock give the same invoices.
        """
        return _seed.seed(self._store, count, number=self._seed, now=self._clock())

    def add_customer(
        self,
        *,
        id: str | None = None,  # the API's own name
        name: str | None = None,
        email: str | None = None,
        currency: str = "SRD",
        billing_details: Mapping[str, str] | None = None,
        shipping_details: Mapping[str, str] | None = None,
    ) -> str:
        """Add a customer and return the id; `currency` is the default currency of the customer's invoices."""
        if currency not in CURRENCIES:
            raise ValueError(f"currency {currency} is not one of {', '.join(CURRENCIES)}.")
        with self._store.transaction():
            customer_id = self._store.unused_id("cus_") if id is None else id
            self._store.add_customer(
                Customer(customer_id, name, email, currency, billing_details, shipping_details),
            )
        return customer_id

    def add_voucher(
        self,
        *,
        customer: str | None = None,
        type: VoucherType = "percentage",  # the API's own name
        rate: Decimal | int | str = 10,
        id: str | None = None,  # the API's own name
    ) -> str:
        """Add a voucher and return its id. With a customer's id, it applies to each new invoice of that customer.

        Applying vouchers through the customer is the stub's choice: a create names no voucher.
        """
        exact = Decimal(rate)
        if type not in ("percentage", "fixed"):
            raise ValueError(f"type {type} is neither percentage nor fixed.")
        if not exact.is_finite() or exact < 0 or (type == "percentage" and exact > 100):
            raise ValueError(f"rate {rate} is not possible for a voucher that is {type}.")
        with self._store.transaction():
            voucher_id = self._store.unused_id("vch_") if id is None else id
            self._store.add_voucher(Voucher(voucher_id, type, exact), customer_id=customer)
        return voucher_id

    def issue(self, invoice_id: str) -> None:
        """draft → unpaid; raises `ValueError` from any other status or for an unknown id."""
        self._move(invoice_id, "unpaid", ("draft",))

    def pay(self, invoice_id: str) -> None:
        """unpaid → paid; raises `ValueError` from any other status or for an unknown id.

        An invoice without items is a draft, and needs `issue` first.
        """
        self._move(invoice_id, "paid", ("unpaid",))
        self._happened(Event(invoice_id, PAID))

    def void(self, invoice_id: str) -> None:
        """draft or unpaid → void; raises `ValueError` from any other status or for an unknown id."""
        self._move(invoice_id, "void", ("draft", "unpaid"))
        self._happened(Event(invoice_id, REMOVED))

    def _move(self, invoice_id: str, to: str, allowed: tuple[str, ...]) -> None:
        self._store.move(invoice_id, to, allowed=allowed, now=timestamp(self._clock()))


def _tokens(token: str | Sequence[str] | None) -> tuple[str, ...]:
    if token is None:
        return (f"stub_{secrets.token_hex(16)}",)
    tokens = (token,) if isinstance(token, str) else tuple(token)
    if not tokens or not all(tokens):
        raise ValueError("A token is at least one character long.")
    return tokens


def _limiter(rate_limit: int | tuple[int, float] | None, clock: Clock) -> SlidingWindow | None:
    if rate_limit is None:
        return None
    limit, per = (rate_limit, 60.0) if isinstance(rate_limit, int) else rate_limit
    return SlidingWindow(limit, per, clock)
