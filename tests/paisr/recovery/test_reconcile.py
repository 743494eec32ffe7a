"""`reconcile` after a lost response: it returns the invoice or None, or raises where it would have to guess."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest

from paisr import (
    Attempt,
    AuthenticationError,
    ConfigurationError,
    Currency,
    InvalidArgumentError,
    LineItem,
    NotFoundError,
    OutcomeUnknownError,
    ServerError,
)
from paisr._recovery.matching import CLOCK_TOLERANCE, exact_sum, fit
from paisr_generated.api import operation_named
from paisr_generated.models import CreateInvoiceRequest, Invoice
from paisr_generated.models import LineItem as ContractLineItem
from paisr_generated.operations import encode

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
BASE = "https://api.live.paisr.tech/v2"


def listed(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A listed invoice that matches the create of these tests; `...` as a value leaves the field out."""
    whole = {
        "id": f"inv_{number}",
        "status": "unpaid",
        "customer": {"id": "cus_123456", "email": "jane@example.com"},
        "summary": "A simple pizza order",
        "amount": {"sub_total": 150},
        "currency": "SRD",
        "created_at": "2024-05-01T12:00:00Z",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


class Service:
    """Loses the response to each create, or responds with `created`; lists `invoices`; `reads` records the targets."""

    def __init__(self, *invoices: dict[str, Any]) -> None:
        self.invoices = list(invoices)
        self.created: str | None = None
        self.reads: list[str] = []
        self.posts = 0
        self.before_response: Callable[[], object] = lambda: None
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posts += 1
            self.before_response()
            if self.created is None:
                raise httpx.ReadError("the response was lost")
            return self.response({"id": self.created, "status": "unpaid"})
        if not request.url.path.endswith("/invoices"):
            self.reads.append(request.url.path)
            wanted = request.url.path.rpartition("/")[2]
            found = [invoice for invoice in self.invoices if invoice["id"] == wanted]
            return self.response(found[0]) if found else httpx.Response(404)
        self.reads.append(request.url.query.decode())
        customer = request.url.params.get("resource_id")
        found = [
            invoice
            for invoice in self.invoices
            if customer is None or (invoice.get("customer") or {}).get("id") == customer
        ]
        return self.response({"invoices": found[: int(request.url.params["limit"])]})

    def response(self, data: Any) -> httpx.Response:
        return httpx.Response(200, content=json.dumps({"success": True, "data": data}))


@pytest.fixture
def lost(side: Any, create: dict[str, Any]) -> Callable[..., Attempt]:
    """The attempt of a create whose response is lost."""

    def lose(client: Any, **changes: Any) -> Attempt:
        arguments = {**create, "items": [LineItem("Pizza", 2, 75)], **changes}
        with pytest.raises(OutcomeUnknownError) as caught:
            side.call(client, "create", **arguments)
        return caught.value.attempt

    return lose


@pytest.fixture
def begin(side: Any, time: Any, lost: Callable[..., Attempt]) -> Callable[..., tuple[Any, Attempt]]:
    """A client of SERVICE, and the attempt of a create whose response is lost."""

    def begin(service: Service, **changes: Any) -> tuple[Any, Attempt]:
        client = side.client(service, time=time, rate_limit=None, max_retries=0)
        return client, lost(client, **changes)

    return begin


def unknown(side: Any, client: Any, attempt: Attempt) -> OutcomeUnknownError:
    with pytest.raises(OutcomeUnknownError) as caught:
        side.call(client, "reconcile", attempt)
    assert caught.value.attempt.id == attempt.id
    assert caught.value.outcome == "unknown"
    return caught.value


# Requests


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({}, "resource_id=cus_123456&limit=1000"),
        ({"currency": "USD"}, "resource_id=cus_123456&currency=USD&limit=1000"),
        ({"customer": "jane@example.com"}, "limit=1000"),
        ({"customer": "cus_of@example.com", "currency": "EUR"}, "currency=EUR&limit=1000"),
        ({"customer": "17"}, "limit=1000"),
    ],
)
def test_the_list_is_read_with_the_narrowest_filter(side: Any, begin: Any, changes: Any, query: str) -> None:
    service = Service()
    client, attempt = begin(service, **changes)
    assert side.call(client, "reconcile", attempt) is None
    assert service.reads == [query]
    assert service.posts == 1


