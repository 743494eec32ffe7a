"""Random creates, retries and reconciliations never create two invoices for one intent, and lose none.

Hypothesis chooses the steps; a stub on loopback knows which invoices exist. By default 200 intents, or the number in
PAISR_INTENTS in the environment. `pytest -s` shows the number of requests. The steps are the same in every run
(`derandomize`).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import define, field
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from paisr import AsyncPaisr, Attempt, Invoice, Journal, LineItem, OutcomeUnknownError, Paisr, PaisrError
from paisr._base.runtime import Runtime
from paisr_stub import StubServer

INTENTS = int(os.environ.get("PAISR_INTENTS", "200"))
STEPS = 50
# A journal on a RAM disk, where there is one, does not wait for the disk at every create.
RAM_DISK = next((place for place in ["/dev/shm"] if os.access(place, os.W_OK)), None)


async def _no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


QUICK = Runtime(jitter=lambda: 0.0, sleep=lambda _seconds: None, sleep_async=_no_sleep)

# Faults of the service during a create: some create the invoice, some do not. A 429 that creates the invoice is not
# among them, because a 429 means that the request was not processed.
FAULTS: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"truncate": 0},
    {"truncate": 20},
    {"status": 500},
    {"status": 500, "processed": True},
    {"status": 503},
    {"status": 503, "processed": True, "headers": {"Retry-After": "1"}},
    {"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html", "processed": True},
    {"status": 408, "processed": True},
    {"status": 429},
    {"status": 429, "times": 5},
    {"status": 422},
    {"status": 401},
    {"status": 302, "processed": True},
    {"body": "", "processed": True},
    {"body": "null", "processed": True},
    {"status": 204, "processed": True},
]
LIST_FAULTS: list[dict[str, Any]] = [{"drop": "before"}, {"status": 503}, {"status": 429}, {"truncate": 7}]
CUSTOMERS = ["cus_100777", "jane@example.com", "John.Smith@Example.com"]
PRICES = ["75", "0.1", "0.333", "149.95", "12345678901234567890.12"]


@define
class Intent:
    """One invoice that a user wants, once. `done` is its id when the user believes that it exists."""

    arguments: dict[str, Any]
    done: str | None = None
    lost: Attempt | None = None
    posts: int = 0
    attempts: list[str] = field(factory=list[str])


class Clients:
    """The client of one user, sync or async. `restart` makes a new client with the same journal."""

    def __init__(self, kind: Literal["sync", "async"], stub: StubServer, journal: Path) -> None:
        self._runner = asyncio.Runner() if kind == "async" else None
        self._type: Any = type("Quick", (AsyncPaisr if self._runner else Paisr,), {"_runtime": QUICK})
        self._settings = {"token": stub.token, "base_url": stub.url, "journal": journal, "rate_limit": None}
        self.client: Any
        self._make_client()

    def _make_client(self) -> None:
        self.client = self._type(**self._settings)
        # The stub lists an invoice as soon as it is created, so that absence is certain without a wait.
        self.client._session.recovery.settle_after = 0.0

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        made = getattr(self.client.invoices, name)(*arguments, **named)
        return self._runner.run(made) if self._runner else made

    def restart(self) -> None:
        self.close_client()
        self._make_client()

    def close_client(self) -> None:
        if self._runner:
            self._runner.run(self.client.aclose())
        else:
            self.client.close()

    def close(self) -> None:
        self.close_client()
        if self._runner:
            self._runner.close()


class Tally:
    """Counts of intents and requests over all examples."""

    def __init__(self) -> None:
        self.intents = 0
        self.posts: Counter[int] = Counter()


def machine(tally: Tally, kind: Literal["sync", "async"]) -> type[RuleBasedStateMachine]:
    """The state machine for one kind of client."""

    class NoDoubleCreate(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.intents: list[Intent] = []
            self.stub = StubServer().start()
            self.folder = tempfile.TemporaryDirectory(dir=RAM_DISK)
            self.journal = Path(self.folder.name) / "journal.db"
            self.user = Clients(kind, self.stub, self.journal)

        def send(self, intent: Intent) -> None:
            self.stub.forget_requests()
            try:
                intent.done = self.user.call("create", **intent.arguments).id
                intent.lost = None
            except OutcomeUnknownError as error:
                intent.lost = error.attempt
            except PaisrError as error:
                intent.lost = None
                if error.outcome == "unknown":
                    raise  # an unknown outcome must be an `OutcomeUnknownError` with its attempt
            finally:
                self.stub.forget_faults()
            responses = [request.status for request in self.stub.requests if request.method == "POST"]
            assert responses[:-1] == [429] * (len(responses) - 1), "sent again after a response other than 429"
            intent.posts += len(responses)

        @rule(
            fault=st.none() | st.sampled_from(FAULTS),
            customer=st.sampled_from(CUSTOMERS),
            summary=st.sampled_from(["Pizza", "Rice", "Roti"]),
            prices=st.lists(st.sampled_from(PRICES), max_size=2),
            currency=st.sampled_from([None, "SRD", "USD"]),
            due=st.sampled_from(["In 3 days", "In 30 days"]),
        )
        def create(self, fault: Any, customer: str, summary: str, prices: Any, currency: Any, due: str) -> None:
            """Create an invoice that is often similar to another."""
            items = [LineItem("Line", "1.5", price) for price in prices]
            intent = Intent(
                {
                    "customer": customer,
                    "summary": summary,
                    "due": due,
                    "currency": currency,
                    "items": items,
                }
            )
            self.intents.append(intent)
            if fault is not None:
                self.stub.fail_next(**fault, operation="create")
            self.send(intent)

        @precondition(lambda self: self.open_intents())
        @rule(data=st.data(), fault=st.none() | st.sampled_from(LIST_FAULTS))
        def reconcile(self, data: Any, fault: Any) -> None:
            """Reconcile an open intent. Where several invoices match, settle it by hand."""
            intent = data.draw(st.sampled_from(self.open_intents()))
            if fault is not None:
                self.stub.fail_next(**fault, operation="list")
            self.settle(intent, lambda: self.user.call("reconcile", intent.lost))
            self.stub.forget_faults()

        @rule()
        def reconcile_journal(self) -> None:
            by_attempt = {intent.lost.id: intent for intent in self.open_intents() if intent.lost}
            for attempt, found in self.user.call("reconcile_journal", settle_after=0):
                intent = by_attempt[attempt.id]

                def give(found: Any = found) -> Invoice | None:
                    if isinstance(found, PaisrError):
                        raise found
                    return found  # type: ignore[no-any-return]  # the stub's client is Any here

                self.settle(intent, give)

        def settle(self, intent: Intent, ask: Callable[[], Invoice | None]) -> None:
            assert intent.lost is not None
            try:
                found = ask()
            except OutcomeUnknownError as error:
                if not error.candidates:
                    raise
                self.settle_by_hand(intent, [invoice.id for invoice in error.candidates])
                return
            except PaisrError:
                return  # the list could not be read: the intent stays open
            intent.lost = None
            if found is not None:
                assert found.id not in {other.done for other in self.intents}
                intent.done = found.id

        def settle_by_hand(self, intent: Intent, candidates: list[str]) -> None:
            """Settle as a person would, by the items and the customer, which no list shows but the stub knows."""
            assert intent.lost is not None
            taken = {other.done for other in self.intents}
            mine = [one for one in candidates if one not in taken and self.is_of(intent, one)]
            chosen = mine[0] if mine else None
            Journal(self.journal).settle(intent.lost, chosen)
            intent.done, intent.lost = chosen, None

        def is_of(self, intent: Intent, invoice_id: str) -> bool:
            invoice: Any = next(one for one in self.stub.invoices if one["id"] == invoice_id)
            lines = [(item.description, item.quantity, item.unit_price) for item in self.stub.items(invoice_id)]
            asked = intent.arguments["items"]
            wanted = [(line.description, line.quantity, line.unit_price) for line in asked]
            days = (datetime.fromisoformat(invoice["due_at"]) - datetime.now(UTC)).days
            customer, currency = intent.arguments["customer"], intent.arguments["currency"]
            whose = {invoice["customer"]["id"], (invoice["customer"]["email"] or "").lower()}
            return (
                [tuple(map(str, one)) for one in lines] == [tuple(map(str, one)) for one in wanted]
                and (days < 10) == (intent.arguments["due"] == "In 3 days")
                and customer.lower() in whose
                and (currency or "SRD") == invoice["currency"]  # the currency of the stub's customers
            )

        @precondition(lambda self: any(not one.done and not one.lost for one in self.intents))
        @rule(data=st.data(), fault=st.none() | st.sampled_from(FAULTS))
        def send_again(self, data: Any, fault: Any) -> None:
            """Send a create again after a rejection, or after reconcile returned None."""
            intent = data.draw(st.sampled_from([one for one in self.intents if not one.done and not one.lost]))
            if fault is not None:
                self.stub.fail_next(**fault, operation="create")
            self.send(intent)

        @rule()
        def restart(self) -> None:
            """Replace the client: its memory is lost, its journal is not."""
            self.user.restart()

        def open_intents(self) -> list[Intent]:
            return [intent for intent in getattr(self, "intents", []) if intent.lost is not None]

        @invariant()
        def each_intent_has_at_most_one_invoice_and_none_is_lost(self) -> None:
            made = {str(invoice["id"]) for invoice in self.stub.invoices}
            believed = [intent.done for intent in self.intents if intent.done]
            assert len(believed) == len(set(believed)), "two intents have the same invoice"
            assert set(believed) <= made, "the client reported an invoice that does not exist"
            unaccounted = made - set(believed)
            assert len(unaccounted) <= len(self.open_intents()), "an invoice without an intent"

        def teardown(self) -> None:
            if not hasattr(self, "user"):
                return
            self.finish()
            made = {str(invoice["id"]) for invoice in self.stub.invoices}
            assert made == {intent.done for intent in self.intents if intent.done}
            tally.intents += len(self.intents)
            tally.posts.update(intent.posts for intent in self.intents)
            self.user.close()
            self.stub.stop()
            self.folder.cleanup()

        def finish(self) -> None:
            """Reconcile and send all open intents: each must end with its invoice."""
            for intent in self.open_intents():
                self.settle(intent, partial(self.user.call, "reconcile", intent.lost))
            for intent in self.intents:
                if not intent.done:
                    self.send(intent)
            assert all(intent.done for intent in self.intents)
            assert Journal(self.journal).unresolved() == []

    return NoDoubleCreate


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_never_two_invoices_for_one_intent(kind: Literal["sync", "async"]) -> None:
    tally = Tally()
    run_state_machine_as_test(
        machine(tally, kind),
        settings=settings(
            max_examples=5 + INTENTS // 4,  # an example begins three to twelve intents
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert tally.intents >= INTENTS // 2
    sent = sum(posts * intents for posts, intents in tally.posts.items())
    print(f"{kind}: {tally.intents} intents, {sent} POSTs; POSTs per intent: {dict(tally.posts)}")
