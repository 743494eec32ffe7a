"""Stub against contract: on both sides of every rule of a request, what is allowed is taken, the rest is refused.

The values are made from the contract's rules. Which of them are allowed, the contract decides; the stub, whose rules
are written by hand, has to agree.
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

# The contract cannot say which customers there are and what a due text may say: what it allows is not tried.
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
    """The least that is taken."""
    values = values_for(operation, stub)
    return {one.name: values[one.name] for one in operation.at("body") if one.name in values}


def send(session: requests.Session, stub: StubServer, operation: Operation, body: Any) -> requests.Response:
    """Send a body of whatever kind."""
    content = {"data": json.dumps(body), "headers": {"Content-Type": JSON}}
    return request(session, stub.url, operation, values_for(operation, stub), json=None, **content)


@pytest.mark.parametrize(("operation_id", "name"), IN_BODIES)
def test_a_property_of_a_body(operation_id: str, name: str, stub: StubServer, session: requests.Session) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    whole = body_of(operation, stub)
    for what, value in boundaries(parameter.schema):
        body = {**whole, name: value}
        allowed = reach.errors(operation.body, body) == []
        if allowed and name in LEFT_TO_THE_SERVICE:
            continue
        refused = is_refused(send(session, stub, operation, body))
        assert refused is not allowed, f"{name}, {what}: {'refused' if refused else 'taken'}"
        count(SUITE, "bodies")
    reach.note(f"{operation.pointer}/requestBody/content/{escaped(JSON)}")


@pytest.mark.parametrize("operation_id", WITH_A_BODY)
def test_a_body(operation_id: str, stub: StubServer, session: requests.Session) -> None:
    """Each property left out, one too many, and what is no object."""
    operation = OPERATIONS[operation_id]
    whole = body_of(operation, stub)
    lacking = [{key: value for key, value in whole.items() if key != name} for name in whole]
    for body in (whole, *lacking, {**whole, "a_field_that_nobody_knows": 7}, [whole], None, "text", 7, True, {}):
        allowed = reach.errors(operation.body, body) == []
        assert is_refused(send(session, stub, operation, body)) is not allowed, f"{body} is allowed: {allowed}"
        count(SUITE, "bodies")


@pytest.mark.parametrize("operation_id", WITH_A_BODY)
def test_no_body(operation_id: str, stub: StubServer, session: requests.Session) -> None:
    operation = OPERATIONS[operation_id]
    required = operation.node["requestBody"].get("required", False)
    values = values_for(operation, stub)
    assert (
        is_refused(request(session, stub.url, operation, values, json=None, headers={"Content-Type": JSON})) is required
    )
    reach.note(f"{operation.pointer}/requestBody/required")


@pytest.mark.parametrize(("operation_id", "name"), IN_QUERIES)
def test_a_parameter(operation_id: str, name: str, stub: StubServer, session: requests.Session) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    for what, value in boundaries(parameter.schema):
        if value is None or isinstance(value, list | dict):
            continue  # a query cannot say it
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
    """What a text of a query means: a number or a truth value where the contract has one."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) and not_null(schema)["type"] != "string" else text


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_without_what_is_optional(operation_id: str, stub: StubServer, session: requests.Session) -> None:
    operation = OPERATIONS[operation_id]
    assert not is_refused(request(session, stub.url, operation, values_for(operation, stub)))
    for one in operation.at("query"):
        reach.note(one.pointer.replace("/schema", "/required"))


@pytest.mark.parametrize(("operation_id", "name"), WITH_AN_ID)
def test_an_id(operation_id: str, name: str, stub: StubServer, session: requests.Session) -> None:
    """One that is there is found, under its own name; of the others none, whether the contract allows them or not."""
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
            assert not allowed, "it cannot be said in a path"
        count(SUITE, "ids")


@pytest.mark.parametrize(("operation_id", "name"), WITH_AN_ID)
def test_a_path_without_an_id_is_another_path(
    operation_id: str, name: str, stub: StubServer, session: requests.Session
) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    assert request(session, stub.url, operation, {**values_for(operation, stub), name: ""}).status_code == 404
    reach.note(parameter.pointer.replace("/schema", "/required"))


@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer other", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_without_the_token(operation_id: str, authorization: str | None, stub: StubServer) -> None:
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
def test_another_content_type(
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
def test_a_failure_of_the_service(operation_id: str, status: int, stub: StubServer, session: requests.Session) -> None:
    """On order, as the stub has none of its own."""
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