def test_all_requests_of_reconcile_share_one_deadline(side: Any, time: Any, lost: Any) -> None:
    service = Service(listed(1), *others(customer={"id": "cus_2", "email": "john@example.com"}))
    client = side.client(service, time=time, rate_limit=None)
    attempt = lost(client, customer="jane@example.com")
    responses = [0, 503, 0]

    def handler(request: httpx.Request) -> httpx.Response:
        time.sleep(2)
        status = responses.pop(0)
        return httpx.Response(status, headers={"Retry-After": "2"}) if status else service(request)

    service.transport.handler = handler
    with pytest.raises(ServerError):
        side.call(client, "reconcile", attempt, timeout=5)
    responses = [0, 503, 0]
    assert side.call(client, "reconcile", attempt, timeout=9).id == "inv_1"


# Matching


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, {}),
        ({"customer": "Jane@Example.com"}, {}),
        ({"summary": " A simple  pizza order\n"}, {}),
        ({"summary": "Cafe\u0301"}, {"summary": "Caf\u00e9"}),
        ({"currency": "SRD"}, {}),
        ({"currency": "SRD"}, {"currency": None}),
        ({}, {"amount": None}),
        ({}, {"amount": {"sub_total": None}}),
        ({"items": ()}, {"amount": {"sub_total": 0}}),
        ({}, {"created_at": "2024-05-01T11:55:00Z"}),
        ({}, {"created_at": "2024-05-03T00:00:00+02:00"}),
        ({}, {"created_at": ...}),
        ({}, {"created_at": None, "status": "of a later version"}),
        ({"items": [LineItem("Rice", "1.5", "0.333")]}, {"amount": {"sub_total": 0.50}}),
        ({"items": [LineItem("Rice", "1000", "0.333")]}, {"amount": {"sub_total": 330}}),
    ],
)
def test_a_matching_invoice_is_found(side: Any, begin: Any, sent: Any, found: Any) -> None:
    service = Service(listed(**found))
    client, attempt = begin(service, **sent)
    assert side.call(client, "reconcile", attempt).id == "inv_1"
    assert side.call(client, "reconcile", attempt).id == "inv_1", "a second call has another result"
    assert service.reads[-1] == "/v2/invoices/inv_1", "a second call read a list"


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, {"summary": "A simple pizza border"}),
        ({}, {"summary": "A simple pizza order, and more"}),
        ({}, {"summary": "Another"}),
        ({"customer": "john@example.com"}, {}),
        ({"customer": "cus_1"}, {}),
        ({"currency": "USD"}, {}),
        ({}, {"created_at": "2024-04-30T09:54:59Z"}),
        ({}, {"created_at": None, "paid_at": "2024-04-01T00:00:00Z"}),
        ({}, {"created_at": None, "void_at": "2024-04-01T00:00:00Z"}),
    ],
)
def test_a_different_invoice_does_not_match(side: Any, begin: Any, sent: Any, found: Any) -> None:
    client, attempt = begin(Service(listed(**found)), **sent)
    assert side.call(client, "reconcile", attempt) is None


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, {"summary": "A simple pizza order."}),
        ({}, {"summary": "A simple pizza ord"}),
        ({"summary": 'R&D, <b>"pizza"</b>'}, {"summary": "R&amp;D, &lt;b&gt;&quot;pizza&quot;&lt;/b&gt;"}),
        ({"summary": "A simple pizza & rice"}, {"summary": "A simple pizza &am"}),
        ({"summary": "Pizza \U0001f355 order"}, {"summary": "Pizza  order"}),
        ({"summary": "\U0001f355"}, {"summary": "?"}),
        ({"summary": "Café order"}, {"summary": "Caf? order"}),
        ({"summary": "Café order"}, {"summary": "Cafe order"}),
        ({"summary": "Café order"}, {"summary": "CafÃ© order"}),
        ({}, {"summary": ""}),
        ({"customer": "17"}, {"customer": {"id": "", "email": ""}}),
        ({"customer": "jane@example.com"}, {"customer": {"id": "cus_123456", "email": " "}}),
        ({}, {"amount": {"sub_total": 150.01}}),
        ({}, {"amount": {"sub_total": 165}}),
        ({"items": [LineItem("Rice", 1, "0.333")]}, {"amount": {"sub_total": 0.35}}),
        ({"currency": "SRD"}, {"currency": "srd"}),
        ({}, {"created_at": "2024-05-01T11:54:59Z"}),
        ({}, {"created_at": "2024-05-01T09:00:00Z"}),
        ({}, {"created_at": "2024-04-30T09:55:00Z"}),
    ],
)
def test_a_difference_that_a_service_or_a_clock_can_cause_leaves_the_outcome_unknown(
    side: Any, begin: Any, time: Any, sent: Any, found: Any
) -> None:
    client, attempt = begin(Service(listed(**found)), **sent)
    assert [invoice.id for invoice in unknown(side, client, attempt).candidates] == ["inv_1"]
    time.seconds += 3600
    unknown(side, client, attempt)  # the result does not change with time


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"customer": "jane@example.com"}, {"customer": {"id": "cus_123456"}}),
        ({"customer": "jane@example.com"}, {"customer": None}),
        ({"customer": "17"}, {"customer": {"email": "jane@example.com"}}),
        ({}, {"summary": None}),
        ({"summary": ""}, {"summary": ...}),
    ],
)
def test_an_invoice_without_a_clear_owner_leaves_the_outcome_unknown(
    side: Any, begin: Any, sent: Any, found: Any
) -> None:
    client, attempt = begin(Service(listed(**found)), **sent)
    error = unknown(side, client, attempt)
    assert [invoice.id for invoice in error.candidates] == ["inv_1"]


