"""Client against contract, requests: at the bounds of each rule, an allowed value is sent, any other is refused.

The values are made from the contract's own numbers: generated cases seldom come near a bound.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from support.boundaries import boundaries
from support.clients import Clients
from support.contract import OPERATIONS, resolve
from support.counting import count
from support.reach import Reach
from support.sending import as_python, can_be_sent, number_meant, parse_exactly, response_to
from support.values import arguments_of, example

from paisr import InvalidArgumentError

SUITE = "client: rules of what it sends"
pytestmark = pytest.mark.suite(SUITE)
reach = Reach(SUITE)

PARAMETERS = {(operation.id, one.name): one for operation in OPERATIONS.values() for one in operation.parameters}
IN_URLS = [key for key, one in PARAMETERS.items() if one.place in ("query", "path")]
BOUNDED = [key for key, one in PARAMETERS.items() if resolve(one.schema).get("type") == "integer"]
COUNTED = [key for key, one in PARAMETERS.items() if "maxItems" in resolve(one.schema)]


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@pytest.mark.parametrize(("operation_id", "name"), PARAMETERS)
def test_a_value_is_sent_only_if_the_contract_allows_it(operation_id: str, name: str, clients: Clients) -> None:
    """With values on both sides of each rule of its schema."""
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    for what, value in boundaries(parameter.schema):
        if value is None and not parameter.required:
            continue  # None means "not given"
        meant = number_meant(parameter.schema, json.loads(json.dumps(value), parse_float=Decimal))
        allowed = reach.errors(parameter.pointer, meant) == []
        if allowed and not can_be_sent(parameter, meant):
            continue
        arguments = {**arguments_of(operation), parameter.python_name: as_python(parameter.schema, meant)}
        for result in clients.call(operation, arguments, response_to(operation, arguments)):
            assert len(result.sent) == allowed, f"{name}, {what}: {result}"
            assert allowed or isinstance(result.error, InvalidArgumentError)
        count(SUITE, "values on both sides of a rule")


@pytest.mark.parametrize(("operation_id", "name"), COUNTED)
def test_an_array_is_sent_only_up_to_its_maximum_of_items(operation_id: str, name: str, clients: Clients) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    rule = resolve(parameter.schema)
    for length in (0, 1, rule["maxItems"], rule["maxItems"] + 1):
        items = [example(rule["items"])] * length
        arguments = {**arguments_of(operation), parameter.python_name: items}
        allowed = reach.errors(parameter.pointer, items) == []
        for result in clients.call(operation, arguments, response_to(operation, arguments)):
            assert len(result.sent) == allowed, f"{length} of {name}"
            if allowed and parameter.place == "body":
                assert parse_exactly(result.sent[0].content).get(name, []) == items


@pytest.mark.parametrize(("operation_id", "name"), BOUNDED)
def test_a_whole_number_is_sent_only_within_its_bounds(operation_id: str, name: str, clients: Clients) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    rule = resolve(parameter.schema)
    least, most = rule.get("minimum", 0), rule.get("maximum", 1_000_000)
    for number in (least - 1, least, least + 1, most - 1, most, most + 1, -1, -most):
        allowed = reach.errors(parameter.pointer, number) == []
        arguments = {**arguments_of(operation), parameter.python_name: number}
        for result in clients.call(operation, arguments, response_to(operation, arguments)):
            assert len(result.sent) == allowed, f"{name}={number}"
            if allowed and parameter.place == "query":
                assert parse_qsl(result.sent[0].url.query.decode()) == [(name, str(number))]


@pytest.mark.parametrize(("operation_id", "name"), IN_URLS)
@pytest.mark.parametrize("value", [Decimal("7.5"), True, 0, ["SRD"], {"id": "inv_1"}, "", "\n"], ids=repr)
def test_a_parameter_of_another_type_is_sent_only_if_the_contract_allows_it(
    operation_id: str, name: str, value: Any, clients: Clients
) -> None:
    """A caller can pass Python values that no generated query or path has."""
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    allowed = reach.errors(parameter.pointer, value) == []
    for result in clients.call(
        operation, {**arguments_of(operation), parameter.python_name: value}, response_to(operation)
    ):
        assert len(result.sent) == allowed
        assert allowed or isinstance(result.error, InvalidArgumentError)
    count(SUITE, "parameters by hand")
