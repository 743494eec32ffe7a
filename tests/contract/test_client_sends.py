"""Client against contract, requests: an allowed call is sent unchanged, a forbidden one is refused before sending.

Declared differences between a case and the client's request:

- an empty `items` is sent as no `items`;
- an `invoice_id` with a slash, a backslash, a space or a control character is refused, though the vendor's pattern
  allows it: no id has such a character, and some of them change the path.

Cases that no caller can express are skipped: a body that is no object, an unknown field, a missing required argument
(Python's own `TypeError`), another method, header or content type. `None` means "not given", and a text of digits is an
exact number; neither is a mistake. test_client_surface.py tests that a caller can express everything in the contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
import requests
from support.clients import BASE_URL, TOKEN, Clients, Result
from support.contract import JSON, OPERATIONS, SERVERS_BY_NAME, Operation, Parameter, at, escaped, resolve
from support.counting import count
from support.generation import load
from support.reach import Reach
from support.sending import REFUSED_IN_AN_ID, as_python, can_be_sent, number_meant, parse_exactly, response_to
from support.values import arguments_of

import paisr
from paisr import AsyncPaisr, InvalidArgumentError, Paisr

SUITE = "client: what it sends"
pytestmark = pytest.mark.suite(SUITE)
reach = Reach(SUITE)
schema = load(
    headers={"Authorization": f"Bearer {TOKEN}"},
    generation={"allow-extra-parameters": False},
)

PARAMETERS = {(operation.id, one.name): one for operation in OPERATIONS.values() for one in operation.parameters}
# Filters that take any text.
FREE_FILTERS = [
    key
    for key, one in PARAMETERS.items()
    if one.place == "query" and resolve(one.schema).get("type") == "string"
    if not {"pattern", "enum", "format"} & resolve(one.schema).keys()
]


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@schema.parametrize()
def test_a_generated_call_is_sent_unchanged_or_refused(case: Any, clients: Clients) -> None:
    operation = OPERATIONS[case.operation.definition.raw["operationId"]]
    values = as_values(operation, case)
    if values is None:
        count(SUITE, "cases that no caller can express")
        return
    results = clients.call(
        operation, as_arguments(operation, values), response_to(operation, as_arguments(operation, values))
    )
    if case.meta.generation.mode.value == "positive":
        check_positive(operation, case, values, results)
    elif violates_the_contract(operation, values):
        count(SUITE, "negative cases, refused before sending")
        for result in results:
            assert isinstance(result.error, InvalidArgumentError), f"{values} gave {result}"
            assert result.sent == []
    else:
        count(SUITE, "negative cases whose mistake no caller can express")


def check_positive(operation: Operation, case: Any, values: dict[str, Any], results: list[Result]) -> None:
    assert not violates_the_contract(operation, values)
    if operation.id == "getInvoice" and REFUSED_IN_AN_ID.search(values["invoice_id"]):
        count(SUITE, "ids that the contract allows and the client refuses")
        for result in results:
            assert isinstance(result.error, InvalidArgumentError)
            assert result.sent == []
        return
    count(SUITE, "positive cases, sent unchanged")
    wanted = requests.Request(**case.as_transport_kwargs(base_url=BASE_URL)).prepare()
    for result in results:
        assert result.error is None, f"{values}: {result.error}"
        (sent,) = result.sent
        check_wire(sent, wanted, operation)


def check_wire(sent: httpx.Request, wanted: requests.PreparedRequest, operation: Operation) -> None:
    """The request equals the one that the case itself would send."""
    assert sent.method == wanted.method
    target, expected = urlsplit(str(sent.url)), urlsplit(str(wanted.url))
    assert (target.scheme, target.netloc) == (expected.scheme, expected.netloc)
    assert raw_path(sent) == unquote(expected.path)
    query = parse_qsl(sent.url.query.decode(), keep_blank_values=True, errors="strict")
    assert normalized(operation, query) == normalized(operation, parse_qsl(expected.query, keep_blank_values=True))
    assert sent.headers["Authorization"] == wanted.headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent.headers.get("Content-Type") == wanted.headers.get("Content-Type")
    assert sent.headers["Accept"] == "application/json"
    length = [str(len(sent.content))] if sent.content or sent.method == "POST" else []
    assert sent.headers.get_list("Content-Length") == length
    for one in operation.at("header"):
        assert sent.headers.get(one.name) == wanted.headers.get(one.name)
    if wanted.body is None:
        assert sent.content == b""
    else:
        body = parse_exactly(wanted.body)
        if body.get("items") == []:
            del body["items"]
        assert as_python(at(operation.body), parse_exactly(sent.content)) == as_python(at(operation.body), body)
        reach.note(f"{operation.pointer}/requestBody/content/{escaped(JSON)}")
    reach.note(f"{operation.pointer}/security/0/bearerToken")


def normalized(operation: Operation, query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of a query, sorted, with one spelling for each number and each time."""
    schemas = {one.name: one.schema for one in operation.at("query")}
    values = [
        (name, as_python(schemas.get(name, {}), number_meant(schemas.get(name, {}), text))) for name, text in query
    ]
    return sorted((name, f"{value:.30e}" if isinstance(value, Decimal) else str(value)) for name, value in values)


