"""Client against contract, out: what is asked of the client is sent as it is, what the contract forbids is not.

Declared, where the client differs from the case on purpose:

- an empty `items` is sent as no `items`;
- an `invoice_id` with a slash, a backslash, a space or a control character is refused, though the vendor's pattern
  allows it: no id has one, and some of them lead to another path.

What a client's caller cannot say is not asked: a body that is no object, a field that is not the contract's, a required
argument left out (a `TypeError` of Python's own), another method, header or content type. `None` is how a caller says
"not given", and a text of digits is how one says an exact number; neither is a mistake. That everything that *is* the
contract's can be said is tested by test_client_surface.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
import requests
from support.boundaries import boundaries
from support.clients import BASE_URL, TOKEN, Clients, Response, Result
from support.contract import JSON, OPERATIONS, SERVERS_BY_NAME, Operation, Parameter, escaped, not_null, resolve
from support.counting import count
from support.generation import load
from support.mirror import SUCCESSES
from support.reach import Reach
from support.values import arguments_of, example, response_schema

import paisr
from paisr import AsyncPaisr, InvalidArgumentError, Paisr

SUITE = "client: what it sends"
pytestmark = pytest.mark.suite(SUITE)
reach = Reach(SUITE)
schema = load(
    headers={"Authorization": f"Bearer {TOKEN}"},
    generation={"allow-extra-parameters": False},
)

REFUSED_IN_AN_ID = re.compile(r"[/\\\x00-\x20\x7f]")
PARAMETERS = {(operation.id, one.name): one for operation in OPERATIONS.values() for one in operation.parameters}
IN_URLS = [key for key, one in PARAMETERS.items() if one.place in ("query", "path")]
# Filters that take any text.
FREE_FILTERS = [
    key
    for key, one in PARAMETERS.items()
    if one.place == "query" and resolve(one.schema).get("type") == "string"
    if not {"pattern", "enum", "format"} & resolve(one.schema).keys()
]
BOUNDED = [key for key, one in PARAMETERS.items() if resolve(one.schema).get("type") == "integer"]
COUNTED = [key for key, one in PARAMETERS.items() if "maxItems" in resolve(one.schema)]


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@schema.parametrize()
def test_generated(case: Any, clients: Clients) -> None:
    operation = OPERATIONS[case.operation.definition.raw["operationId"]]
    values = as_values(operation, case)
    if values is None:
        count(SUITE, "cases that no caller can express")
        return
    results = clients.call(operation, as_arguments(operation, values), response_to(operation))
    if case.meta.generation.mode.value == "positive":
        check_positive(operation, case, values, results)
    elif is_against_the_contract(operation, values):
        count(SUITE, "negative cases, refused before sending")
        for result in results:
            assert isinstance(result.error, InvalidArgumentError), f"{values} gave {result}"
            assert result.sent == []
    else:
        count(SUITE, "negative cases whose mistake no caller can express")


def check_positive(operation: Operation, case: Any, values: dict[str, Any], results: list[Result]) -> None:
    assert not is_against_the_contract(operation, values)
    if operation.id == "getInvoice" and REFUSED_IN_AN_ID.search(values["invoice_id"]):
        count(SUITE, "ids that the contract allows and the client refuses")
        for result in results:
            assert isinstance(result.error, InvalidArgumentError)
            assert result.sent == []
        return
    count(SUITE, "positive cases, on the wire as they are")
    wanted = requests.Request(**case.as_transport_kwargs(base_url=BASE_URL)).prepare()
    for result in results:
        assert result.error is None, f"{values}: {result.error}"
        (sent,) = result.sent
        check_wire(sent, wanted, operation)


def check_wire(sent: httpx.Request, wanted: requests.PreparedRequest, operation: Operation) -> None:
    """What was sent is what the case itself would have sent."""
    assert sent.method == wanted.method
    target, expected = urlsplit(str(sent.url)), urlsplit(str(wanted.url))
    assert (target.scheme, target.netloc) == (expected.scheme, expected.netloc)
    assert raw_path(sent) == unquote(expected.path)
    query = parse_qsl(sent.url.query.decode(), keep_blank_values=True, errors="strict")
    assert sorted(query) == sorted(parse_qsl(expected.query, keep_blank_values=True))
    assert sent.headers["Authorization"] == wanted.headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent.headers.get("Content-Type") == wanted.headers.get("Content-Type")
    assert sent.headers["Accept"] == "application/json"
    assert sent.headers.get_list("Content-Length") == ([str(len(sent.content))] if sent.content else [])
    for one in operation.at("header"):
        assert sent.headers.get(one.name) == wanted.headers.get(one.name)
    if wanted.body is None:
        assert sent.content == b""
    else:
        body = exactly(wanted.body)
        if body.get("items") == []:
            del body["items"]
        assert exactly(sent.content) == body
        reach.note(f"{operation.pointer}/requestBody/content/{escaped(JSON)}")
    reach.note(f"{operation.pointer}/security/0/bearerToken")


def raw_path(sent: httpx.Request) -> str:
    return unquote(sent.url.raw_path.decode().partition("?")[0])


def exactly(content: str | bytes) -> Any:
    """JSON with every number as a `Decimal` of its own digits."""
    return json.loads(content, parse_float=Decimal, parse_int=Decimal)


def response_to(operation: Operation) -> Response:
    """The least that is a success."""
    if operation.id not in SUCCESSES:
        return Response(int(operation.success), b"")
    return Response(SUCCESSES[operation.id].status_code, json.dumps(example(response_schema(operation))).encode())


def as_values(operation: Operation, case: Any) -> dict[str, Any] | None:
    """What the case gives, by the names of the contract, or None where no caller can say it."""
    if case.method.lower() != operation.method or (operation.body and not isinstance(case.body, dict)):
        return None
    given = {
        "path": {name: unquote(str(value)) for name, value in (case.path_parameters or {}).items()},
        "query": case.query or {},
        "header": case.headers or {},
        "body": json.loads(json.dumps(case.body), parse_float=Decimal) if operation.body else {},
    }
    known = {place: {one.name for one in operation.at(place)} for place in given}
    if any(given[place].keys() - known[place] for place in ("path", "query", "body")):
        return None
    values = {
        one.name: number_meant(one.schema, given[one.place][one.name], text=one.place != "body")
        for one in operation.parameters
        if one.name in given[one.place]
    }
    said = {one.name for one in operation.parameters if one.required or values.get(one.name, "") is not None}
    required = {one.name for one in operation.parameters if one.required}
    return values if required <= values.keys() <= said else None


def number_meant(wanted: dict[str, Any], value: Any, *, text: bool = False) -> Any:
    """A text of digits is an exact number to the client; a whole number or a truth value is a TEXT in a URL."""
    wanted = not_null(wanted)
    kind = wanted.get("type")
    if isinstance(value, list) and kind == "array":
        return [number_meant(wanted["items"], one) for one in value]
    if isinstance(value, dict) and kind == "object":
        inner = wanted.get("properties", {})
        return {name: number_meant(inner.get(name, {}), one) for name, one in value.items()}
    if kind == "number" and isinstance(value, str):
        return Decimal(value) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", value) else value
    if text and kind == "integer" and isinstance(value, str):
        return int(value) if re.fullmatch("-?[0-9]{1,9}", value) else value
    return value == "true" if text and kind == "boolean" and value in ("true", "false") else value


def as_arguments(operation: Operation, values: dict[str, Any]) -> dict[str, Any]:
    """By the names of the method's parameters; half of the objects in a list as models, where they can be."""
    return {one.python_name: as_models(one, values[one.name]) for one in operation.parameters if one.name in values}