def test_several_matching_invoices_are_an_error_with_candidates(side: Any, begin: Any) -> None:
    client, attempt = begin(Service(listed(1), listed(2), listed(2), listed(3, summary="Another")))
    error = unknown(side, client, attempt)
    assert [invoice.id for invoice in error.candidates] == ["inv_1", "inv_2"]
    again = pickle.loads(pickle.dumps(error))
    assert again.candidates == error.candidates
    assert again.attempt == attempt


# Invoices of other creates


def test_an_invoice_of_another_create_does_not_match(side: Any, begin: Any, create: dict[str, Any]) -> None:
    service = Service(listed(1))
    client, attempt = begin(service)
    service.created = "inv_1"
    assert side.call(client, "create", **create, items=[LineItem("Pizza", 2, 75)]).id == "inv_1"
    assert side.call(client, "reconcile", attempt) is None


def test_two_lost_creates_do_not_get_the_same_invoice(side: Any, begin: Any, lost: Any) -> None:
    service = Service(listed(1))
    client, first = begin(service)
    second = lost(client)
    assert side.call(client, "reconcile", second).id == "inv_1"
    assert side.call(client, "reconcile", first) is None
    assert side.call(client, "reconcile", second).id == "inv_1"


def test_two_lost_creates_and_two_invoices_are_ambiguous(side: Any, begin: Any, lost: Any) -> None:
    service = Service(listed(1), listed(2))
    client, first = begin(service)
    lost(client)
    assert len(unknown(side, client, first).candidates) == 2


def test_an_invoice_that_matches_two_different_creates_is_ambiguous(side: Any, begin: Any, lost: Any) -> None:
    client, first = begin(Service(listed(1)))
    second = lost(client, due="In 30 days")
    for attempt in (first, second):
        assert [invoice.id for invoice in unknown(side, client, attempt).candidates] == ["inv_1"]


def test_an_invoice_that_matches_a_create_in_flight_leaves_the_outcome_unknown(
    side: Any, begin: Any, create: dict[str, Any]
) -> None:
    service = Service(listed(1))
    client, attempt = begin(service)
    bill = {**create, "due": "In 3 days", "items": [LineItem("Pizza", 2, 75)]}
    first = client._session.call(operation_named("create_invoice"), bill, None)
    next(first)  # immediately before it is sent
    error = unknown(side, client, attempt)
    assert "in flight" in str(error)
    first.close()  # interrupted: both outcomes are unknown now
    assert side.call(client, "reconcile", attempt).id == "inv_1"


