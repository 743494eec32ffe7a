"""Client against contract, out: what is asked of the client is sent as it is, what the contract forbids is not.

Declared, where the client differs from the case on purpose:

- an empty `items` is sent as no `items`;
- an `invoice_id` with a slash, a backslash, a space or a control character is refused, though the vendor's pattern
  (`^inv_.*$`) allows it: no id has one, and some of them lead to another path.

What a client's caller cannot say is not asked: a body that is no object, a field that is no argument, a required
argument left out (a `TypeError` of Python's own), another method, header or content type. `None` is how a caller says
"not given", and a text of digits is how one says an exact number; neither is a mistake.
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
from holding.clients import BASE_URL, TOKEN, Answer, Clients, Result
from holding.contract import SERVERS_BY_NAME
from holding.counting import count
from holding.generation import load
from holding.reach import Reach

from paisr import AsyncPaisr, InvalidArgumentError, LineItem, Paisr

GATE = "client: what it sends"
pytestmark = pytest.mark.gate(GATE)
reach = Reach(GATE)
schema = load(
    headers={"Authorization": f"Bearer {TOKEN}"},
    generation={"allow-extra-parameters": False},
)

METHODS = {"createInvoice": "create", "listInvoices": "list", "getInvoice": "get"}
ANSWERS = {
    "createInvoice": {"id": "inv_1", "status": "draft"},
    "listInvoices": {"invoices": []},
    "getInvoice": {"id": "inv_1", "status": "draft"},
}
REQUEST = "/components/schemas/CreateInvoiceRequest"
LIST = "/paths/~1invoices/get/parameters"
PLACES = {name: f"{LIST}/{index}" for index, name in enumerate(("resource_id", "currency", "status", "limit"))}
PLACES["invoice_id"] = "/paths/~1invoices~1{invoice_id}/get/parameters/0"
ARGUMENTS = ("customer", "summary", "currency", "due", "items")
REQUIRED = ("customer", "summary", "due")
REFUSED_IN_AN_ID = re.compile(r"[/\\\x00-\x20\x7f]")


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@schema.parametrize()
def test_generated(case: Any, clients: Clients) -> None:
    name = case.operation.definition.raw["operationId"]
    arguments = as_arguments(name, case)
    if arguments is None:
        count(GATE, "cases that no caller can express")
        return
    results = clients.call(METHODS[name], as_given(arguments), answer_to(name))
    if case.meta.generation.mode.value == "positive":
        hold_positive(name, case, arguments, results)
    elif is_against_the_contract(name, arguments):
        count(GATE, "negative cases, refused before sending")
        for result in results:
            assert isinstance(result.error, InvalidArgumentError), f"{arguments} gave {result}"
            assert result.sent == []
    else:
        count(GATE, "negative cases whose mistake no caller can express")


def hold_positive(name: str, case: Any, arguments: dict[str, Any], results: list[Result]) -> None:
    assert not is_against_the_contract(name, arguments)
    if name == "getInvoice" and REFUSED_IN_AN_ID.search(arguments["invoice_id"]):
        count(GATE, "ids that the contract allows and the client refuses")
        for result in results:
            assert isinstance(result.error, InvalidArgumentError)
            assert result.sent == []
        return
    count(GATE, "positive cases, on the wire as they are")
    wanted = requests.Request(**case.as_transport_kwargs(base_url=BASE_URL)).prepare()
    for result in results:
        assert result.error is None, f"{arguments}: {result.error}"
        (sent,) = result.sent
        hold_wire(sent, wanted, case)


def hold_wire(sent: httpx.Request, wanted: requests.PreparedRequest, case: Any) -> None:
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
    if wanted.body is None:
        assert sent.content == b""
    else:
        body = exactly(wanted.body)
        if body.get("items") == []:
            del body["items"]
        assert exactly(sent.content) == body
        reach.note("/paths/~1invoices/post/requestBody/content/application~1json")
    reach.note(f"{operation_place(case)}/security/0/bearerToken")


def raw_path(sent: httpx.Request) -> str:
    return unquote(sent.url.raw_path.decode().partition("?")[0])


def operation_place(case: Any) -> str:
    return f"/paths/{case.path.replace('/', '~1')}/{case.method.lower()}"


def exactly(content: str | bytes) -> Any:
    """JSON with every number as a `Decimal` of its own digits."""
    return json.loads(content, parse_float=Decimal, parse_int=Decimal)


def answer_to(name: str) -> Answer:
    return Answer(200, json.dumps({"success": True, "data": ANSWERS[name]}).encode())


def as_arguments(name: str, case: Any) -> dict[str, Any] | None:
    """The case as keyword arguments of the client's method, or None where it cannot be one."""
    if case.method.lower() != case.operation.method.lower():
        return None
    if name == "getInvoice":
        return {"invoice_id": unquote(str(case.path_parameters["invoice_id"]))} if case.path_parameters else None
    if name == "listInvoices":
        given = {key: as_value(key, value) for key, value in case.query.items()}
        return given if given.keys() <= set(PLACES) - {"invoice_id"} and None not in given.values() else None
    body = case.body
    if not isinstance(body, dict) or not set(REQUIRED) <= body.keys() <= set(ARGUMENTS):
        return None
    if "currency" in body and body["currency"] is None:
        return None
    arguments: dict[str, Any] = json.loads(json.dumps(body), parse_float=Decimal)
    for item in arguments["items"] if isinstance(arguments.get("items"), list) else ():
        if isinstance(item, dict):
            item.update({key: number_meant(item[key]) for key in ("quantity", "unit_price") if key in item})
    return arguments