def as_models(parameter: Parameter, value: Any) -> Any:
    name = resolve(parameter.schema).get("items", {}).get("$ref", "").rpartition("/")[2]
    if not name or not isinstance(value, list) or reach.errors(parameter.pointer, value) != []:
        return value
    model = getattr(paisr, name)
    return [model(**one) if index % 2 else one for index, one in enumerate(value)]


def is_against_the_contract(operation: Operation, values: dict[str, Any]) -> bool:
    given = [one for one in operation.parameters if one.name in values]
    wrong = [one for one in given if one.place != "body" and reach.errors(one.pointer, values[one.name]) != []]
    body = {one.name: values[one.name] for one in given if one.place == "body"}
    return bool(wrong) or bool(operation.body and reach.errors(operation.body, body))


@pytest.mark.parametrize(
    "number",
    ["0.1", "149.95", "1.10", "9007199254740993", "0.30000000000000004", "1.0000000000000000000000000000000000000001",
     "12345678901234567890.123456789", "1E+300", "1e-300"],
)  # fmt: skip
def test_every_digit_reaches_the_wire(number: str, clients: Clients) -> None:
    """More digits than a double holds, which no generated case has."""
    operation = OPERATIONS["createInvoice"]
    item = {"description": "Pizza", "quantity": 1, "unit_price": Decimal(number)}
    for result in clients.call(operation, {**arguments_of(operation), "items": [item]}, response_to(operation)):
        (sent,) = result.sent
        assert exactly(sent.content)["items"][0]["unit_price"] == Decimal(number)
    count(SUITE, "numbers by hand")


