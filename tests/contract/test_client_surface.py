"""Client against contract: every operation and parameter is available, in each of the four forms of a call.

The other suites skip a case that no caller can express. This suite ensures that the client is never the reason: every
operation has a method, and every parameter and property of a body is a parameter of it.
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
    """The operation's method in one form, of a client whose requests get RESPONSE, or by default the smallest success.

    Each request is appended to SENT.
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
def test_every_parameter_of_the_contract_is_a_parameter_of_the_method(operation_id: str, form: str) -> None:
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
    assert required == sorted(required, reverse=True), "required parameters come first"


def annotation_part(parameter: Parameter) -> str:
    """A text that the annotation must contain: the Python type, or the class of an enumeration or an object."""
    schema = not_null(parameter.schema)
    name = place_of(parameter.schema, parameter.pointer).rpartition("/")[2]
    if "enum" in schema or schema.get("type") == "object":
        return name if name != "schema" else ""
    return FORMATS.get(schema.get("format", ""), ANNOTATIONS[schema["type"]])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_all_parameters_together_are_sent_in_each_form(operation_id: str, form: str) -> None:
    """Each form sends the same request and returns the same data, alone or in an `ApiResponse`."""
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
    """The request of one call, and its result."""
    sent: list[httpx.Request] = []
    result = outcome(method_of(operation, form, sent)(**arguments))
    (request,) = sent
    return request, result


def outcome(result: Any) -> Any:
    """The result of a method, awaited if it is awaitable."""
    return asyncio.run(awaited(result)) if inspect.isawaitable(result) else result


def is_in(sent: httpx.Request, parameter: Parameter, value: Any) -> bool:
    """Whether a request has a parameter, under its name and in its place."""
    if parameter.place == "path":
        return str(value) in sent.url.path
    if parameter.place == "body":
        return parameter.name in json.loads(sent.content)
    return parameter.name in (sent.url.params if parameter.place == "query" else sent.headers)


async def awaited(result: Any) -> Any:
    return await result


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_only_an_idempotent_operation_is_retried_after_a_503(operation_id: str, form: str) -> None:
    """After a 503 the client cannot know whether the service processed the request."""
    operation = OPERATIONS[operation_id]
    sent: list[httpx.Request] = []
    failure = httpx.Response(503, headers={"Retry-After": "0"}, content=b"")
    method = method_of(operation, form, sent, response=failure)
    with pytest.raises(PaisrError):
        outcome(method(**arguments_of(operation)))
    assert len(sent) == (3 if operation.is_idempotent else 1)
    count(SUITE, "calls that fail")


@pytest.mark.parametrize("tag", sorted({operation.tag for operation in OPERATIONS.values()}))
def test_a_resource_has_no_other_methods_than_the_contract_s_operations(tag: str) -> None:
    """The others are those that overlays/paisr/_invoices.py adds."""
    known = {operation.method_name for operation in OPERATIONS.values() if operation.tag == tag}
    added = {"create_many", "wait", "reconcile", "reconcile_journal", "unresolved"} if tag == "invoices" else set[str]()
    for client in (Paisr(TOKEN, base_url=BASE_URL), AsyncPaisr(TOKEN, base_url=BASE_URL)):
        resource = getattr(client, tag)
        for one, extra in ((resource, added), (resource.with_response, set[str]())):
            assert {name for name, _ in inspect.getmembers(one, inspect.ismethod) if name[0] != "_"} == known | extra


def test_every_model_of_the_contract_can_be_imported() -> None:
    """The models of results. The client removes the envelopes, and does not export them."""
    for operation in OPERATIONS.values():
        if operation.id in SUCCESSES:
            schema = response_schema(operation)
            reference = schema["properties"].get("data", schema).get("$ref", "")
            assert hasattr(paisr, reference.rpartition("/")[2]), reference
