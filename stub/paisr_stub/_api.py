"""The three operations, and the order in which a request is checked.

Path (404), method (405), token (401), rate limit (429), then the operation's own checks. The documentation gives no
order.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paisr_stub._clock import Clock
from paisr_stub._due import due_date
from paisr_stub._events import CREATED, Event
from paisr_stub._faults import Operation
from paisr_stub._limit import SlidingWindow
from paisr_stub._money import amount
from paisr_stub._records import Customer, NewInvoice, timestamp
from paisr_stub._responses import Refused, Response, failure, success
from paisr_stub._store import Store
from paisr_stub._validation import create_request, list_request

PREFIX = "/v2"
COLLECTION = f"{PREFIX}/invoices"
logger = logging.getLogger("paisr_stub")


@dataclass(frozen=True, slots=True)
class Call:
    """A whole request. Header names are lower case; repeated headers are joined with a comma."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes


def operations(path: str) -> dict[str, Operation]:
    """The methods of a path, each with its operation; empty for an unknown path."""
    if path == COLLECTION:
        return {"GET": "list", "POST": "create"}
    parent, _, last = path.rpartition("/")
    return {"GET": "get"} if parent == COLLECTION and last else {}


class Api:
    """Responds to calls from a store. It knows nothing of HTTP servers, faults and recordings."""

    def __init__(
        self,
        store: Store,
        tokens: tuple[str, ...],
        clock: Clock,
        limiter: SlidingWindow | None,
        happened: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._tokens = [token.encode() for token in tokens]
        self._clock = clock
        self._limiter = limiter
        self._happened = happened

    def respond(self, call: Call) -> Response:
        try:
            return self._respond(call)
        except Refused as refused:
            return refused.response()
        except Exception:
            logger.exception("The stub failed on %s %s", call.method, call.path)
            return failure(500)

    def _respond(self, call: Call) -> Response:
        known = operations(call.path)
        if not known:
            raise Refused(404, "There is nothing at this path.")
        operation = known.get(call.method)
        if operation is None:
            allow = ", ".join(known)
            raise Refused(405, f"This path takes {allow}.", headers=(("Allow", allow),))
        self.authenticate(call)
        if self._limiter is not None and not self._limiter.take():
            raise Refused(429, "Too many requests.")
        match operation:
            case "create":
                return self._create(call)
            case "list":
                return self._list(call)
            case "get":
                return self._get(call)

    def authenticate(self, call: Call) -> None:
        """Raises `Refused` with 401 unless the call carries `Authorization: Bearer` and one of the tokens."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        given = token.strip().encode("latin-1")  # the bytes that came
        known = any(hmac.compare_digest(given, expected) for expected in self._tokens)
        if scheme.lower() != "bearer" or not known:
            raise Refused(401, "The token is missing or not valid.", headers=(("WWW-Authenticate", "Bearer"),))

    def _create(self, call: Call) -> Response:
        require_json(call)
        wanted = create_request(call.body)
        now = self._clock()
        try:
            due_at = due_date(wanted.due, now)
        except ValueError as error:
            raise Refused(422, str(error)) from None
        with self._store.transaction():
            customer = self._customer(wanted.customer)
            voucher = self._store.voucher_of(customer.id) if wanted.items else None
            invoice = self._store.add_invoice(
                NewInvoice(
                    customer_id=customer.id,
                    summary=wanted.summary,
                    amount=amount(((item.quantity, item.unit_price) for item in wanted.items), voucher),
                    # Inferred: an invoice without items is a draft, for which there is nothing to check out. The create
                    # page's own example has no items and shows `"session": null`.
                    status="unpaid" if wanted.items else "draft",
                    currency=wanted.currency or customer.currency,
                    due_at=timestamp(due_at),
                    created_at=timestamp(now),
                    items=wanted.items,
                    voucher_id=None if voucher is None else voucher.id,
                )
            )
        self._happened(Event(str(invoice["id"]), CREATED))
        return success({name: invoice[name] for name in ("id", "status", "session")})

    def _customer(self, reference: str) -> Customer:
        """The customer with this id or address; an unknown one is created, since the API has no other way to create
        one.

        This is the stub's choice: the documentation does not say what the service does with an unknown customer.
        """
        found = self._store.customer(reference)
        if found is None:
            found = made_up_customer(self._store, reference)
            self._store.add_customer(found)
        return found

    def _list(self, call: Call) -> Response:
        """Newest first, and never more than 1,000: no order and no default limit is documented."""
        wanted = list_request(call.query)
        invoices = self._store.invoices(
            resource_id=wanted.resource_id, currency=wanted.currency, status=wanted.status, limit=wanted.limit
        )
        return success({"invoices": invoices})

    def _get(self, call: Call) -> Response:
        invoice = self._store.invoice(call.path.rpartition("/")[2])
        return failure(404, "There is no invoice with this id.") if invoice is None else success(invoice)


def require_json(call: Call) -> None:
    """Raises `Refused` with 415 unless the body says that it is JSON in UTF-8."""
    media_type, *parameters = [part.strip().lower() for part in call.headers.get("content-type", "").split(";")]
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if media_type != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise Refused(415, "Content-Type is not application/json.")
    if call.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Content-Encoding is not supported.")


def made_up_customer(store: Store, reference: str) -> Customer:
    """A new customer. An e-mail address gives a name as well: `jane.smith@example.com` is Jane Smith."""
    if "@" not in reference:
        return Customer(id=reference, name=None, email=None)
    name = " ".join(part.capitalize() for part in reference.partition("@")[0].replace("_", ".").split(".") if part)
    return Customer(id=store.unused_id("cus_"), name=name, email=reference)
