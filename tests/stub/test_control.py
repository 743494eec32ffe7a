from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paisr_stub import StubApp, StubServer, _control
from paisr_stub._api import Call


@pytest.fixture
def control(stub: StubServer, http: httpx.Client) -> Any:
    def send(action: str, **body: Any) -> httpx.Response:
        content = json.dumps(body).encode()
        return http.post(
            f"{stub.url_for_control}/{action}", content=content, headers={"Content-Type": "application/json"}
        )

    return send


def test_each_control_endpoint_does_what_its_method_does(stub: StubServer, http: httpx.Client, control: Any) -> None:
    ids = control("seed", count=30).json()["data"]["ids"]
    assert [invoice["id"] for invoice in stub.invoices] == ids
    status = {invoice["id"]: invoice["status"] for invoice in stub.invoices}
    draft, unpaid = (next(one for one in ids if status[one] == wanted) for wanted in ("draft", "unpaid"))
    assert control("issue", id=draft).json() == {"success": True, "data": {}}
    assert control("pay", id=draft).status_code == 200
    assert control("void", id=unpaid).status_code == 200
    assert [http.get(f"/invoices/{one}").json()["data"]["status"] for one in (draft, unpaid)] == ["paid", "void"]
    assert control("advance", seconds=1800).status_code == 200
    assert [invoice["session"] for invoice in stub.invoices] == [None] * 30
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
        ("fail", {"status": 200.5}),
        ("fail", {"status": 10**400}),
        ("fail", {"message": "\ud800"}),
        ("fail", {"body": "\ud800"}),
        ("fail", {"content_type": "\ud800"}),
        ("fail", {"headers": {"\ud800": "a"}}),
        ("fail", {"times": 10**12}),
        ("fail", {"self": 1}),
        ("fail", {"\ud800": 1}),
        ("pay", {"id": ["inv_1"]}),
        ("pay", {"id": 10**30}),
        ("pay", {"id": None}),
        ("pay", {"id": "i" * 1_000_000}),
        ("pay", {"id": "inv_1", "note": "x"}),
        ("issue", {"id": {}}),
        ("void", {"id": True}),
        ("seed", {"count": 10**30}),
        ("seed", {"count": 10_001}),
        ("seed", {"count": True}),
        ("advance", {"seconds": -1}),
        ("advance", {"seconds": 1.5}),
        ("advance", {"seconds": 10**30}),
        ("advance", {}),
        ("reset", {"x": 1}),
        ("requests", {"x": 1}),
    ],
)
def test_an_impossible_action_is_422_in_the_envelope(
    stub: StubServer, http: httpx.Client, control: Any, action: str, body: Any
) -> None:
    response = control(action, **body)
    assert (response.status_code, response.json()["success"]) == (422, False)
    assert len(response.content) < 500
    assert stub.invoices == []
    assert control("requests").json()["data"] == {"requests": []}
    assert http.get("/invoices").status_code == 200


def test_the_control_paths_refuse_invalid_requests(stub: StubServer, http: httpx.Client) -> None:
    url = f"{stub.url_for_control}/seed"
    assert httpx.post(url, json={"count": 1}).status_code == 401
    assert http.post(url, content=b'{"count": 1}').status_code == 415
    assert http.post(url, json=[]).status_code == 422
    assert http.get(url).status_code == 405
    assert http.post(f"{url}s", json={}).status_code == 404
    assert stub.invoices == []


SURROGATE = st.sampled_from(["\ud800", "\udfff", "a\ud83d"])
LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | SURROGATE
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAF.map(str), inner, max_size=3), max_leaves=5
)
FIELD = st.sampled_from(["count", "id", *_control._FAULT_PARTS]) | SURROGATE
ACTION = st.sampled_from(sorted(_control._ACTIONS))


@settings(
    derandomize=True,
    database=None,
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(action=ACTION, raw=st.binary(max_size=20) | (st.dictionaries(FIELD, VALUE, max_size=3) | VALUE).map(json.dumps))
def test_any_body_gets_a_response_in_the_envelope(app: StubApp, action: str, raw: bytes | str) -> None:
    headers = {"authorization": f"Bearer {app.token}", "content-type": "application/json"}
    body = raw if isinstance(raw, bytes) else raw.encode()
    response = _control.respond(app, app._api, app._guard, Call("POST", f"/__stub__/{action}", b"", headers, body))
    envelope = json.loads(response.body)
    assert response.status in (200, 400, 422)
    assert envelope["success"] is (response.status == 200)
    app.forget_faults()


def test_an_exception_inside_is_500_in_the_envelope(
    stub: StubServer, control: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stub, "seed", lambda count: {}[count])
    response = control("seed", count=1)
    assert (response.status_code, response.json()["success"]) == (500, False)
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_a_request_from_another_site_is_refused(
    stub: StubServer, http: httpx.Client, control: Any, headers: dict[str, str]
) -> None:
    response = http.post(f"{stub.url_for_control}/seed", json={"count": 1}, headers=headers)
    assert (response.status_code, response.json()["success"]) == (403, False)
    assert stub.invoices == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2", "[::1]"])
@pytest.mark.parametrize("with_origin", [False, True])
def test_requests_to_the_stub_s_own_names_are_accepted(
    stub: StubServer, http: httpx.Client, name: str, with_origin: bool
) -> None:
    host = f"{name}:{stub.port}"
    headers = {"Host": host} | ({"Origin": f"http://{host}"} if with_origin else {})
    assert http.post(f"{stub.url_for_control}/seed", json={"count": 1}, headers=headers).status_code == 200


def test_a_remotely_reachable_stub_accepts_its_public_name_and_refuses_others() -> None:
    token = "t" * 16
    with StubServer(host="0.0.0.0", allow_remote=True, public_url="http://Stub:8000/", token=token) as stub:
        assert stub.url == "http://Stub:8000/v2"
        url = f"http://127.0.0.1:{stub.port}/__stub__/seed"
        statuses = {}
        for host in ("stub", "STUB:8000", "localhost", "other"):
            headers = {"Authorization": f"Bearer {token}", "Host": host}
            statuses[host] = httpx.post(url, json={"count": 1}, headers=headers).status_code
        assert statuses == {"stub": 200, "STUB:8000": 200, "localhost": 200, "other": 403}
        assert httpx.post(url, json={"count": 1}).status_code == 401