def test_a_rejected_attempt_is_absent_without_a_request(side: Any, time: Any, create: dict[str, Any]) -> None:
    service = Service(listed(1))
    client = side.client(service, time=time, rate_limit=None)
    service.transport.handler = lambda request: httpx.Response(401)
    with pytest.raises(AuthenticationError):
        side.call(client, "create", **create, items=[LineItem("Pizza", 2, 75)])
    (entry,) = client._session.recovery.store.entries()
    assert side.call(client, "reconcile", entry.attempt) is None
    assert service.reads == []


def test_a_found_invoice_that_disappears_is_not_absent(side: Any, begin: Any) -> None:
    service = Service(listed(1))
    client, attempt = begin(service)
    side.call(client, "reconcile", attempt)
    service.invoices.clear()
    with pytest.raises(NotFoundError):
        side.call(client, "reconcile", attempt)


# Truncated lists


def others(count: int = 1000, **changes: Any) -> list[dict[str, Any]]:
    return [listed(number, summary=f"Order {number}", **changes) for number in range(1001, 1001 + count)]


def test_a_truncated_list_does_not_prove_absence(side: Any, begin: Any) -> None:
    client, attempt = begin(Service(*others()))
    error = unknown(side, client, attempt)
    assert "1000" in str(error)
    assert error.candidates == ()


def test_a_match_in_a_truncated_list_may_not_be_the_only_one(side: Any, begin: Any) -> None:
    client, attempt = begin(Service(listed(1), *others()))
    assert [invoice.id for invoice in unknown(side, client, attempt).candidates] == ["inv_1"]


@pytest.mark.parametrize("there", [True, False])
def test_a_truncated_list_is_read_again_by_the_customers_id(side: Any, begin: Any, there: bool) -> None:
    strangers = others(customer={"id": "cus_2", "email": "john@example.com"})
    mine = listed(1, summary="A simple pizza order" if there else "Another")
    service = Service(mine, *strangers)
    client, attempt = begin(service, customer="JANE@example.com")
    found = side.call(client, "reconcile", attempt)
    assert (found and found.id) == ("inv_1" if there else None)
    assert service.reads == ["limit=1000", "resource_id=cus_123456&limit=1000"]


def test_a_list_by_the_customers_id_that_is_truncated_is_read_in_parts(side: Any, begin: Any) -> None:
    service = Service(*others())
    client, attempt = begin(service, customer="jane@example.com")
    assert "1000" in str(unknown(side, client, attempt))
    first, *later = service.reads
    assert first == "limit=1000"
    assert all("resource_id=cus_123456" in one for one in later)
    assert len(later) == len(set(later))


def test_two_customers_with_one_address_leave_the_outcome_unknown(side: Any, begin: Any) -> None:
    stranger = listed(2, customer={"id": "cus_9", "email": "jane@example.com"}, summary="Another")
    service = Service(listed(1), stranger, *others(customer={"id": "cus_2"}, amount={"sub_total": 7}))
    client, attempt = begin(service, customer="jane@example.com")
    assert "cus_" in str(unknown(side, client, attempt))
    assert "resource_id" not in " ".join(service.reads)


# Arguments


def test_an_error_as_argument_is_refused_with_a_hint_to_its_attempt(side: Any, begin: Any) -> None:
    client, attempt = begin(Service())
    error = OutcomeUnknownError("…", attempt=attempt)
    with pytest.raises(InvalidArgumentError, match=r"error\.attempt"):
        side.call(client, "reconcile", error)
    wrongs: tuple[object, ...] = (None, attempt.to_json(), "inv_1", {})
    for wrong in wrongs:
        with pytest.raises(InvalidArgumentError, match="attempt"):
            side.call(client, "reconcile", wrong)


def test_an_attempt_of_another_service_is_refused(side: Any, begin: Any) -> None:
    service = Service(listed(1))
    _client, attempt = begin(service)
    assert attempt.service == BASE
    other = side.client(service, environment="staging")
    with pytest.raises(InvalidArgumentError, match="staging"):
        side.call(other, "reconcile", attempt)
    assert side.call(other, "reconcile", attrs.evolve(attempt, service=None)).id == "inv_1"


