"""Each kind of fault, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from paisr_stub import StubServer

Body = Callable[..., dict[str, Any]]


def test_a_fault_without_arguments_is_503_and_creates_nothing(
    stub: StubServer, http: httpx.Client, pizza: Body
) -> None:
    stub.fail_next()
    response = http.post("/invoices", json=pizza())
    assert (response.status_code, response.json()) == (503, {"success": False, "message": "Service Unavailable."})
    assert stub.invoices == []
    assert http.post("/invoices", json=pizza()).status_code == 200
    assert [request.status for request in stub.requests] == [503, 200]


@pytest.mark.parametrize("status", [200, 204, 302, 304, 400, 404, 418, 429, 500, 599])
def test_a_fault_can_have_any_status(stub: StubServer, http: httpx.Client, status: int) -> None:
    stub.fail_next(status=status, message="As ordered.")
    response = http.get("/invoices")
    assert response.status_code == status
    if status in (204, 304):
        assert response.content == b""
    else:
        assert response.json() == {"success": False, "message": "As ordered."}
    assert http.get("/invoices").status_code == 200


def test_a_fault_can_have_raw_headers_and_body(stub: StubServer, http: httpx.Client) -> None:
    stub.fail_next(status=502, body="<html>", content_type="text/html", headers={"Retry-After": "7", "X-A": "é"})
    response = http.get("/invoices")
    assert (response.status_code, response.text, response.headers["content-type"]) == (502, "<html>", "text/html")
    assert response.headers["retry-after"] == "7"
    stub.fail_next(body=b"\xff\x00")
    response = http.get("/invoices")
    assert (response.status_code, response.content) == (200, b"\xff\x00")


def test_a_fault_with_headers_alone_adds_them_to_the_normal_response(
    stub: StubServer, http: httpx.Client, pizza: Body
) -> None:
    stub.fail_next(headers={"X-Request-Id": "7"}, content_type="text/plain")
    response = http.post("/invoices", json=pizza())
    assert (response.status_code, response.headers["x-request-id"], response.headers["content-type"]) == (
        200,
        "7",
        "text/plain",
    )
    assert len(stub.invoices) == 1


def test_a_fault_can_process_the_request_and_respond_with_an_error(
    stub: StubServer, http: httpx.Client, pizza: Body
) -> None:
    stub.fail_next(status=500, processed=True)
    assert http.post("/invoices", json=pizza()).status_code == 500
    assert len(stub.invoices) == 1


@pytest.mark.parametrize(("drop", "kept"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_creates_an_invoice_only_when_dropped_after(
    stub: StubServer, http: httpx.Client, pizza: Body, drop: Any, kept: int
) -> None:
    assert http.get("/invoices").status_code == 200  # so that the dropped connection is a reused one
    stub.fail_next(drop=drop)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        http.post("/invoices", json=pizza())
    assert len(stub.invoices) == kept
    assert stub.requests[-1].status is None
    assert stub.requests[-1].json() == pizza()
    assert len(http.get("/invoices").json()["data"]["invoices"]) == kept


@pytest.mark.parametrize("size", [0, 1, 40])
def test_a_truncated_response_has_exactly_its_first_bytes(
    stub: StubServer, http: httpx.Client, pizza: Body, size: int
) -> None:
    stub.fail_next(truncate=size)
    with http.stream("POST", "/invoices", json=pizza()) as response:
        assert (response.status_code, int(response.headers["content-length"]) > size) == (200, True)
        with pytest.raises(httpx.RemoteProtocolError, match=f"received {size} bytes" if size else "received 0 bytes"):
            response.read()
    assert len(stub.invoices) == 1
    assert http.get("/invoices").status_code == 200


def test_a_delayed_create_is_processed_before_the_delay(stub: StubServer, http: httpx.Client, pizza: Body) -> None:
    stub.fail_next(delay=30)
    with pytest.raises(httpx.ReadTimeout):
        http.post("/invoices", json=pizza(), timeout=0.1)
    assert len(stub.invoices) == 1
    stub.fail_next(delay=0.05)
    start = time.monotonic()
    assert http.get("/invoices").status_code == 200
    assert time.monotonic() - start >= 0.05


def test_faults_are_queued_and_wait_for_their_operation(stub: StubServer, http: httpx.Client, pizza: Body) -> None:
    stub.fail_next(2, status=500, operation="create")
    stub.fail_next(status=502, operation="get")
    stub.fail_next(status=429)
    assert http.get("/invoices").status_code == 429
    assert http.get("/invoices").status_code == 200
    assert [http.post("/invoices", json=pizza()).status_code for _ in range(3)] == [500, 500, 200]
    assert [http.get("/invoices/inv_1").status_code for _ in range(2)] == [502, 404]
    stub.fail_next(5)
    stub.forget_faults()
    assert http.get("/invoices").status_code == 200


@pytest.mark.parametrize(
    "parts",
    [
        {"status": 99},
        {"status": 199},
        {"status": 600},
        {"times": 0},
        {"times": -1},
        {"delay": -1},
        {"delay": float("nan")},
        {"truncate": -1},
        {"drop": "never"},
        {"operation": "delete"},
        {"headers": {"X-A": "a\r\nb: c"}},
        {"headers": {"X A": "a"}},
        {"headers": {"Content-Length": "7"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"content_type": "a\n"},
        {"body": 7},
        {"truncate": 1.5},
        {"truncate": True},
        {"status": 200.5},
        {"status": Decimal("200.5")},
        {"status": Decimal(200)},
        {"status": True},
        {"status": "200"},
        {"message": "half \ud800"},
        {"message": 7},
        {"body": "half \udfff"},
        {"body": ["<html>"]},
        {"content_type": "text/\ud800"},
        {"content_type": 7},
        {"headers": {"X-A": "\ud800"}},
        {"headers": {"\ud800": "a"}},
        {"headers": {"X-A": 7}},
        {"headers": "X-A"},
        {"headers": 7},
        {"delay": "1"},
        {"delay": True},
        {"delay": Decimal("NaN")},
        {"delay": Decimal("sNaN")},
        {"delay": 10**400},
        {"drop": ["after"]},
        {"operation": {}},
        {"processed": 1},
        {"times": 1.5},
        {"times": "1"},
        {"times": 10_001},
    ],
)
def test_an_invalid_fault_is_refused_and_not_queued(
    stub: StubServer, http: httpx.Client, parts: dict[str, Any]
) -> None:
    with pytest.raises((ValueError, TypeError)):
        stub.fail_next(**parts)
    assert http.get("/invoices").status_code == 200


def test_the_number_of_queued_faults_is_bounded(stub: StubServer, http: httpx.Client) -> None:
    stub.fail_next(9_999)
    with pytest.raises(ValueError, match="waiting"):
        stub.fail_next(2)
    stub.fail_next()
    stub.forget_faults()
    assert http.get("/invoices").status_code == 200


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic test-token"])
def test_a_request_without_the_token_consumes_no_fault(
    stub: StubServer, http: httpx.Client, pizza: Body, authorization: str
) -> None:
    stub.fail_next(status=500)
    for _ in range(3):
        refused = http.post("/invoices", json=pizza(), headers={"Authorization": authorization})
        assert refused.status_code == 401
    assert http.post("/invoices", json=pizza()).status_code == 500
