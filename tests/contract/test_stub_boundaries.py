"""Stub against contract: at the bounds of each rule of a request, allowed values are accepted, all others refused.

The values are made from the contract's rules. The contract decides which of them are allowed; the stub, whose rules are
written by hand, has to agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from support.boundaries import boundaries
from support.contract import JSON, OPERATIONS, Operation, at, escaped, not_null
from support.counting import count
from support.reach import Reach
from support.stubs import TOKEN, fill, request, settings, values_for

from paisr_stub import StubServer

SUITE = "stub: boundaries"
pytestmark = pytest.mark.suite(SUITE)
reach = Reach(SUITE)

# The contract lists neither customers nor due texts: the stub may refuse a value that it allows, so none is sent.
LEFT_TO_THE_SERVICE = {"customer", "due"}
PARAMETERS = {(operation.id, one.name): one for operation in OPERATIONS.values() for one in operation.parameters}
IN_BODIES = [key for key, one in PARAMETERS.items() if one.place == "body"]
IN_QUERIES = [key for key, one in PARAMETERS.items() if one.place == "query"]
WITH_A_BODY = [operation.id for operation in OPERATIONS.values() if operation.body]
WITH_AN_ID = [key for key, one in PARAMETERS.items() if one.place == "path"]


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        fill(stub)
        stub.seed(1000)  # more than the largest limit
        yield stub


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        yield session


def is_refused(response: requests.Response) -> bool:
    """Whether the response is an error in the envelope."""
    found = response.json()
    is_success = 200 <= response.status_code < 300
    if not is_success:
        assert 400 <= response.status_code < 500
        assert set(found) == {"success", "message"}
        assert reach.errors("/components/schemas/ErrorResponse", found) == []
    assert found["success"] is is_success
    return not is_success


def body_of(operation: Operation, stub: StubServer) -> dict[str, Any]:
    """A body with the required properties only."""
    values = values_for(operation, stub)
    return {one.name: values[one.name] for one in operation.at("body") if one.name in values}


def send(session: requests.Session, stub: StubServer, operation: Operation, body: Any) -> requests.Response:
    """Send any JSON value as the body."""
    content = {"data": json.dumps(body), "headers": {"Content-Type": JSON}}
    return request(session, stub.url, operation, values_for(operation, stub), json=None, **content)


@pytest.mark.parametrize(("operation_id", "name"), IN_BODIES)
def test_a_property_is_refused_unless_the_contract_allows_it(
    operation_id: str, name: str, stub: StubServer, session: requests.Session
) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    whole = body_of(operation, stub)
    for what, value in boundaries(parameter.schema):
        body = {**whole, name: value}
        allowed = reach.errors(operation.body, body) == []
        if allowed and name in LEFT_TO_THE_SERVICE:
            continue
        refused = is_refused(send(session, stub, operation, body))
        assert refused is not allowed, f"{name}, {what}: {'refused' if refused else 'accepted'}"
        count(SUITE, "bodies")
    reach.note(f"{operation.pointer}/requestBody/content/{escaped(JSON)}")


@pytest.mark.parametrize("operation_id", WITH_A_BODY)
def test_a_body_is_refused_unless_the_contract_allows_it(
    operation_id: str, stub: StubServer, session: requests.Session
) -> None:
    """Bodies without one property, with an unknown property, and values that are no object."""
    operation = OPERATIONS[operation_id]
    whole = body_of(operation, stub)
    lacking = [{key: value for key, value in whole.items() if key != name} for name in whole]
    for body in (whole, *lacking, {**whole, "an_unknown_field": 7}, [whole], None, "text", 7, True, {}):
        allowed = reach.errors(operation.body, body) == []
        assert is_refused(send(session, stub, operation, body)) is not allowed, f"{body} is allowed: {allowed}"
        count(SUITE, "bodies")


@pytest.mark.parametrize("operation_id", WITH_A_BODY)
def test_a_missing_body_is_refused_if_the_contract_requires_one(
    operation_id: str, stub: StubServer, session: requests.Session
) -> None:
    operation = OPERATIONS[operation_id]
    required = operation.node["requestBody"].get("required", False)
    values = values_for(operation, stub)
    assert (
        is_refused(request(session, stub.url, operation, values, json=None, headers={"Content-Type": JSON})) is required
    )
    reach.note(f"{operation.pointer}/requestBody/required")


@pytest.mark.parametrize(("operation_id", "name"), IN_QUERIES)
def test_a_query_parameter_is_refused_unless_the_contract_allows_it(
    operation_id: str, name: str, stub: StubServer, session: requests.Session
) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    for what, value in boundaries(parameter.schema):
        if value is None or isinstance(value, list | dict):
            continue  # a query cannot express it
        text = json.dumps(value) if not isinstance(value, str) else value
        meant = read_back(parameter.schema, text)
        allowed = reach.errors(parameter.pointer, meant) == []
        response = request(session, stub.url, operation, {**values_for(operation, stub), name: text})
        assert is_refused(response) is not allowed, f"{name}, {what}: {response.status_code}"
        if allowed and name == "limit":
            (listed,) = response.json()["data"].values()
            assert len(listed) == meant
        count(SUITE, "parameters")
    reach.note(parameter.pointer.replace("/schema", "/name"))


def read_back(schema: dict[str, Any], text: str) -> Any:
    """The value of a text in a query: a number or a boolean, unless the contract has a string."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) and not_null(schema)["type"] != "string" else text


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_request_with_the_required_values_only_is_accepted(
    operation_id: str, stub: StubServer, session: requests.Session
) -> None:
    operation = OPERATIONS[operation_id]
    assert not is_refused(request(session, stub.url, operation, values_for(operation, stub)))
    for one in operation.at("query"):
        reach.note(one.pointer.replace("/schema", "/required"))


