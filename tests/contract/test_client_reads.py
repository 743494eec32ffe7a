"""Client against contract, responses: an allowed response is read without loss, any other is an error.

Declared differences, where the client is less or more strict than the contract:

- an unknown field is no error, and an unknown value of an enumeration is read as its text;
- a text that `Decimal` reads as a finite number is read as that number, exactly; `"NaN"` and `"Infinity"` are errors;
- a number of 1,000 orders of magnitude or more is an error: writing it out would fill the memory;
- a response with an error status raises the error of that status, whatever its body: an envelope that cannot be read
  only gives it no message;
- of the formats, date-time is enforced, with its offset; the contract has no other. A space instead of the T, and an
  offset without its colon, are read as the instant that they name. Digits after the microsecond are rounded, and a
  leap second is an error: no `datetime` holds either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from support.clients import Clients, Response, Result
from support.contract import JSON, OPERATIONS, at, escaped, lists, not_null
from support.counting import OFF_SCHEMA, count
from support.editing import inner_places, replaced, without
from support.generation import load
from support.mirror import RESPONSES, SUCCESSES, ContractResponse, document
from support.reach import Reach
from support.reading import MAX_EXPONENT, is_tolerated, leaves, losses, parse_exactly, path_of
from support.sending import REFUSED_IN_AN_ID
from support.values import arguments_of, example, response_schema

from paisr import APIStatusError, OutcomeUnknownError, UnexpectedResponseError

SUITE = "client: what it reads"
pytestmark = pytest.mark.suite(SUITE)
reach = Reach(SUITE)
mirror = load(document())

# Each replaces each value of a response. The contract decides where the result is valid.
SUBSTITUTES: list[Any] = [
    None, True, False, 0, 7, -1, 0.5, 1e300, "", "text", "7", "0.10", "NaN", "Infinity", "-inf", "paid", "SRD", [], {},
    [None], [{}], {"id": "inv_1"}, "2023-11-07T05:31:56Z", "2023-11-07T05:31:56+05:30",
    "2023-11-07T05:31:56.123456-03:00", "2023-11-07T05:31:56", "2023-11-07", "2023-11-07T25:31:56Z",
    "2023-02-30T05:31:56Z", "yesterday",
]  # fmt: skip


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@mirror.parametrize()
def test_a_generated_response_is_read_or_refused_as_the_contract_says(case: Any, clients: Clients) -> None:
    response = RESPONSES[case.path]
    try:
        content = json.dumps(case.body, ensure_ascii=False).encode()
    except TypeError:  # a case without a body
        content = b""
    check(response, content, clients)


def check(response: ContractResponse, content: bytes, clients: Clients) -> None:
    """Give CONTENT to each client. The contract decides whether it has to be read or refused."""
    results = clients.call(
        response.operation, arguments_of(response.operation), Response(response.status_code, content)
    )
    try:
        value = parse_exactly(content)
    except ValueError:
        check_refused(response, {"$"}, results)
        return
    found = list(leaves(reach.errors(response.place, value)))
    note_status(response)
    if not response.is_success:
        check_error(response, value, found, results)
        return
    wrong = [error for error in found if not is_tolerated(error)]
    if wrong:
        check_refused(response, {path_of(error) for error in wrong}, results)
    elif has_another_id(response, value):
        count(SUITE, "valid responses that belong to another request")
        check_refused(response, {"$.data.id"}, results)
    else:
        check_read(response, value, results, tolerant=bool(found))


def has_another_id(response: ContractResponse, value: Any) -> bool:
    """Whether a response has another id than the requested one, or a new id that could not be requested."""
    found = value["data"].get("id")
    asked = arguments_of(response.operation).get("invoice_id")
    if asked is not None:
        return bool(found != asked)
    if response.operation.id != "createInvoice":
        return False
    # A new id starts with `inv_`, and has no character that the client refuses in an id (test_client_sends.py).
    return not found.startswith("inv_") or REFUSED_IN_AN_ID.search(found) is not None


def check_read(response: ContractResponse, value: Any, results: list[Result], *, tolerant: bool) -> None:
    count(SUITE, "off-schema responses read, as declared" if tolerant else "valid responses read without loss")
    schema, path = at(response.place), "$"
    if "data" in schema["properties"]:
        schema, value, path = schema["properties"]["data"], value["data"], "$.data"
    for result in results:
        assert result.error is None, f"refused: {result.error}"
        assert list(losses(value, result.value, schema, path)) == []
        for name in lists(schema) if isinstance(result.value, Sequence) else ():
            assert list(result.value) == getattr(result.value, name)


def check_refused(response: ContractResponse, paths: set[str], results: list[Result]) -> None:
    if not response.is_success:
        check_error(response, None, [True], results)
        return
    count(SUITE, OFF_SCHEMA)
    for result in results:
        error: BaseException | None = result.error
        if not response.operation.is_idempotent:
            assert isinstance(error, OutcomeUnknownError), f"{error!r}, wrong at {paths}"
            error = error.__cause__
        assert isinstance(error, UnexpectedResponseError), f"{error!r}, wrong at {paths}"
        assert error.path in paths, f"{error}, wrong at {paths}"
        assert error.status_code == response.status_code
        assert error.outcome == "unknown"


def check_error(response: ContractResponse, value: Any, found: list[Any], results: list[Result]) -> None:
    count(SUITE, "error envelopes that are not the contract's" if found else "error envelopes")
    for result in results:
        error: BaseException | None = result.error
        if not response.operation.is_idempotent and response.status_code >= 500:
            assert isinstance(error, OutcomeUnknownError)
            error = error.__cause__
        assert isinstance(error, APIStatusError), f"{error!r}"
        assert error.status_code == response.status_code
        if not found:
            assert error.message == value.get("message")


def note_status(response: ContractResponse) -> None:
    place = f"{response.operation.pointer}/responses/{response.status}"
    reach.note(place)
    if "$ref" in at(place):
        reach.note(f"{at(place)['$ref'].removeprefix('#')}/content/{escaped(JSON)}")


def envelope(operation_id: str) -> Any:
    """A response with every property of the contract."""
    return example(response_schema(OPERATIONS[operation_id]), full=True)


@pytest.mark.parametrize("operation_id", SUCCESSES)
def test_a_response_with_one_value_replaced_is_read_or_refused(operation_id: str, clients: Clients) -> None:
    whole, response = envelope(operation_id), SUCCESSES[operation_id]
    for place in inner_places(whole):
        for new in SUBSTITUTES:
            check(response, json.dumps(replaced(whole, place, new)).encode(), clients)


@pytest.mark.parametrize("operation_id", SUCCESSES)
def test_a_response_with_one_field_less_or_more_is_read_or_refused(operation_id: str, clients: Clients) -> None:
    whole, response = envelope(operation_id), SUCCESSES[operation_id]
    check(response, json.dumps(whole).encode(), clients)
    for place in inner_places(whole):
        if place:
            check(response, json.dumps(without(whole, place)).encode(), clients)
        found: Any = whole
        for key in place:
            found = found[key]
        if isinstance(found, dict):
            more = {**found, "an_unknown_field": [{"id": 1}]}
            check(response, json.dumps(replaced(whole, place, more)).encode(), clients)


def places_of(keyword: str, value: str) -> list[tuple[str, tuple[str | int, ...]]]:
    """Operation and path of each value outside an array whose schema has this keyword with this value."""
    return [
        (operation_id, place)
        for operation_id in SUCCESSES
        for place in inner_places(envelope(operation_id))
        if not any(isinstance(key, int) for key in place)
        and schema_of(SUCCESSES[operation_id], place).get(keyword) == value
    ]


def schema_of(response: ContractResponse, place: tuple[str | int, ...]) -> dict[str, Any]:
    schema = not_null(at(response.place))
    for key in place:
        schema = not_null(schema["properties"][key])
    return schema


NUMBERS, TIMES = places_of("type", "number"), places_of("format", "date-time")


def with_number(operation_id: str, place: tuple[str | int, ...], number: str) -> bytes:
    """A response with NUMBER at PLACE, in exactly these digits."""
    return json.dumps(replaced(envelope(operation_id), place, "HERE")).replace('"HERE"', number).encode()


@pytest.mark.parametrize(
    "number",
    ["0.1", "149.95", "1.10", "100", "-1", "0.00", "1E400", "1e-400", "9007199254740993", "0.30000000000000004",
     "1234567890123456789012345678901234567890.5", "-12.50", "1.5e3"],
)  # fmt: skip
def test_every_digit_of_a_number_is_read(number: str, clients: Clients) -> None:
    assert NUMBERS
    for operation_id, place in NUMBERS:
        check(SUCCESSES[operation_id], with_number(operation_id, place, number), clients)
        count(SUITE, "numbers by hand")


@pytest.mark.parametrize(
    "time",
    ["2023-11-07t05:31:56z", "2023-11-07 05:31:56Z", "2023-11-07T05:31:56+0530", "2023-11-07T05:31:56+05",
     "2023-11-07T05:31Z", "20231107T053156Z", "2023-11-07T24:00:00Z", "2023-11-07T23:59:60Z", "2016-12-31T23:59:60Z",
     "2023-11-07T05:31:56,5Z", "2023-11-07T05:31:56.Z", "2023-11-07T05:31:56.1Z", "2023-11-07T05:31:56.123456Z",
     "2023-11-07T05:31:56.999999999Z", "2023-11-07T05:31:56-00:00", "2023-11-07T05:31:56+23:59",
     "2023-11-07T05:31:56+24:00", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "0001-01-01T00:00:00Z",
     "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", " 2023-11-07T05:31:56Z",
     "2023-W45-2T05:31:56Z", "1699335116", "2023-1-7T05:31:56Z", "-2023-11-07T05:31:56Z",
     "2023-11-07T05:31:56+05:30[Asia/Kolkata]"],
)  # fmt: skip
def test_a_time_is_read_or_refused_as_the_contract_says(time: str, clients: Clients) -> None:
    assert TIMES
    for operation_id, place in TIMES:
        check(SUCCESSES[operation_id], json.dumps(replaced(envelope(operation_id), place, time)).encode(), clients)


@pytest.mark.parametrize(
    "number", [f"1E{MAX_EXPONENT}", f"1E-{MAX_EXPONENT}", "NaN", "Infinity", "-Infinity", "01", "1."]
)
def test_an_extreme_or_invalid_number_is_refused(number: str, clients: Clients) -> None:
    for operation_id, place in NUMBERS:
        paths = {"$"} if number[:2] != "1E" else {"$." + ".".join(map(str, place))}
        response = SUCCESSES[operation_id]
        arguments, content = arguments_of(response.operation), with_number(operation_id, place, number)
        check_refused(response, paths, clients.call(response.operation, arguments, Response(200, content)))


@pytest.mark.parametrize("operation_id", SUCCESSES)
@pytest.mark.parametrize(
    "content",
    [b"", b" ", b"null", b"[]", b"true", b'"text"', b"<html>503</html>", b"{", b'{"success": true', b"\xff\xfe",
     b'{"a": "\xff"}', b'{"success": true, "data": {}} x', pytest.param(b"[" * 100_000, id="nested 100,000 deep")],
)  # fmt: skip
def test_an_invalid_envelope_is_refused(operation_id: str, content: bytes, clients: Clients) -> None:
    operation = OPERATIONS[operation_id]
    paths = {"$", "$.data"} if content.startswith(b'{"success": true, "data"') else {"$"}
    results = clients.call(operation, arguments_of(operation), Response(200, content))
    check_refused(SUCCESSES[operation_id], paths, results)


@pytest.mark.parametrize("operation_id", SUCCESSES)
@pytest.mark.parametrize("status", [201, 202, 299])
def test_any_status_of_success_with_an_envelope_is_read(operation_id: str, status: int, clients: Clients) -> None:
    operation = OPERATIONS[operation_id]
    content = json.dumps(envelope(operation_id)).encode()
    for result in clients.call(operation, arguments_of(operation), Response(status, content)):
        assert result.error is None
