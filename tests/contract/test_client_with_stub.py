"""Client against stub, over a real socket: after any sequence of calls both agree with a model of the invoices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from support.counting import count
from support.expected import ADDRESSES, CURRENCIES, DUE, VOUCHERS, Expected
from support.settings import CASES, SEED
from support.stubs import settings

from paisr import AsyncPaisr, LineItem, NotFoundError, Paisr
from paisr_stub import StubServer

SUITE = "client with stub"
pytestmark = pytest.mark.suite(SUITE)

texts = st.text(st.characters(codec="utf-8"), max_size=30)
amounts = st.decimals(min_value=0, max_value=10**9, allow_nan=False, places=3)
items = st.lists(
    st.builds(
        LineItem,
        description=texts,
        quantity=st.integers(1, 1000) | st.decimals(min_value=1, max_value=1000, allow_nan=False, places=2),
        unit_price=amounts | amounts.map(str),
    ),
    max_size=5,
)


class InvoiceLifecycle(RuleBasedStateMachine):
    """Creates, lists, reads, issues, pays and voids invoices, in any order."""

    stub: StubServer
    calls: Any
    invoices = Bundle("invoices")

    @initialize(target=invoices)
    def begin(self) -> Any:
        self.model: dict[str, Expected] = {}
        # The invoices of earlier runs are not in the model.
        self.others = {str(invoice["id"]) for invoice in self.stub.invoices}
        plain: dict[str, Any] = {"by_address": False, "summary": "Begun", "due": "In 3 days", "currency": None}
        line = LineItem("Pizza", 2, "62.5")
        return multiple(
            self.create_invoice(customer="cus_300001", lines=[], **plain),
            *(self.create_invoice(customer=customer, lines=[line], **plain) for customer in CURRENCIES),
        )

    @rule(
        target=invoices,
        customer=st.sampled_from(list(CURRENCIES)),
        by_address=st.booleans(),
        summary=texts,
        due=st.sampled_from(list(DUE)),
        currency=st.sampled_from([None, "SRD", "USD", "EUR"]),
        lines=items,
    )
    def create(self, **wanted: Any) -> str:
        return self.create_invoice(**wanted)

    def create_invoice(
        self, *, customer: str, by_address: bool, summary: str, due: Any, currency: str | None, lines: list[LineItem]
    ) -> str:
        named = ADDRESSES.get(customer, customer) if by_address else customer
        created = self.calls.create(customer=named, summary=summary, due=due, currency=currency, items=lines)
        assert created.id not in self.model.keys() | self.others
        expected = Expected(customer=customer, summary=summary, currency=currency, lines=lines, due=due)
        assert created.status == expected.status
        assert (created.session is not None) is bool(lines)
        self.model[created.id] = expected
        assert [line.description for line in self.stub.items(created.id)] == [line.description for line in lines]
        count(SUITE, "created")
        return created.id

    @rule(invoice_id=invoices, more=st.text("0123456789", min_size=1, max_size=3))
    def get(self, invoice_id: str, more: str) -> None:
        invoice = self.calls.get(invoice_id)
        assert invoice.id == invoice_id
        self.model[invoice_id].check(invoice)
        with pytest.raises(NotFoundError):
            self.calls.get(invoice_id + more)
        count(SUITE, "read")

    @rule(
        resource_id=st.sampled_from([None, *CURRENCIES, "vch_300001", "vch_300002", "sub_1"]),
        currency=st.sampled_from([None, "SRD", "EUR", "GBP"]),
        status=st.sampled_from([None, "draft", "unpaid", "paid", "void"]),
        limit=st.sampled_from([None, 1, 2, 1000]),
    )
    def list_invoices(
        self, resource_id: str | None, currency: str | None, status: str | None, limit: int | None
    ) -> None:
        found = self.calls.list(resource_id=resource_id, currency=currency, status=status, limit=limit)
        assert len(found) <= (limit or 1000)
        assert found.may_be_truncated is (len(found) >= (limit or 1000))
        mine = {invoice.id: invoice for invoice in found if invoice.id in self.model}
        matching = {name for name, one in self.model.items() if one.matches(resource_id, currency, status)}
        assert mine.keys() <= matching
        if not found.may_be_truncated:
            assert mine.keys() == matching
        for name, invoice in mine.items():
            self.model[name].check(invoice)
        count(SUITE, "listed")

    @rule(invoice_id=invoices, action=st.sampled_from(["issue", "pay", "void"]))
    def change_status(self, invoice_id: str, action: str) -> None:
        expected = self.model[invoice_id]
        allowed, to = {
            "issue": (("draft",), "unpaid"),
            "pay": (("unpaid",), "paid"),
            "void": (("draft", "unpaid"), "void"),
        }[action]
        if expected.status in allowed:
            getattr(self.stub, action)(invoice_id)
            expected.status = to
            count(SUITE, {"issue": "issued", "pay": "paid", "void": "voided"}[action])
        else:
            with pytest.raises(ValueError, match=invoice_id):
                getattr(self.stub, action)(invoice_id)
            count(SUITE, "moves refused")

    @invariant()
    def each_request_had_a_documented_status(self) -> None:
        for request in self.stub.requests:
            assert request.status in (200, 404)
        self.stub.forget_requests()


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        for customer, currency in CURRENCIES.items():
            stub.add_customer(id=customer, email=ADDRESSES.get(customer), currency=currency)
        for customer, voucher in VOUCHERS.items():
            stub.add_voucher(customer=customer, **voucher)
        yield stub


def test_any_sequence_of_calls_agrees_with_the_model(stub: StubServer) -> None:
    with Paisr(stub.token, base_url=stub.url, rate_limit=None) as client:
        run_sequences(stub, client.invoices, max(25, CASES))


def test_any_sequence_of_async_calls_agrees_with_the_model(stub: StubServer) -> None:
    client = AsyncPaisr(stub.token, base_url=stub.url, rate_limit=None)
    with asyncio.Runner() as loop:
        run_sequences(stub, Awaited(client, loop), max(10, CASES // 5))
        loop.run(client.aclose())


class Awaited:
    """An `AsyncPaisr` with the blocking calls of a `Paisr`: each is run on the same loop."""

    def __init__(self, client: AsyncPaisr, loop: asyncio.Runner) -> None:
        self._client, self._loop = client, loop
        self.create, self.get, self.list = map(self._awaited, ("create", "get", "list"))

    def _awaited(self, name: str) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            return await getattr(self._client.invoices, name)(*arguments, **named)

        return lambda *arguments, **named: self._loop.run(call(*arguments, **named))


def run_sequences(stub: StubServer, invoices: Any, examples: int) -> None:
    @hypothesis.seed(SEED)
    class LifecycleOfThisRun(InvoiceLifecycle):
        pass

    LifecycleOfThisRun.stub, LifecycleOfThisRun.calls = stub, invoices
    run_state_machine_as_test(
        LifecycleOfThisRun,
        settings=hypothesis.settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