def test_an_attempt_from_another_process_is_reconciled(side: Any, begin: Any) -> None:
    service = Service(listed(1))
    _client, attempt = begin(service)
    other = side.client(service)
    assert side.call(other, "reconcile", Attempt.from_json(attempt.to_json())).id == "inv_1"


def test_reconcile_journal_without_a_journal_is_refused(side: Any) -> None:
    with pytest.raises(ConfigurationError, match="journal="):
        side.call(side.client(Service()), "reconcile_journal")


# Attempts as values


def attempt_of(**changes: Any) -> Attempt:
    fields: dict[str, Any] = {"customer": "cus_123456", "summary": "A simple pizza order", "due": "In 3 days"}
    return Attempt.of(CreateInvoiceRequest(**fields | changes), NOW, BASE)


def item(quantity: str, unit_price: str) -> ContractLineItem:
    return ContractLineItem(description="Rice", quantity=Decimal(quantity), unit_price=Decimal(unit_price))


@pytest.mark.parametrize(
    "attempt",
    [
        attempt_of(),
        attempt_of(currency=Currency.EUR, items=[item("1", "0.10"), item("1.000000000000000000001", "149.95")]),
        attempt_of(items=[item("9" * 40, "1E+400"), item("1", "1E-400")], summary="é\U0001f355\n"),
    ],
)
def test_an_attempt_is_the_same_after_json_and_pickle(attempt: Attempt) -> None:
    for again in (Attempt.from_json(attempt.to_json()), pickle.loads(pickle.dumps(attempt))):
        assert again == attempt
        assert encode(again.request) == encode(attempt.request), "a digit was lost"
        assert again.started_at.tzinfo is not None
    assert attempt_of() != attempt_of(), "two attempts with equal requests are equal"
    assert Attempt.from_json(attempt_of().to_json()).request.items is None


def test_an_attempt_of_a_later_version_can_be_read() -> None:
    attempt = attempt_of()
    later = {**json.loads(attempt.to_json()), "color": "blue"}
    later["request"]["idempotency_key"] = "k"
    assert Attempt.from_json(json.dumps(later)) == attempt
    del later["service"]
    assert Attempt.from_json(json.dumps(later)).service is None


@pytest.mark.parametrize("text", ["", "{}", "null", "[" * 100_000, b"\xff", '{"id": 1}'])
def test_an_invalid_attempt_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidArgumentError, match="to_json"):
        Attempt.from_json(text)


# Sums


def test_sums_are_exact() -> None:
    assert exact_sum([item("3", "0.1"), item("1", "1E-40")]) == Decimal("0.3" + "0" * 38 + "1")
    nines = int("9" * 40)
    assert exact_sum([item("9" * 40, "9" * 40)] * 50) == 50 * nines * nines
    assert str(exact_sum([item("1E+900", "1E+900"), item("1", "1E-900")]))[-1] == "1"


def test_a_sum_of_too_many_digits_is_not_compared() -> None:
    lines = [item("1E+999", "1E+999"), *[item("1." + "1" * 9000, "1." + "1" * 9000)]]
    assert fit(attempt_of(items=lines), Invoice(**listed_model())) == "yes"


def test_numbers_of_a_thousand_digits_are_compared_exactly() -> None:
    attempt = attempt_of(items=[item("1", "1" * 900 + ".01")])
    for sub_total, expected in (("1" * 900 + ".01", "yes"), ("1" * 900 + ".02", "near")):
        invoice = Invoice(
            **{**listed_model(), "amount": attrs.evolve(listed_model()["amount"], sub_total=Decimal(sub_total))}
        )
        assert fit(attempt, invoice) == expected


def listed_model() -> dict[str, Any]:
    from paisr_generated.models import Amount, Customer, InvoiceStatus

    return {
        "id": "inv_1",
        "status": InvoiceStatus.UNPAID,
        "customer": Customer(id="cus_123456"),
        "summary": "A simple pizza order",
        "amount": Amount(sub_total=Decimal(150)),
        "created_at": NOW - CLOCK_TOLERANCE,
    }
