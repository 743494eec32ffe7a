"""Client against contract, in: an answer that is nested deeper than any reader goes is an error like any other.

By hand, as no generated answer is deep. An unknown field is no error, but one that cannot be read to its end is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from holding.clients import Answer, Clients
from holding.counting import count

from paisr import OutcomeUnknownError, UnexpectedResponseError

GATE = "client: how deep it reads"
pytestmark = pytest.mark.gate(GATE)

CALLS: list[tuple[str, dict[str, Any], bytes]] = [
    ("create", {"customer": "cus_1", "summary": "", "due": "In 3 days"}, b'{"id": "inv_1", "status": "draft", %b}'),
    ("list", {}, b'{"invoices": [{"id": "inv_1", "status": "draft", %b}]}'),
    ("get", {"invoice_id": "inv_1"}, b'{"id": "inv_1", "status": "draft", %b}'),
]


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


def nested(depth: int) -> bytes:
    return b'"line_items": ' + b"[" * depth + b"]" * depth


@pytest.mark.parametrize(("method", "arguments", "data"), CALLS, ids=[one[0] for one in CALLS])
@pytest.mark.parametrize(("depth", "read"), [(10, True), (100_000, False)])
def test_an_unknown_field(
    method: str, arguments: dict[str, Any], data: bytes, depth: int, read: bool, clients: Clients
) -> None:
    content = b'{"success": true, "data": %b}' % (data % nested(depth))
    for result in clients.call(method, arguments, Answer(200, content)):
        count(GATE, "answers")
        error: BaseException | None = result.error
        if read:
            assert error is None
            continue
        if method == "create":
            assert isinstance(error, OutcomeUnknownError)
            error = error.__cause__
        assert isinstance(error, UnexpectedResponseError)
        assert error.path == "$"
