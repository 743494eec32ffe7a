"""`paisr doctor` against the stub: a service as in the contract, ten differences, and no data in the output."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr_cli import _doctor
from paisr_cli._exits import Exit
from paisr_stub import StubServer

CANARY = "canary-7d1f"


def found(run: Any, *words: object) -> tuple[int, dict[tuple[str, str], tuple[str, str]]]:
    ended = run("doctor", "-o", "json", *words)
    findings = json.loads(ended.out)
    return ended.status, {(one["about"], one["place"]): (one["verdict"], one["text"]) for one in findings}


def body_of(stub: StubServer, path: str) -> dict[str, Any]:
    return httpx.get(f"{stub.url}{path}", headers={"Authorization": f"Bearer {stub.token}"}).json()


def alter(stub: StubServer, operation: str, body: Any, **fault: Any) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    stub.fail_next(body=text, status=200, operation=operation, **fault)


def test_a_service_within_the_contract_passes_and_is_only_read(run: Any, stub: StubServer) -> None:
    stub.seed(20)
    stub.forget_requests()
    status, findings = found(run)
    assert status == 0
    assert findings["settings", "token"] == ("ok", "PAISR_TOKEN")
    assert findings["settings", "base_url"] == ("ok", f"{stub.url} (PAISR_BASE_URL)")
    assert findings["settings", "timeout"] == ("ok", "30 s (default)")
    assert findings["network", "address"] == ("ok", "127.0.0.1 is an address")
    assert findings["network", "proxy"] == ("ok", "none")
    assert findings["network", "clock"][0] == "ok"
    assert {verdict for verdict, _ in findings.values()} == {"ok", "note"}
    assert [(one.method, one.path) for one in stub.requests] == [
        ("GET", "/v2/invoices"),
        ("GET", f"/v2/invoices/{stub.invoices[-1].id}"),
    ]


def planted(stub: StubServer) -> dict[str, Any]:
    """A list that differs from the contract in ten ways, with private data in every field that can have some."""
    stub.seed(6)
    body = body_of(stub, "/invoices?limit=3")
    first, second, third = body["data"]["invoices"]
    for one in (first, second, third):
        one["customer"].update(name=f"{CANARY} Jane", email=f"{CANARY}@example.com")
        del one["created_at"]
    first["line_items"] = [{"description": CANARY}]
    first["status"] = "refunded"
    first["sid"] = f"{CANARY}"
    first["due_at"] = ""
    first["customer"]["billing_details"] = [CANARY]
    second["currency"] = "GBP"
    second["amount"]["net_total"] = f"{CANARY} 150"
    second["customer"]["vat_number"] = CANARY
    second["session"] = {"url": f"https://{CANARY}.example", "expires_in": 1800}
    del third["id"]
    return body


TEN = {
    "$.data.invoices[].line_items": "is a list that the contract does not have",
    "$.data.invoices[].status": "refunded is not among the values that the contract has",
    "$.data.invoices[].sid": "expected `int | null`, got `str`",
    "$.data.invoices[].due_at": "invalid RFC3339 encoded datetime",
    "$.data.invoices[].customer.billing_details": "expected `object | null`, got `array`",
    "$.data.invoices[].currency": "GBP is not among the values that the contract has",
    "$.data.invoices[].amount.net_total": "invalid decimal string",
    "$.data.invoices[].customer.vat_number": "is a text that the contract does not have",
    "$.data.invoices[].session.expires_in": "expected `str | null`, got `int`",
    "$.data.invoices[].created_at": "is in the contract, and came in none of these responses",
}


def test_ten_planted_differences_are_reported_without_data(run: Any, stub: StubServer, tmp_path: Path) -> None:
    for output in ("json", "jsonl", "csv", "table"):
        alter(stub, "list", planted(stub))
        ended = run("doctor", "-o", output, "--report", tmp_path / "report.md")
        assert ended.status == Exit.DIFFERENT
        report = (tmp_path / "report.md").read_text()
        for text in (ended.out, report):
            assert CANARY not in text + ended.err
            assert stub.token not in text + ended.err
            assert all(place in text for place in TEN), output
    alter(stub, "list", planted(stub))
    _, findings = found(run)
    assert {place: findings["list_invoices", place][1] for place in TEN} == TEN


def test_a_missing_required_field_is_named(run: Any, stub: StubServer) -> None:
    stub.seed(2)
    body = body_of(stub, "/invoices")
    del body["data"]["invoices"][1]["id"]
    alter(stub, "list", body)
    assert found(run)[1]["list_invoices", "$.data.invoices[].id"] == ("differs", "is required, and did not come")


@pytest.mark.parametrize(
    ("change", "place", "text"),
    [
        ({"success": False}, "$.success", "is False, not True"),
        ({"data": []}, "$.data", "expected `object`, got `array`"),
        ({"data": {"invoices": {"0": CANARY}}}, "$.data.invoices", "expected `array`, got `object`"),
        ({"data": {"invoices": [CANARY]}}, "$.data.invoices[]", "expected `object`, got `str`"),
        ({"meta": {"page": CANARY}}, "$.meta", "is an object that the contract does not have"),
        ({f"{CANARY}@example.com": 1}, "$.[a name of 23 characters]", "is a number that the contract does not have"),
        ({"cus_8812345": None}, "$.[a name of 11 characters]", "is null that the contract does not have"),
    ],
)
def test_a_different_envelope_is_reported(
    run: Any, stub: StubServer, change: dict[str, Any], place: str, text: str
) -> None:
    stub.seed(1)
    alter(stub, "list", body_of(stub, "/invoices") | change)
    status, findings = found(run)
    assert (status, findings["list_invoices", place]) == (Exit.DIFFERENT, ("differs", text))
    assert CANARY not in str(findings)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"Jane Doe {CANARY}", "a text of 20 characters is not among the values that the contract has"),
        ("partially_paid", "partially_paid is not among the values that the contract has"),
        ("x" * 50, "a text of 50 characters is not among the values that the contract has"),
    ],
)
def test_a_value_is_shown_only_when_it_is_a_word(run: Any, stub: StubServer, value: str, text: str) -> None:
    (one,) = stub.seed(1)
    body = body_of(stub, f"/invoices/{one}")
    body["data"]["status"] = value
    alter(stub, "get", body)
    assert found(run)[1]["get_invoice", "$.data.status"] == ("differs", text)


def test_invalid_json_and_another_content_type_are_reported(run: Any, stub: StubServer) -> None:
    alter(stub, "list", f"<html>{CANARY}", content_type="text/html")
    status, findings = found(run)
    assert status == Exit.DIFFERENT
    assert findings["list_invoices", "$"] == ("differs", "the body is not JSON")
    assert findings["list_invoices", "Content-Type"] == ("differs", "is not application/json")
    assert CANARY not in str(findings)


def test_a_number_that_the_client_refuses_is_reported(run: Any, stub: StubServer) -> None:
    """The decoder of the client decides, not the JSON parser of the survey."""
    (one,) = stub.seed(1)
    text = json.dumps(body_of(stub, f"/invoices/{one}"))
    amount = body_of(stub, f"/invoices/{one}")["data"]["amount"]["net_total"]
    alter(stub, "get", text.replace(f'"net_total": {amount}', '"net_total": 1e5000'))
    place = ("get_invoice", "$.data.amount.net_total")
    assert found(run)[1][place] == ("differs", "is not a number of a usable size")
    alter(stub, "get", text.replace('"success"', '"extra": NaN, "success"'))
    assert found(run)[0] == Exit.DIFFERENT


def test_a_list_longer_than_its_limit_is_a_difference(run: Any, stub: StubServer) -> None:
    stub.seed(30)
    alter(stub, "list", body_of(stub, "/invoices?limit=21"))
    assert found(run)[1]["list_invoices", "limit"] == ("differs", "20 were asked for, and 21 came")


@pytest.mark.parametrize(("status", "hint"), [(401, "the token is missing"), (403, "lacks a scope"), (418, "418")])
def test_a_refusal_is_reported_without_the_service_s_message(
    run: Any, stub: StubServer, status: int, hint: str
) -> None:
    stub.fail_next(status=status, message=f"{CANARY}", operation="list")
    ended, findings = found(run)
    assert ended == Exit.DIFFERENT
    assert findings["list_invoices", "call"][0] == "wrong"
    assert hint in findings["list_invoices", "call"][1]
    assert CANARY not in str(findings)


def test_invalid_settings_are_findings(
    run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PAISR_TOKEN")
    status, findings = found(run)
    assert status == Exit.DIFFERENT
    assert findings["settings", "client"][0] == "wrong"
    assert "PAISR_TOKEN" in findings["settings", "client"][1]
    monkeypatch.setenv("PAISR_BASE_URL", f"http://jane:{CANARY}@example.com/v2")
    status, findings = found(run)
    assert (status, findings["settings", "base_url"][0]) == (Exit.DIFFERENT, "wrong")
    assert CANARY not in str(findings)
    refused = run("doctor", "--report", tmp_path / "nowhere" / "report.md")
    assert (refused.status, "No such file" in refused.err) == (Exit.WRONG_USE, True)


def test_an_unreachable_service_is_a_finding(run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAISR_BASE_URL")
    status, findings = found(run, "--base-url", "http://127.0.0.1:1/v2", "--timeout", "0.2")
    assert status == Exit.DIFFERENT
    assert findings["settings", "base_url"][1].endswith("(--base-url)")
    assert findings["settings", "timeout"] == ("ok", "0.2 s (--timeout)")
    assert findings["list_invoices", "call"][0] == "wrong"


def test_a_base_url_without_the_version_gets_the_hint_of_a_list(
    run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAISR_BASE_URL", stub.url.removesuffix("/v2"))
    _status, findings = found(run)
    hint = "check that the base URL ends in the version, such as /v2"
    assert findings["list_invoices", "call"] == ("wrong", f"the service responded with 404: {hint}")
    assert hint in run("invoices", "list").err


def test_a_proxy_is_named_without_its_password(run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAISR_BASE_URL")
    monkeypatch.setenv("HTTPS_PROXY", f"http://jane:{CANARY}@127.0.0.1:1")
    status, findings = found(run, "--environment", "staging", "--timeout", "0.2")
    assert status == Exit.DIFFERENT
    assert findings["network", "proxy"] == ("ok", "http://127.0.0.1:1 (from the environment)")
    assert findings["settings", "base_url"][1].endswith("(--environment staging)")
    assert CANARY not in str(findings)


@pytest.mark.parametrize(
    ("seconds", "verdict", "text"),
    [
        (0, "ok", "agrees with the service's"),
        (-60, "note", "behind"),
        (60, "note", "ahead of"),
        (3600, "wrong", "ahead of"),
    ],
)
def test_the_clock_is_compared_with_the_service_s(
    run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch, seconds: int, verdict: str, text: str
) -> None:
    monkeypatch.setattr(_doctor, "_now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    finding = found(run)[1]["network", "clock"]
    assert (finding[0], text in finding[1]) == (verdict, True)


def jwt(claims: object) -> str:
    parts = [json.dumps(one).encode() for one in ({"alg": "HS256"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLWNhbmFyeQ"])


def test_expiry_and_scopes_of_a_jwt_are_shown_but_not_its_owner_or_signature(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    monkeypatch.setattr(_doctor, "_now", lambda: now)
    claims = {"exp": now.timestamp() + 90 * 86400, "sub": CANARY, "scope": "invoices.read invoices.create"}
    with StubServer(token=jwt(claims)) as stub:
        monkeypatch.setenv("PAISR_TOKEN", stub.token)
        monkeypatch.setenv("PAISR_BASE_URL", stub.url)
        ended = run("doctor", "-o", "json")
    findings = {one["place"]: one["text"] for one in json.loads(ended.out) if one["about"] == "token"}
    assert findings == {
        "expiry": "2027-03-01 00:00:00Z (decoded, not verified)",
        "scopes": "invoices.read, invoices.create",
    }
    for secret in (CANARY, "c2lnbmF0dXJlLWNhbmFyeQ", stub.token):
        assert secret not in ended.out + ended.err
