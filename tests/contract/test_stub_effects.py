"""Stub against contract: it has every operation, and every optional parameter has an effect.

A stub that ignores a parameter passes every test of a single response, because the response is valid. So each optional
parameter, header and property of a body is sent with several values. One of them has to change the response, or what
is read afterwards along the contract's links.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from support.boundaries import boundaries
from support.contract import OPERATIONS, Operation, Parameter
from support.counting import count
from support.reach import Reach
from support.stubs import KNOWN, TOKEN, fill, request, settings, values_for
from support.values import example

from paisr_stub import StubServer

SUITE = "stub: effects"
pytestmark = pytest.mark.suite(SUITE)
reach = Reach(SUITE)
OPTIONAL = [
    (operation.id, one.name) for operation in OPERATIONS.values() for one in operation.parameters if not one.required
]
Leaves = dict[str, Any]


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        fill(stub)
        yield stub


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        yield session


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_the_stub_has_every_operation_of_the_contract(
    operation_id: str, stub: StubServer, session: requests.Session
) -> None:
    operation = OPERATIONS[operation_id]
    response = request(session, stub.url, operation, values_for(operation, stub))
    assert response.status_code == int(operation.success), f"{operation.id}: {response.text}"
    count(SUITE, "operations")


@pytest.mark.parametrize(("operation_id", "name"), OPTIONAL)
def test_an_optional_parameter_has_an_effect(
    operation_id: str, name: str, stub: StubServer, session: requests.Session
) -> None:
    operation = OPERATIONS[operation_id]
    parameter = next(one for one in operation.parameters if one.name == name)
    given = values_for(operation, stub)
    # Two equal requests show which values always differ: ids, times.
    without = [observed(session, stub, operation, given) for _ in range(2)]
    for value in candidates(parameter, stub):
        with_it = [observed(session, stub, operation, {**given, name: value}) for _ in range(2)]
        if differs(without, with_it):
            count(SUITE, "parameters")
            return
    pytest.fail(f"the stub ignores {name} of {operation_id}: no value of it has an effect")


def candidates(parameter: Parameter, stub: StubServer) -> Iterator[Any]:
    """Values that the contract allows, and values that exist in the stub."""
    yield example(parameter.schema, full=True)
    yield from KNOWN.get(parameter.name, lambda _stub: ())(stub)
    yield from (value for _what, value in boundaries(parameter.schema) if reach.errors(parameter.pointer, value) == [])


def observed(session: requests.Session, stub: StubServer, operation: Operation, values: dict[str, Any]) -> Leaves:
    """The values of the response, and of what is read along its links, by path. The response has to be a success."""
    response = request(session, stub.url, operation, values)
    assert response.status_code == int(operation.success), f"{operation.id} with {values}: {response.text}"
    found = {"": response.json()} if response.content else {}
    for name, link in operation.response(response.status_code)[1].get("links", {}).items():
        follow, target = OPERATIONS[link["operationId"]], dict[str, Any]()
        for parameter, expression in link["parameters"].items():
            target[parameter] = pointed_at(found[""], expression.removeprefix("$response.body#"))
        found[name] = request(session, stub.url, follow, target).json()
    return dict(leaves(found))


def pointed_at(value: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        value = value[key]
    return value


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list) or not value:
        yield path, json.dumps(value)
    for key, one in members:
        yield from leaves(one, f"{path}.{key}")


def changing(pair: list[Leaves]) -> set[str]:
    """The paths at which two responses to the same request differ."""
    return {path for path in pair[0].keys() | pair[1].keys() if pair[0].get(path) != pair[1].get(path)}


def differs(without: list[Leaves], with_it: list[Leaves]) -> bool:
    """Whether a value differs that does not always differ, or one that always differs no longer does."""
    always = changing(without)
    if changing(with_it) != always:
        return True
    both = without[0].keys() | with_it[0].keys()
    return any(without[0].get(path) != with_it[0].get(path) for path in both - always)
