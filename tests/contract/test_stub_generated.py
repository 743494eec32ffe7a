"""Stub against contract: every generated request gets a response that the contract allows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from support.checks import check_created, check_invoice, check_list, undocumented
from support.contract import JSON, OPERATIONS, Operation, at, escaped, place_of
from support.counting import count
from support.generation import for_the_stub
from support.reach import Reach
from support.stubs import DUE_TEXTS, KNOWN, fill, settings

from paisr_stub import StubApp, StubServer

SUITE = "stub: generated cases"
pytestmark = pytest.mark.suite(SUITE)
in_process, over_a_socket = for_the_stub(), for_the_stub()
in_process.app = StubApp(**settings())  # Schemathesis must know it before it makes the tests
reach = Reach(SUITE)


@pytest.fixture(scope="module")
def app() -> StubApp:
    stub: StubApp = in_process.app
    fill(stub)
    return stub


@pytest.fixture(scope="module")
def server() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        fill(stub)
        yield stub


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@in_process.parametrize()
def test_a_generated_request_in_process_gets_a_valid_response(case: Any, app: StubApp) -> None:
    check(case, app, {})


@over_a_socket.parametrize()
def test_a_generated_request_over_a_socket_gets_a_valid_response(
    case: Any, server: StubServer, session: requests.Session
) -> None:
    check(case, server, {"base_url": server.url, "session": session})


def check(case: Any, stub: StubApp, transport: dict[str, Any]) -> None:
    """Send the case as it is; then send a valid case again, with values that exist in the stub."""
    operation = OPERATIONS[case.operation.definition.raw["operationId"]]
    response = case.call(**transport)
    if is_positive(case) and operation.body and response.status_code == 422:
        # The contract lists neither customers nor due texts.
        assert not all(case.body[name] in known for name, known in known_in_body(operation, stub).items())
        check_response(operation, response)
    else:
        case.validate_response(response, transport_kwargs=transport)
        check_meaning(operation, case, response, stub)
    if is_positive(case):
        use_existing_values(operation, case, stub)
        response = case.call(**transport)
        case.validate_response(response, transport_kwargs=transport)
        assert response.status_code == int(operation.success), f"{operation.id}: {response.content}"
        check_meaning(operation, case, response, stub)


def is_positive(case: Any) -> bool:
    return bool(case.meta.generation.mode.value == "positive")


def known_in_body(operation: Operation, stub: StubApp) -> dict[str, Any]:
    return {one.name: KNOWN[one.name](stub) for one in operation.at("body") if one.name in KNOWN}


def use_existing_values(operation: Operation, case: Any, stub: StubApp) -> None:
    """Replace values of the case by values that exist in the stub, in turn."""
    turn = len(stub.requests)
    for one in operation.parameters:
        if one.name in KNOWN:
            known = KNOWN[one.name](stub)
            value = {one.name: known[turn % len(known)]}
            if one.place == "body":
                case.body = {**case.body, **value}
            elif one.place == "query":
                case.query = {**case.query, **value}
            else:
                case.path_parameters = {**case.path_parameters, **value}


def check_response(operation: Operation, response: Any) -> Any:
    """Check that the response has exactly what the contract names for its status, and return its body."""
    status, described = operation.response(response.status_code)
    place = f"{operation.pointer}/responses/{status}"
    reach.note(place)
    if not described.get("content"):
        assert response.content == b""
        return None
    wanted = described["content"][JSON]["schema"]
    body = json.loads(response.content, parse_float=Decimal)
    assert undocumented(body, wanted) == []
    assert reach.errors(place_of(wanted, f"{place}/content/{escaped(JSON)}/schema"), body) == []
    assert response.headers["content-type"] == [JSON]
    if "$ref" not in at(place):
        reach.note(f"{place}/content/{escaped(JSON)}")
    return body


def check_meaning(operation: Operation, case: Any, response: Any, stub: StubApp) -> None:
    body = check_response(operation, response)
    count(SUITE, f"{operation.id} {response.status_code}")
    if response.status_code >= 300:
        assert body["success"] is False
        assert body["message"]
        return
    assert body is None or body["success"] is True
    MEANINGS[operation.id](case, response, body["data"] if body else None, stub)


def check_a_list(case: Any, _response: Any, data: Any, stub: StubApp) -> None:
    query = {key: str(value) for key, value in case.query.items()}
    if is_positive(case):
        check_list(data["invoices"], query, as_read(stub.invoices))
    for invoice in data["invoices"]:
        check_invoice(invoice)


def check_a_read(_case: Any, _response: Any, data: Any, stub: StubApp) -> None:
    assert data in as_read(stub.invoices)
    check_invoice(data)


def check_a_create(_case: Any, response: Any, data: Any, stub: StubApp) -> None:
    (read,) = [invoice for invoice in as_read(stub.invoices) if invoice["id"] == data["id"]]
    sent = json.loads(response.request.body, parse_float=Decimal)
    check_created(data, read, sent, DUE_TEXTS[sent["due"]])


# Checks of a success of each operation, beyond its schema.
MEANINGS: dict[str, Callable[[Any, Any, Any, StubApp], None]] = {
    "listInvoices": check_a_list,
    "getInvoice": check_a_read,
    "createInvoice": check_a_create,
}


def test_every_operation_of_the_contract_is_checked() -> None:
    """A new operation needs a check of its success in `MEANINGS`."""
    assert MEANINGS.keys() == OPERATIONS.keys()


def as_read(invoices: Any) -> list[dict[str, Any]]:
    return [dict(invoice) for invoice in invoices]
