"""An error about a response has it as `response`: status, headers and body, without the token, also after pickling."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from typing import Any

import pytest

import paisr
from paisr import APIStatusError, OutcomeUnknownError, UnexpectedResponseError, UnprocessableEntityError

TOKEN = "CANARY/c0ffee+token"
HEADERS = [("X-Request-Id", "req_1"), ("X-Echo", f"Bearer {TOKEN}")]
FIELD_ERRORS = {"message": "The given data was invalid.", "errors": {"due": ["The due field is not a time."]}}


@pytest.fixture
def failing(side: Any, script: Any, create: Any) -> Any:
    """The error of one call that gets this response."""

    def failing(status: int, body: Any, *, name: str = "get", **settings: Any) -> Any:
        client = side.client(
            script((status, body, HEADERS)), **{"token": TOKEN, "max_retries": 0, "rate_limit": None, **settings}
        )
        arguments = {"get": {"invoice_id": "inv_1"}, "list": {}, "create": create}[name]
        with pytest.raises(paisr.PaisrError) as caught:
            side.call(client, name, **arguments)
        return caught.value

    return failing


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 418, 429, 500, 503, 599])
def test_the_error_of_a_status_has_the_response(failing: Any, status: int) -> None:
    error = failing(status, {"success": False, "message": "no"})
    assert isinstance(error, APIStatusError)
    assert error.response.status_code == error.status_code == status
    assert error.response.headers["x-request-id"] == "req_1"
    assert error.response.json() == json.loads(error.response.content) == {"success": False, "message": "no"}
    assert (error.response.data, error.response.attempts) == (None, 1)


def test_the_field_errors_of_a_422_can_be_read(failing: Any) -> None:
    error = failing(422, FIELD_ERRORS, name="list")
    assert isinstance(error, UnprocessableEntityError)
    assert error.response.json()["errors"] == FIELD_ERRORS["errors"]


def test_the_error_of_a_refused_create_has_the_response(failing: Any) -> None:
    assert failing(422, FIELD_ERRORS, name="create").response.json() == FIELD_ERRORS


@pytest.mark.parametrize(
    "body",
    [
        {"success": True, "data": {"id": "inv_1", "status": "paid", "due_at": "soon"}},
        {"success": True, "data": {"id": "inv_2", "status": "paid"}},
        {"success": False},
        [],
    ],
    ids=["a field", "another invoice", "no success", "no envelope"],
)
def test_the_error_of_an_unexpected_response_has_the_response(failing: Any, body: Any) -> None:
    error = failing(200, body)
    assert isinstance(error, UnexpectedResponseError)
    assert (error.response.status_code, error.response.json()) == (200, body)
    assert error.response.headers["X-Request-ID"] == "req_1"


def test_the_unknown_outcome_of_a_create_has_the_response_in_its_cause(failing: Any) -> None:
    error = failing(200, {"success": True, "data": {"id": 7}}, name="create")
    assert isinstance(error, OutcomeUnknownError)
    assert isinstance(error.__cause__, UnexpectedResponseError)
    assert error.__cause__.response.json()["data"] == {"id": 7}


def test_numbers_in_the_json_of_an_error_are_exact(failing: Any) -> None:
    error = failing(409, b'{"success": false, "total": 0.10}')
    assert str(error.response.json()["total"]) == "0.10"
    assert isinstance(error.response.json()["total"], Decimal)


def test_an_error_has_the_number_of_attempts(side: Any, script: Any, time: Any) -> None:
    client = side.client(script((503, {"success": False})), time=time, max_retries=2)
    with pytest.raises(paisr.ServerError) as caught:
        side.call(client, "get", "inv_1")
    assert caught.value.response.attempts == 3


def test_an_attempt_without_a_permit_is_not_counted(side: Any, script: Any, time: Any) -> None:
    once = paisr.RateLimit(1, per=60)
    client = side.client(script((503, {"success": False})), time=time, rate_limit=once, timeout=10)
    with pytest.raises(paisr.ServerError) as caught:
        side.call(client, "get", "inv_1")
    assert caught.value.response.attempts == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, f'{{"success": false, "message": "{TOKEN}"}}'.encode()),
        (401, json.dumps({"token": TOKEN}).replace("/", "\\/").encode()),
        (200, f"\xff <b>{TOKEN}</b>".encode("latin-1")),
    ],
)
def test_no_part_of_the_response_has_the_token(failing: Any, status: int, body: bytes) -> None:
    error = failing(status, body)
    there = pickle.loads(pickle.dumps(error))
    for one in (error, there):
        shown = f"{one!r} {one.response!r} {one.response.headers!r} {one.response.content!r} {vars(one)!r}"
        assert "c0ffee" not in shown
        assert "[secret]" in shown
        assert one.response.headers["x-echo"] == "Bearer [secret]"
    assert b"c0ffee" not in pickle.dumps(error)
    assert there.response == error.response
    if status == 200:
        assert error.response.content == b"\xff <b>[secret]</b>", "other bytes were changed"


def test_a_response_with_an_unreadable_body_has_only_its_status(side: Any, raw_server: Any) -> None:
    def talk(server: Any, connection: Any) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nno")

    client = side.client(base_url=raw_server(talk).url, max_retries=0)
    with pytest.raises(UnexpectedResponseError) as caught:
        side.call(client, "get", "inv_1")
    response = caught.value.response
    assert (response.status_code, dict(response.headers), response.content) == (200, {}, b"")