def raw_path(sent: httpx.Request) -> str:
    return unquote(sent.url.raw_path.decode().partition("?")[0])


def as_values(operation: Operation, case: Any) -> dict[str, Any] | None:
    """The values of the case by the names of the contract, or None where no caller can express it."""
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
    expressible = {one.name for one in operation.parameters if one.required or values.get(one.name, "") is not None}
    required = {one.name for one in operation.parameters if one.required}
    sendable = all(can_be_sent(one, values[one.name]) for one in operation.at("header") if one.name in values)
    return values if required <= values.keys() <= expressible and sendable else None


def as_arguments(operation: Operation, values: dict[str, Any]) -> dict[str, Any]:
    """VALUES by the names of the method's parameters; in a valid list, every second object as a model."""
    return {
        one.python_name: as_models(one, as_python(one.schema, values[one.name]))
        for one in operation.parameters
        if one.name in values
    }


def as_models(parameter: Parameter, value: Any) -> Any:
    name = resolve(parameter.schema).get("items", {}).get("$ref", "").rpartition("/")[2]
    if not name or not isinstance(value, list) or reach.errors(parameter.pointer, value) != []:
        return value
    model = getattr(paisr, name)
    return [model(**one) if index % 2 else one for index, one in enumerate(value)]


def violates_the_contract(operation: Operation, values: dict[str, Any]) -> bool:
    given = [one for one in operation.parameters if one.name in values]
    wrong = [one for one in given if one.place != "body" and reach.errors(one.pointer, values[one.name]) != []]
    body = {one.name: values[one.name] for one in given if one.place == "body"}
    return bool(wrong) or bool(operation.body and reach.errors(operation.body, body))


@pytest.mark.parametrize(
    "number",
    ["0.1", "149.95", "1.10", "9007199254740993", "0.30000000000000004", "1.0000000000000000000000000000000000000001",
     "12345678901234567890.123456789", "1E+300", "1e-300"],
)  # fmt: skip
def test_every_digit_of_a_number_is_sent(number: str, clients: Clients) -> None:
    """Some have more digits than a double holds, which no generated case has."""
    operation = OPERATIONS["createInvoice"]
    item = {"description": "Pizza", "quantity": 1, "unit_price": Decimal(number)}
    for result in clients.call(operation, {**arguments_of(operation), "items": [item]}, response_to(operation)):
        (sent,) = result.sent
        assert parse_exactly(sent.content)["items"][0]["unit_price"] == Decimal(number)
    count(SUITE, "numbers by hand")


@pytest.mark.parametrize(
    "invoice_id",
    ["inv_", "inv_1?limit=1", "inv_1#2", "inv_%31", "inv_%2F..", "inv_..", "inv_ü印", "inv_a+b&c=d;e", "inv_'~!"],
)
def test_every_id_is_one_segment_of_the_path(invoice_id: str, clients: Clients) -> None:
    """With characters that have a meaning in a URL, which generated ids seldom have."""
    operation, parameter = OPERATIONS["getInvoice"], PARAMETERS["getInvoice", "invoice_id"]
    assert reach.errors(parameter.pointer, invoice_id) == []
    for result in clients.call(
        operation, {"invoice_id": invoice_id}, response_to(operation, {"invoice_id": invoice_id})
    ):
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
    for result in clients.call(operation, arguments, response_to(operation, arguments)):
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
