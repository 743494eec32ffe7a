from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from paisr_stub import StubServer


@pytest.fixture
def control(stub: StubServer, http: httpx.Client) -> Any:
    def send(action: str, **body: Any) -> httpx.Response:
        content = json.dumps(body).encode()
        return http.post(
            f"{stub.url_for_control}/{action}", content=content, headers={"Content-Type": "application/json"}
        )

    return send


def test_another_process_can_do_what_a_test_can(stub: StubServer, http: httpx.Client, control: Any) -> None:
    ids = control("seed", count=30).json()["data"]["ids"]
    assert [invoice["id"] for invoice in stub.invoices] == ids
    status = {invoice["id"]: invoice["status"] for invoice in stub.invoices}
    draft, unpaid = (next(one for one in ids if status[one] == wanted) for wanted in ("draft", "unpaid"))
    assert control("issue", id=draft).json() == {"success": True, "data": {}}
    assert control("pay", id=draft).status_code == 200
    assert control("void", id=unpaid).status_code == 200
    assert [http.get(f"/invoices/{one}").json()["data"]["status"] for one in (draft, unpaid)] == ["paid", "void"]
    assert control("fail", times=2, status=500, delay=0.01, operation="list").status_code == 200
    assert [http.get("/invoices").status_code for _ in range(3)] == [500, 500, 200]
    assert [request["status"] for request in control("requests").json()["data"]["requests"]] == [
        200,
        200,
        500,
        500,
        200,
    ]
    control("fail")
    control("reset")
    assert http.get("/invoices").status_code == 200
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("pay", {"id": "inv_1"}),
        ("pay", {}),
        ("pay", {"id": "\ud800"}),
        ("seed", {"count": -1}),
        ("seed", {"count": "3"}),
        ("seed", {"count": 1.5}),
        ("fail", {"status": 7}),
        ("fail", {"status": "500"}),
        ("fail", {"nonsense": 1}),
        ("fail", {"times": 1.5}),
        ("fail", {"headers": ["a"]}),
        ("fail", {"delay": "1"}),
    ],
)
def test_what_cannot_be_done_is_422_in_the_envelope(stub: StubServer, control: Any, action: str, body: Any) -> None:
    response = control(action, **body)
    assert (response.status_code, response.json()["success"]) == (422, False)
    assert stub.invoices == []


def test_the_control_paths_are_guarded(stub: StubServer, http: httpx.Client) -> None:
    url = f"{stub.url_for_control}/seed"
    assert httpx.post(url, json={"count": 1}).status_code == 401
    assert http.post(url, content=b'{"count": 1}').status_code == 415
    assert http.post(url, json=[]).status_code == 422
    assert http.get(url).status_code == 405
    assert http.post(f"{url}s", json={}).status_code == 404
    assert stub.invoices == []