@pytest.mark.parametrize(("operation_id", "name"), WITH_AN_ID)
def test_only_the_id_of_an_existing_invoice_is_found(
    operation_id: str, name: str, stub: StubServer, session: requests.Session
) -> None:
    """Any other id gets 404, whether the contract allows it or not."""
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    values = values_for(operation, stub)
    there = request(session, stub.url, operation, values)
    assert not is_refused(there)
    assert there.json()["data"]["id"] == values[name]
    reach.note(parameter.pointer.replace("/schema", "/name"))
    known = {str(invoice["id"]) for invoice in stub.invoices}
    for what, value in [*boundaries(parameter.schema), ("inv_", "inv_"), ("sub", "sub_123456"), ("xinv", "xinv_1")]:
        allowed = reach.errors(parameter.pointer, value) == []
        if isinstance(value, str) and value in known:
            continue
        if isinstance(value, str) and value:
            assert request(session, stub.url, operation, {**values, name: value}).status_code == 404, what
        else:
            assert not allowed, "a path cannot express it"
        count(SUITE, "ids")


@pytest.mark.parametrize(("operation_id", "name"), WITH_AN_ID)
def test_a_path_with_an_empty_id_gets_404(
    operation_id: str, name: str, stub: StubServer, session: requests.Session
) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    assert request(session, stub.url, operation, {**values_for(operation, stub), name: ""}).status_code == 404
    reach.note(parameter.pointer.replace("/schema", "/required"))


@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer other", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_a_request_without_the_token_is_refused(operation_id: str, authorization: str | None, stub: StubServer) -> None:
    operation = OPERATIONS[operation_id]
    count(SUITE, "tokens")
    headers = {} if authorization is None else {"Authorization": authorization}
    known = len(stub.invoices)
    with requests.Session() as session:
        session.trust_env = False
        response = request(session, stub.url, operation, values_for(operation, stub), headers=headers)
    assert response.status_code == 401
    assert is_refused(response)
    assert len(stub.invoices) == known
    reach.note(f"{operation.pointer}/security/0/bearerToken")
    reach.note("/components/securitySchemes/bearerToken/type")
    reach.note("/components/securitySchemes/bearerToken/scheme")
    note_error(operation, "4XX")


@pytest.mark.parametrize("operation_id", WITH_A_BODY)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_another_content_type_is_refused_with_415(
    operation_id: str, content_type: str, stub: StubServer, session: requests.Session
) -> None:
    operation = OPERATIONS[operation_id]
    values, headers = values_for(operation, stub), {"Content-Type": content_type}
    response = request(session, stub.url, operation, values, headers=headers)
    assert response.status_code == 415
    assert is_refused(response)
    assert response.headers["Content-Type"] == JSON


@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_an_injected_failure_has_the_contract_s_envelope(
    operation_id: str, status: int, stub: StubServer, session: requests.Session
) -> None:
    """`fail_next` injects the failure: the stub has none of its own."""
    operation = OPERATIONS[operation_id]
    values = values_for(operation, stub)
    stub.fail_next(status=status)
    response = request(session, stub.url, operation, values)
    assert response.status_code == status
    assert response.headers["Content-Type"] == JSON
    assert reach.errors("/components/schemas/ErrorResponse", response.json()) == []
    note_error(operation, "5XX")


def note_error(operation: Operation, status: str) -> None:
    place = f"{operation.pointer}/responses/{status}"
    reach.note(place)
    reference = at(place).get("$ref", f"#{place}").removeprefix("#")
    reach.note(f"{reference}/content/{escaped(JSON)}")
