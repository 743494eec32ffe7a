"""Client against contract: its enumerations have exactly the contract's values.

Generated cases have the contract's values and very different texts: they do not detect a value of the client alone.
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
# The parameters that take a value of an enumeration.
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
    """Texts that resemble VALUES: in the other case, with a space, longer, shorter, or of the same kind."""
    nearly = {found for one in values for found in (one.swapcase(), f"{one} ", f" {one}", f"{one}s", one[:-1])}
    return [one for one in [*sorted(nearly), *UNKNOWN_VALUES, ""] if one not in values]


def test_the_contract_has_enumerations() -> None:
    assert ENUMERATIONS
    assert CHOICES


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_an_enumeration_has_the_contract_s_values(name: str) -> None:
    found: type[enum.StrEnum] = getattr(paisr, name)
    assert [str(value) for value in found] == ENUMERATIONS[name]
    count(SUITE, "enumerations")


@pytest.mark.parametrize(("operation_id", "name"), CHOICES)
def test_a_text_that_resembles_a_value_is_refused_before_sending(
    operation_id: str, name: str, clients: Clients
) -> None:
    operation = OPERATIONS[operation_id]
    parameter = next(one for one in operation.parameters if one.name == name)
    for value in look_alikes(resolve(parameter.schema)["enum"]):
        arguments = {**arguments_of(operation), parameter.python_name: value}
        for result in clients.call(operation, arguments, Response(200, b"")):
            assert isinstance(result.error, InvalidArgumentError)
            assert result.sent == []
        count(SUITE, "values refused before sending")
