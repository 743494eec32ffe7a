"""Client against contract: its enumerations are the contract's, no value more and none less.

Generated cases have the contract's values and very different texts. Neither is a value that only the client knows.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import pytest
from support.clients import Clients, Response
from support.contract import OPERATIONS, SCHEMAS, resolve
from support.counting import count
from support.values import arguments_of

import paisr
from paisr import InvalidArgumentError

SUITE = "client: its enumerations"
pytestmark = pytest.mark.suite(SUITE)

ENUMERATIONS: dict[str, list[str]] = {name: schema["enum"] for name, schema in SCHEMAS.items() if "enum" in schema}
# Where a caller can give a value of an enumeration.
CHOICES = [
    (operation.id, one.name)
    for operation in OPERATIONS.values()
    for one in operation.parameters
    if "enum" in resolve(one.schema)
]
# Values of the same kind that the contract does not have: currencies, and statuses as other billing services name them.
UNKNOWN_VALUES = ["GBP", "XTS", "open", "refunded", "cancelled"]


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


def look_alikes(values: list[str]) -> list[str]:
    """No value, but like one: in the other case, with a space, longer, shorter, or another of its kind."""
    nearly = {found for one in values for found in (one.swapcase(), f"{one} ", f" {one}", f"{one}s", one[:-1])}
    return [one for one in [*sorted(nearly), *UNKNOWN_VALUES, ""] if one not in values]


def test_there_are_some() -> None:
    assert ENUMERATIONS
    assert CHOICES


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_the_values_are_the_contract_s(name: str) -> None:
    found: type[enum.StrEnum] = getattr(paisr, name)
    assert [str(value) for value in found] == ENUMERATIONS[name]
    count(SUITE, "enumerations")


@pytest.mark.parametrize(("operation_id", "name"), CHOICES)
def test_a_value_that_looks_like_one_is_not_sent(operation_id: str, name: str, clients: Clients) -> None:
    operation = OPERATIONS[operation_id]
    parameter = next(one for one in operation.parameters if one.name == name)
    for value in look_alikes(resolve(parameter.schema)["enum"]):
        arguments = {**arguments_of(operation), parameter.python_name: value}
        for result in clients.call(operation, arguments, Response(200, b"")):
            assert isinstance(result.error, InvalidArgumentError)
            assert result.sent == []
        count(SUITE, "values refused before sending")