def as_value(name: str, value: Any) -> Any:
    """A value of a query, where a number and its text are the same."""
    return int(value) if name == "limit" and isinstance(value, str) and re.fullmatch("-?[0-9]{1,9}", value) else value


def number_meant(value: Any) -> Any:
    """A text of digits is an exact number to the client."""
    plain = isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", value)
    return Decimal(value) if plain else value


def as_given(arguments: dict[str, Any]) -> dict[str, Any]:
    """Half of the items as `LineItem`, half as mappings, where they can be both."""
    items = arguments.get("items")
    if not isinstance(items, list) or reach.errors(f"{REQUEST}/properties/items", items) != []:
        return arguments
    return {**arguments, "items": [LineItem(**item) if index % 2 else item for index, item in enumerate(items)]}


def is_against_the_contract(name: str, arguments: dict[str, Any]) -> bool:
    if name == "createInvoice":
        return reach.errors(REQUEST, arguments) != []
    return any(reach.errors(f"{PLACES[key]}/schema", value) != [] for key, value in arguments.items())


@pytest.mark.parametrize(
    "number",
    ["0.1", "149.95", "1.10", "9007199254740993", "0.30000000000000004", "1.0000000000000000000000000000000000000001",
     "12345678901234567890.123456789", "1E+300", "1e-300"],
)  # fmt: skip
def test_every_digit_reaches_the_wire(number: str, clients: Clients) -> None:
    """More digits than a double holds, which no generated case has."""
    item = {"description": "Pizza", "quantity": 1, "unit_price": Decimal(number)}
    arguments = {"customer": "cus_1", "summary": "", "due": "In 3 days", "items": [item]}
    for result in clients.call("create", arguments, answer_to("createInvoice")):
        (sent,) = result.sent
        assert exactly(sent.content)["items"][0]["unit_price"] == Decimal(number)
    count(GATE, "numbers by hand")


@pytest.mark.parametrize(("count_of_items", "allowed"), [(0, True), (1, True), (50, True), (51, False)])
def test_number_of_items(count_of_items: int, allowed: bool, clients: Clients) -> None:
    items = [{"description": "Pizza", "quantity": 1, "unit_price": 0}] * count_of_items
    arguments = {"customer": "cus_1", "summary": "", "due": "In 3 days", "items": items}
    assert is_against_the_contract("createInvoice", arguments) is not allowed
    for result in clients.call("create", arguments, answer_to("createInvoice")):
        assert len(result.sent) == allowed
        if allowed:
            assert exactly(result.sent[0].content).get("items", []) == items


@pytest.mark.parametrize(("limit", "allowed"), [(0, False), (1, True), (1000, True), (1001, False), (-1, False)])
def test_limit(limit: int, allowed: bool, clients: Clients) -> None:
    assert is_against_the_contract("listInvoices", {"limit": limit}) is not allowed
    for result in clients.call("list", {"limit": limit}, answer_to("listInvoices")):
        assert [request.url.query.decode() for request in result.sent] == ([f"limit={limit}"] if allowed else [])


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("value", [7.5, True, 0, ["SRD"], {"id": "inv_1"}, "", "\n"], ids=repr)
def test_a_parameter_of_another_kind(name: str, value: Any, clients: Clients) -> None:
    """What no query and no path can carry, a caller can still pass."""
    method = "get" if name == "invoice_id" else "list"
    if reach.errors(f"{PLACES[name]}/schema", value) == []:
        assert (name, value) == ("resource_id", "\n")
        return
    for result in clients.call(method, {name: value}, answer_to("listInvoices")):
        assert isinstance(result.error, InvalidArgumentError)
        assert result.sent == []
    count(GATE, "parameters by hand, refused before sending")


@pytest.mark.parametrize(
    "invoice_id",
    ["inv_", "inv_1?limit=1", "inv_1#2", "inv_%31", "inv_%2F..", "inv_..", "inv_ü印", "inv_a+b&c=d;e", "inv_'~!"],
)
def test_every_id_is_one_segment_of_the_path(invoice_id: str, clients: Clients) -> None:
    """Characters that mean something in an address, which generated ids seldom have."""
    assert reach.errors(f"{PLACES['invoice_id']}/schema", invoice_id) == []
    for result in clients.call("get", {"invoice_id": invoice_id}, answer_to("getInvoice")):
        (sent,) = result.sent
        assert raw_path(sent) == f"/v2/invoices/{invoice_id}"
        assert sent.url.query == b""
        assert sent.url.fragment == ""
    count(GATE, "ids by hand")


@pytest.mark.parametrize("text", ["a&limit=1", "a=b", "a+b c", "a#b", "50%", "%41", "ü印\U0001f355", "a\tb\n"])
def test_every_filter_is_one_value_of_the_query(text: str, clients: Clients) -> None:
    for result in clients.call("list", {"resource_id": text}, answer_to("listInvoices")):
        (sent,) = result.sent
        assert parse_qsl(sent.url.query.decode(), errors="strict") == [("resource_id", text)]
    count(GATE, "filters by hand")


@pytest.mark.parametrize("environment", SERVERS_BY_NAME)
def test_each_environment_is_the_contract_s_server(environment: Any) -> None:
    index, url = SERVERS_BY_NAME[environment]
    client, asynchronous = Paisr(TOKEN, environment=environment), AsyncPaisr(TOKEN, environment=environment)
    with client:
        assert url in repr(client)
        assert url in repr(asynchronous)
    for part in ("url", "variables/version/default"):
        reach.note(f"/servers/{index}/{part}")
