"""Client against contract, responses: one that is nested too deeply to be parsed is an `UnexpectedResponseError`.

Written by hand, as no generated response is deep. An unknown field is ignored, unless it is too deep to be parsed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.clients import Clients, Response
from support.contract import OPERATIONS
from support.counting import count
from support.mirror import SUCCESSES
from support.values import arguments_of, example, response_schema

from paisr import OutcomeUnknownError, UnexpectedResponseError

SUITE = "client: deep responses"
pytestmark = pytest.mark.suite(SUITE)
UNKNOWN = "an_unknown_field"


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


@pytest.mark.parametrize("name", SUCCESSES)
@pytest.mark.parametrize(("depth", "is_read"), [(10, True), (100_000, False)])
def test_an_unknown_field_is_ignored_unless_it_is_too_deep_to_be_parsed(
    name: str, depth: int, is_read: bool, clients: Clients
) -> None:
    """The field is in the innermost object of the response."""
    operation = OPERATIONS[name]
    envelope = json.dumps(example(response_schema(operation), full=True)).encode()
    inner, closing, rest = envelope.partition(b"}")
    content = inner + b', "%b": %b%b' % (UNKNOWN.encode(), b"[" * depth, b"]" * depth) + closing + rest
    for result in clients.call(operation, arguments_of(operation), Response(200, content)):
        count(SUITE, "responses")
        error: BaseException | None = result.error
        if is_read:
            assert error is None
            continue
        if not operation.is_idempotent:
            assert isinstance(error, OutcomeUnknownError)
            error = error.__cause__
        assert isinstance(error, UnexpectedResponseError)
        assert error.path == "$"
