"""Client against contract: everything that the contract has can be said, in each of the four forms of a call.

The other suites skip a case that no caller can express. This suite ensures that this is never the fault of the client:
every operation has a method, and every parameter and property of a body is a parameter of it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from inspect import Parameter as Argument
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from support.clients import BASE_URL, TOKEN
from support.contract import OPERATIONS, Operation, Parameter, not_null, place_of
from support.counting import count
from support.mirror import SUCCESSES
from support.sending import as_python
from support.values import arguments_of, example, response_schema

import paisr
from paisr import ApiResponse, AsyncPaisr, Paisr, PaisrError

SUITE = "client: its surface"
pytestmark = pytest.mark.suite(SUITE)

# Arguments that hooks of the overlays take beside those of the contract.
CONFIG = Path(__file__).resolve().parents[2] / "generator-config.yaml"
OWN = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["arguments"]
FORMS = ("Paisr", "Paisr, with_response", "AsyncPaisr", "AsyncPaisr, with_response")
ANNOTATIONS = {"string": "str", "integer": "int", "boolean": "bool", "number": "Number", "array": "Iterable["}
FORMATS = {"date-time": "datetime", "date": "date", "uuid": "UUID"}


def method_of(
    operation: Operation,
    form: str,
    sent: list[httpx.Request] | None = None,
    response: httpx.Response | None = None,
) -> Callable[..., Any]:
    """The method in one of the forms, of a client that gives each request RESPONSE, or the least that is a success.

    What is sent is added to SENT.
    """
    content, kept = b"", [] if sent is None else sent
    if operation.id in SUCCESSES:
        content = json.dumps(example(response_schema(operation))).encode()

    def respond(request: httpx.Request) -> httpx.Response:
        kept.append(request)
        found = response or httpx.Response(int(operation.success), content=content)
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    kind: Any = AsyncPaisr if form.startswith("Async") else Paisr
    client = kind(TOKEN, base_url=BASE_URL, transport=httpx.MockTransport(respond), rate_limit=None)
    resource = getattr(client, operation.tag)
    if form.endswith("with_response"):
        resource = resource.with_response
    method: Callable[..., Any] = getattr(resource, operation.method_name)
    return method


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_parameter_of_the_contract_is_one_of_the_method(operation_id: str, form: str) -> None:
    operation = OPERATIONS[operation_id]
    given = dict(inspect.signature(method_of(operation, form)).parameters)
    timeout = given.popitem()
    assert (timeout[0], timeout[1].default, timeout[1].kind) == ("timeout", None, Argument.KEYWORD_ONLY)
    own = {name for name, one in OWN.get(operation_id, {}).items() if one.get("own")}
    assert sorted(given.keys() - own) == sorted(one.python_name for one in operation.parameters)
    for one in operation.parameters:
        argument = given[one.python_name]
        in_path = one.place == "path"
        assert argument.kind is (Argument.POSITIONAL_OR_KEYWORD if in_path else Argument.KEYWORD_ONLY), one.name
        assert (argument.default is Argument.empty) is one.required, one.name
        assert annotation_part(one) in str(argument.annotation), one.name
        count(SUITE, "parameters")
    required = [argument.default is Argument.empty for argument in given.values()]
    assert required == sorted(required, reverse=True), "what is required comes first"


def annotation_part(parameter: Parameter) -> str:
    """What must be in the annotation: the type in Python; of an enumeration its class, of its schema's own name."""
    schema = not_null(parameter.schema)
    name = place_of(parameter.schema, parameter.pointer).rpartition("/")[2]
    if "enum" in schema or schema.get("type") == "object":
        return name if name != "schema" else ""
    return FORMATS.get(schema.get("format", ""), ANNOTATIONS[schema["type"]])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_parameter_can_be_given_at_once(operation_id: str, form: str) -> None:
    """In each form the same is sent; the result is the same, with or without the response around it."""
    operation = OPERATIONS[operation_id]
    given = arguments_of(operation, [one.name for one in operation.parameters])
    arguments = {one.python_name: as_python(one.schema, given[one.python_name]) for one in operation.parameters}
    (first, _), (sent, result) = (call(operation, one, arguments) for one in (FORMS[0], form))
    assert (sent.method, sent.url, sent.content) == (first.method, first.url, first.content)
    for one in operation.parameters:
        assert is_in(sent, one, arguments[one.python_name]), f"{one.name} was not sent"
        assert sent.headers.get(one.name) == first.headers.get(one.name)
    assert isinstance(result, ApiResponse) is form.endswith("with_response")
    if isinstance(result, ApiResponse):
        assert result.status_code == int(operation.success)
        result = result.data
    assert (result is not None) is (operation.id in SUCCESSES)
    count(SUITE, "calls with everything given")


def call(operation: Operation, form: str, arguments: dict[str, Any]) -> tuple[httpx.Request, Any]:
    """What one call sent, and its result."""
    sent: list[httpx.Request] = []
    result = outcome(method_of(operation, form, sent)(**arguments))
    (request,) = sent
    return request, result


def outcome(result: Any) -> Any:
    """What a method gives, awaited where it has to be."""
    return asyncio.run(awaited(result)) if inspect.isawaitable(result) else result


def is_in(sent: httpx.Request, parameter: Parameter, value: Any) -> bool:
    """Whether something was sent for a parameter, under its name."""
    if parameter.place == "path":
        return str(value) in sent.url.path
    if parameter.place == "body":
        return parameter.name in json.loads(sent.content)
    return parameter.name in (sent.url.params if parameter.place == "query" else sent.headers)


async def awaited(result: Any) -> Any:
    return await result


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_only_what_is_idempotent_is_sent_again(operation_id: str, form: str) -> None:
    """After a failure of the service, of which nobody knows what it did before it failed."""
    operation = OPERATIONS[operation_id]
    sent: list[httpx.Request] = []
    failure = httpx.Response(503, headers={"Retry-After": "0"}, content=b"")
    method = method_of(operation, form, sent, response=failure)
    with pytest.raises(PaisrError):
        outcome(method(**arguments_of(operation)))
    assert len(sent) == (3 if operation.is_idempotent else 1)
    count(SUITE, "calls that fail")


@pytest.mark.parametrize("tag", sorted({operation.tag for operation in OPERATIONS.values()}))
def test_a_client_has_no_operation_that_the_contract_has_not(tag: str) -> None:
    """Beside the generated methods are those that overlays/paisr/_invoices.py adds."""
    known = {operation.method_name for operation in OPERATIONS.values() if operation.tag == tag}
    added = {"create_many", "wait", "reconcile", "reconcile_journal", "unresolved"} if tag == "invoices" else set[str]()
    for client in (Paisr(TOKEN, base_url=BASE_URL), AsyncPaisr(TOKEN, base_url=BASE_URL)):
        resource = getattr(client, tag)
        for one, extra in ((resource, added), (resource.with_response, set[str]())):
            assert {name for name, _ in inspect.getmembers(one, inspect.ismethod) if name[0] != "_"} == known | extra


def test_every_model_of_the_contract_can_be_imported() -> None:
    """Those that a caller gives or gets: not the envelopes, which are taken off."""
    for operation in OPERATIONS.values():
        if operation.id in SUCCESSES:
            schema = response_schema(operation)
            reference = schema["properties"].get("data", schema).get("$ref", "")
            assert hasattr(paisr, reference.rpartition("/")[2]), reference