@pytest.mark.parametrize(("operation_id", "name"), PARAMETERS)
def test_both_sides_of_every_rule(operation_id: str, name: str, clients: Clients) -> None:
    """What the contract allows is sent, what it does not is refused; generated cases seldom come near a bound."""
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    for what, value in boundaries(parameter.schema):
        if value is None and not parameter.required:
            continue  # it was not given
        meant = number_meant(parameter.schema, json.loads(json.dumps(value), parse_float=Decimal))
        allowed = reach.errors(parameter.pointer, meant) == []
        if allowed and parameter.place == "path" and REFUSED_IN_AN_ID.search(meant):
            continue
        arguments = {**arguments_of(operation), parameter.python_name: meant}
        for result in clients.call(operation, arguments, response_to(operation)):
            assert len(result.sent) == allowed, f"{name}, {what}: {result}"
            assert allowed or isinstance(result.error, InvalidArgumentError)
        count(SUITE, "values on both sides of a rule")


@pytest.mark.parametrize(("operation_id", "name"), COUNTED)
def test_number_of_items(operation_id: str, name: str, clients: Clients) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    rule = resolve(parameter.schema)
    for length in (0, 1, rule["maxItems"], rule["maxItems"] + 1):
        items = [example(rule["items"])] * length
        arguments = {**arguments_of(operation), parameter.python_name: items}
        allowed = reach.errors(parameter.pointer, items) == []
        for result in clients.call(operation, arguments, response_to(operation)):
            assert len(result.sent) == allowed, f"{length} of {name}"
            if allowed:
                assert exactly(result.sent[0].content).get(name, []) == items


@pytest.mark.parametrize(("operation_id", "name"), BOUNDED)
def test_bounds_of_a_whole_number(operation_id: str, name: str, clients: Clients) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    rule = resolve(parameter.schema)
    least, most = rule.get("minimum", 0), rule.get("maximum", 1_000_000)
    for number in (least - 1, least, least + 1, most - 1, most, most + 1, -1, -most):
        allowed = reach.errors(parameter.pointer, number) == []
        arguments = {**arguments_of(operation), parameter.python_name: number}
        for result in clients.call(operation, arguments, response_to(operation)):
            assert len(result.sent) == allowed, f"{name}={number}"
            if allowed and parameter.place == "query":
                assert parse_qsl(result.sent[0].url.query.decode()) == [(name, str(number))]


@pytest.mark.parametrize(("operation_id", "name"), IN_URLS)
@pytest.mark.parametrize("value", [7.5, True, 0, ["SRD"], {"id": "inv_1"}, "", "\n"], ids=repr)
def test_a_parameter_of_another_kind(operation_id: str, name: str, value: Any, clients: Clients) -> None:
    """What no query and no path can carry, a caller can still pass."""
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    allowed = reach.errors(parameter.pointer, value) == []
    for result in clients.call(
        operation, {**arguments_of(operation), parameter.python_name: value}, response_to(operation)
    ):
        assert len(result.sent) == allowed
        assert allowed or isinstance(result.error, InvalidArgumentError)
    count(SUITE, "parameters by hand")


@pytest.mark.parametrize(
    "invoice_id",
    ["inv_", "inv_1?limit=1", "inv_1#2", "inv_%31", "inv_%2F..", "inv_..", "inv_ü印", "inv_a+b&c=d;e", "inv_'~!"],
)
def test_every_id_is_one_segment_of_the_path(invoice_id: str, clients: Clients) -> None:
    """Characters that mean something in an address, which generated ids seldom have."""
    operation, parameter = OPERATIONS["getInvoice"], PARAMETERS["getInvoice", "invoice_id"]
    assert reach.errors(parameter.pointer, invoice_id) == []
    for result in clients.call(operation, {"invoice_id": invoice_id}, response_to(operation)):
        (sent,) = result.sent
        assert raw_path(sent) == "/v2" + operation.path.replace("{invoice_id}", invoice_id)
        assert sent.url.query == b""
        assert sent.url.fragment == ""
    count(SUITE, "ids by hand")


@pytest.mark.parametrize(("operation_id", "name"), FREE_FILTERS)
@pytest.mark.parametrize("text", ["a&limit=1", "a=b", "a+b c", "a#b", "50%", "%41", "ü印\U0001f355", "a\tb\n"])
def test_every_filter_is_one_value_of_the_query(operation_id: str, name: str, text: str, clients: Clients) -> None:
    operation, parameter = OPERATIONS[operation_id], PARAMETERS[operation_id, name]
    arguments = {**arguments_of(operation), parameter.python_name: text}
    for result in clients.call(operation, arguments, response_to(operation)):
        (sent,) = result.sent
        assert parse_qsl(sent.url.query.decode(), errors="strict") == [(name, text)]
    count(SUITE, "filters by hand")


@pytest.mark.parametrize("environment", SERVERS_BY_NAME)
def test_each_environment_is_the_contract_s_server(environment: Any) -> None:
    index, url = SERVERS_BY_NAME[environment]
    client, asynchronous = Paisr(TOKEN, environment=environment), AsyncPaisr(TOKEN, environment=environment)
    with client:
        assert url in repr(client)
        assert url in repr(asynchronous)
    for part in ("url", "variables/version/default"):
        reach.note(f"/servers/{index}/{part}")
