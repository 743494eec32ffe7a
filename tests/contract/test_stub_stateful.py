"""Stand-in against contract, in sequences: what a create answers with is followed along the contract's own link."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from holding.checks import check_created, undocumented
from holding.contract import resolve
from holding.counting import count
from holding.generation import for_the_stub
from holding.reach import REACHED, USED, Reach
from holding.settings import CASES, SEED
from holding.worlds import CUSTOMERS, DUE_TEXTS, furnish, settings
from hypothesis import HealthCheck

from paisr_stub import StubApp

GATE = "stand-in: create, then read"
pytestmark = pytest.mark.gate(GATE)
LINK = "/paths/~1invoices/post/responses/200/links/readCreatedInvoice"
reach = Reach(GATE)

# The link is given; what Schemathesis would infer besides it is not the contract's word.
schema = for_the_stub(phases={"stateful": {"inference": {"algorithms": []}}})
schema.app = StubApp(**settings())


@hypothesis.seed(SEED)
class Sequences(schema.as_state_machine()):  # type: ignore[misc]  # a class made at run time
    """Creates with customers and due texts that there are, lists and reads."""

    def setup(self) -> None:
        self.created: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def before_call(self, case: Any) -> None:
        if isinstance(case.body, dict) and case.meta.generation.mode.value == "positive":
            turn = len(schema.app.requests)
            due = list(DUE_TEXTS)
            case.body = {**case.body, "customer": CUSTOMERS[turn % len(CUSTOMERS)], "due": due[turn % len(due)]}

    def after_call(self, response: Any, case: Any) -> None:
        name = case.operation.definition.raw["operationId"]
        count(GATE, f"{name} {response.status_code}")
        body = json.loads(response.content, parse_float=Decimal)
        status = "200" if response.status_code == 200 else "4XX"
        wanted = resolve(case.operation.definition.raw["responses"][status])["content"]["application/json"]["schema"]
        assert undocumented(body, wanted) == []
        if status != "200":
            return
        if name == "createInvoice":
            sent = json.loads(response.request.body, parse_float=Decimal)
            self.created[body["data"]["id"]] = (body["data"], sent)
        elif name == "getInvoice" and body["data"]["id"] in self.created:
            created, sent = self.created[body["data"]["id"]]
            check_created(created, body["data"], sent, DUE_TEXTS[sent["due"]])
            count(GATE, "created ones read along the link")
            for part in ("operationId", "parameters/invoice_id"):
                reach.note(f"{LINK}/{part}")
        elif name == "listInvoices" and not case.query:
            listed = {invoice["id"] for invoice in body["data"]["invoices"]}
            assert listed >= self.created.keys()


def test_sequences() -> None:
    furnish(schema.app)
    Sequences.run(
        settings=hypothesis.settings(
            max_examples=max(5, CASES // 4),
            stateful_step_count=6,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
    )
    assert GATE in REACHED[f"{LINK}/operationId", USED]
