"""Stand-in against contract: whatever can be generated from the contract is answered as the contract says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from holding.checks import check_created, check_invoice, check_list, undocumented
from holding.contract import operation, resolve
from holding.counting import count
from holding.generation import for_the_stub
from holding.reach import Reach
from holding.worlds import CUSTOMERS, DUE_TEXTS, furnish, resource_ids, settings

from paisr_stub import StubApp, StubServer

GATE = "stand-in: generated cases"
pytestmark = pytest.mark.gate(GATE)
in_process, over_a_socket = for_the_stub(), for_the_stub()
in_process.app = StubApp(**settings())  # Schemathesis must know it before it makes the tests
reach = Reach(GATE)


@pytest.fixture(scope="module")
def app() -> StubApp:
    stub: StubApp = in_process.app
    furnish(stub)
    return stub


@pytest.fixture(scope="module")
def server() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        furnish(stub)
        yield stub


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@in_process.parametrize()
def test_in_process(case: Any, app: StubApp) -> None:
    hold(case, app, {})


@over_a_socket.parametrize()
def test_over_a_socket(case: Any, server: StubServer, session: requests.Session) -> None:
    hold(case, server, {"base_url": server.url, "session": session})


def hold(case: Any, stub: StubApp, transport: dict[str, Any]) -> None:
    """Send the case as it is; then, where it asks for what nobody has, ask for something that is there."""
    leave_to_the_service = is_positive(case) and case.operation.definition.raw["operationId"] == "createInvoice"
    answer = case.call(**transport)
    if leave_to_the_service and answer.status_code == 422:
        # The contract cannot say which customers there are and what a due text may say.
        assert not (case.body["customer"] in CUSTOMERS and case.body["due"] in DUE_TEXTS)
        check_answer(case, answer)
    else:
        case.validate_response(answer, transport_kwargs=transport)
        check(case, answer, stub)
    if is_positive(case) and make_answerable(case, stub):
        answer = case.call(**transport)
        case.validate_response(answer, transport_kwargs=transport)
        assert answer.status_code == 200
        check(case, answer, stub)


def is_positive(case: Any) -> bool:
    return bool(case.meta.generation.mode.value == "positive")


def make_answerable(case: Any, stub: StubApp) -> bool:
    """Put in what exists, in turn; False where there is nothing to put in."""
    turn = len(stub.requests)
    name = case.operation.definition.raw["operationId"]
    if name == "createInvoice":
        due = list(DUE_TEXTS)
        case.body = {**case.body, "customer": CUSTOMERS[turn % len(CUSTOMERS)], "due": due[turn % len(due)]}
    elif name == "listInvoices":
        there = resource_ids(stub)
        case.query = {**case.query, "resource_id": there[turn % len(there)]}
    else:
        case.path_parameters = {"invoice_id": str(stub.invoices[turn % 50]["id"])}
    return True


def check_answer(case: Any, answer: Any) -> Any:
    """The answer's body, which holds what the contract names for its status and nothing else."""
    name = case.operation.definition.raw["operationId"]
    status = "200" if answer.status_code == 200 else f"{answer.status_code // 100}XX"
    response = resolve(operation(name)["responses"][status])
    wanted = response["content"]["application/json"]["schema"]
    body = json.loads(answer.content, parse_float=Decimal)
    assert undocumented(body, wanted) == []
    assert reach.errors(wanted["$ref"].removeprefix("#"), body) == []
    place = f"{place_of(name)}/responses/{status}"
    reach.note(place)
    assert answer.headers["content-type"] == ["application/json"]
    if status == "200":
        reach.note(f"{place}/content/application~1json")
    return body


def place_of(operation_id: str) -> str:
    path = "~1invoices~1{invoice_id}" if operation_id == "getInvoice" else "~1invoices"
    return f"/paths/{path}/{'post' if operation_id == 'createInvoice' else 'get'}"


def check(case: Any, answer: Any, stub: StubApp) -> None:
    body = check_answer(case, answer)
    count(GATE, f"{case.operation.definition.raw['operationId']} {answer.status_code}")
    if answer.status_code != 200:
        assert body["success"] is False
        assert body["message"]
        return
    assert body["success"] is True
    name = case.operation.definition.raw["operationId"]
    everything = as_read(stub.invoices)
    if name == "listInvoices":
        query = {key: str(value) for key, value in case.query.items()}
        if is_positive(case):
            check_list(body["data"]["invoices"], query, everything)
        for invoice in body["data"]["invoices"]:
            check_invoice(invoice)
    elif name == "getInvoice":
        assert body["data"] in everything
        check_invoice(body["data"])
    else:
        (read,) = [invoice for invoice in everything if invoice["id"] == body["data"]["id"]]
        sent = json.loads(answer.request.body, parse_float=Decimal)
        check_created(body["data"], read, sent, DUE_TEXTS[sent["due"]])


def as_read(invoices: Any) -> list[dict[str, Any]]:
    return [dict(invoice) for invoice in invoices]
