"""Stub against contract, in sequences: a created invoice is read along the contract's own link."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from support.checks import check_created, undocumented
from support.contract import JSON, OPERATIONS
from support.counting import count
from support.generation import for_the_stub
from support.reach import REACHED, USED, Reach
from support.settings import CASES, SEED
from support.stubs import DUE_TEXTS, KNOWN, fill, settings

from paisr_stub import StubApp

SUITE = "stub: create, then read"
pytestmark = pytest.mark.suite(SUITE)
LINK = "/paths/~1invoices/post/responses/200/links/readCreatedInvoice"
reach = Reach(SUITE)

# Only the contract's own link is followed, none that Schemathesis infers.
schema = for_the_stub(phases={"stateful": {"inference": {"algorithms": []}}})
schema.app = StubApp(**settings())


@hypothesis.seed(SEED)
class Sequences(schema.as_state_machine()):  # type: ignore[misc]  # a class made at run time
    """Creates with existing customers and valid due texts, lists and reads."""

    def setup(self) -> None:
        self.created: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def before_call(self, case: Any) -> None:
        if isinstance(case.body, dict) and case.meta.generation.mode.value == "positive":
            turn = len(schema.app.requests)
            for one in OPERATIONS[case.operation.definition.raw["operationId"]].at("body"):
                if one.name in KNOWN:
                    known = KNOWN[one.name](schema.app)
                    case.body = {**case.body, one.name: known[turn % len(known)]}

    def after_call(self, response: Any, case: Any) -> None:
        name = case.operation.definition.raw["operationId"]
        count(SUITE, f"{name} {response.status_code}")
        body = json.loads(response.content or b"null", parse_float=Decimal)
        _status, described = OPERATIONS[name].response(response.status_code)
        assert body is None or undocumented(body, described["content"][JSON]["schema"]) == []
        if response.status_code != int(OPERATIONS[name].success):
            return
        if name == "createInvoice":
            sent = json.loads(response.request.body, parse_float=Decimal)
            self.created[body["data"]["id"]] = (body["data"], sent)
        elif name == "getInvoice" and body["data"]["id"] in self.created:
            created, sent = self.created[body["data"]["id"]]
            check_created(created, body["data"], sent, DUE_TEXTS[sent["due"]])
            count(SUITE, "created ones read along the link")
            for part in ("operationId", "parameters/invoice_id"):
                reach.note(f"{LINK}/{part}")
        elif name == "listInvoices" and not case.query:
            listed = {invoice["id"] for invoice in body["data"]["invoices"]}
            assert listed >= self.created.keys()


def test_a_created_invoice_is_read_and_listed_in_any_sequence() -> None:
    fill(schema.app)
    Sequences.run(
        settings=hypothesis.settings(
            max_examples=max(5, CASES // 4),
            stateful_step_count=6,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
    )
    assert SUITE in REACHED[f"{LINK}/operationId", USED]
