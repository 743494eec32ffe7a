"""The index of listed invoices finds the same candidates as a comparison with all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from paisr._recovery.attempts import Attempt
from paisr._recovery.listed import Listed
from paisr._recovery.matching import fit, likeness, likenesses
from paisr_generated.models import CreateInvoiceRequest, Currency, Customer, Invoice, InvoiceStatus

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
SUMMARIES = [
    "A simple pizza order", "A simple pizza", "A simple", "a  SIMPLE pizza order", "R&D lunch", "R&amp;D lunch",
    "R&amp;amp;D lunch", "Café au lait", "CafÃ© au lait", "Caf? au lait", "Cafe au lait", "\U0001f355", "", "Заказ 17",
    "????? 17", "Order 1", "Order 12", "Subscription number 1", "Subscription number 12", "Subscription &am",
    "Subscription & more",
]  # fmt: skip
CUSTOMERS = [
    "cus_1", "cus_2", "jane@example.com", "Jane@Example.com ", "joe@münchen.example", "joe@xn--mnchen-3ya.example",
    "o'brien@example.com", "o&#39;brien@example.com", "17",
]  # fmt: skip
summaries = st.sampled_from(SUMMARIES) | st.text(max_size=30)
ids, emails = st.sampled_from(["cus_1", "cus_2", "", "17"]), st.sampled_from([*CUSTOMERS[2:8], "", " "]) | st.none()
customers = st.none() | st.builds(Customer, id=ids, email=emails)
currencies = st.none() | st.sampled_from([Currency.SRD, Currency.USD, Currency("srd")])
moments = st.none() | st.sampled_from([NOW, NOW - timedelta(hours=5), NOW - timedelta(days=40)])
invoices = st.builds(
    Invoice,
    id=st.uuids().map(str),
    status=st.just(InvoiceStatus.PAID),
    summary=st.none() | summaries,
    customer=customers,
    currency=currencies,
    created_at=moments,
)
requests = st.builds(
    CreateInvoiceRequest,
    customer=st.sampled_from(CUSTOMERS),
    summary=summaries,
    due=st.just("In 3 days"),
    currency=st.none() | st.sampled_from([Currency.SRD, Currency.USD]),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(invoices, max_size=12), st.lists(requests, min_size=1, max_size=4))
def test_the_index_returns_exactly_the_candidates(found: list[Any], sent: list[Any]) -> None:
    listed = Listed(invoices=found, truncated=False)
    attempts = [Attempt.of(request, NOW + later) for later in (timedelta(0), timedelta(days=1)) for request in sent]
    expected = {attempt.id: [(one, how) for one in found if (how := fit(attempt, one)) != "no"] for attempt in attempts}
    assert listed.near(attempts) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(invoices, requests)
def test_an_exact_match_has_the_same_likeness(invoice: Invoice, request: CreateInvoiceRequest) -> None:
    if fit(Attempt.of(request, NOW), invoice) == "yes":
        assert likeness(request) in likenesses(invoice)
