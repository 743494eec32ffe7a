"""Unknown fields and values are reported once to `on_drift`, and never fail a call."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr import AsyncPaisr, ConfigurationError, Paisr
from paisr._base.secrets import Secret
from paisr._engine.drift import MAX_REPORTED, DriftWatch
from paisr_generated.models import GetInvoiceResponse, ListInvoicesResponse

EXAMPLE = Path(__file__).parents[3] / "openapi" / "examples" / "list-invoices-response.json"


def drifted_list() -> dict[str, Any]:
    response: dict[str, Any] = json.loads(EXAMPLE.read_text())
    invoice = response["data"]["invoices"][0]
    invoice["line_items"] = [{"id": "itm_123456"}]
    invoice["status"] = "refunded"
    invoice["customer"]["loyalty points"] = 3
    response["data"]["invoices"] *= 3
    response["next"] = None
    return response


DRIFTED_PATHS = {
    '$.data.invoices[].customer["loyalty points"]',
    "$.data.invoices[].status=refunded",
    "$.data.invoices[].line_items",
    "$.next",
}


def responding(body: bytes) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(200, content=body))


def test_each_unknown_field_and_value_is_reported_once() -> None:
    findings: list[tuple[str, str]] = []
    transport = responding(json.dumps(drifted_list()).encode())
    with Paisr("t", transport=transport, on_drift=lambda operation, path: findings.append((operation, path))) as client:
        assert [invoice.status for invoice in client.invoices.list()] == ["refunded"] * 3
        client.invoices.list()
    assert sorted(findings) == sorted(("list_invoices", path) for path in DRIFTED_PATHS)


def test_the_async_client_reports_drift() -> None:
    findings: list[str] = []

    async def call() -> None:
        transport = responding(json.dumps(drifted_list()).encode())
        async with AsyncPaisr("t", transport=transport, on_drift=lambda _, path: findings.append(path)) as client:
            await client.invoices.list()

    asyncio.run(call())
    assert set(findings) == DRIFTED_PATHS


def test_a_response_within_the_contract_reports_no_drift() -> None:
    findings: list[str] = []
    watch = DriftWatch(lambda operation, path: findings.append(path))
    watch.compare("list_invoices", EXAMPLE.read_bytes(), ListInvoicesResponse, Secret("t"))
    assert findings == []


def test_a_callable_that_raises_is_logged_and_the_call_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def fail(operation: str, path: str) -> None:
        raise RuntimeError("from the callable")

    with Paisr("t", transport=responding(json.dumps(drifted_list()).encode()), on_drift=fail) as client:
        assert len(client.invoices.list()) == 3
    assert "from the callable" in caplog.text


def test_an_integer_too_long_for_python_does_not_fail_the_call() -> None:
    findings: list[str] = []
    body = b'{"success":true,"data":{"id":"inv_1","status":"paid","big":' + b"9" * 5000 + b"}}"
    with Paisr("t", transport=responding(body), on_drift=lambda _, path: findings.append(path)) as client:
        assert client.invoices.get("inv_1").id == "inv_1"


def test_the_number_of_remembered_findings_is_bounded() -> None:
    findings: list[str] = []
    watch = DriftWatch(lambda operation, path: findings.append(path))
    names = {f"f{number}": 1 for number in range(MAX_REPORTED + 50)}
    body = json.dumps({"success": True, "data": {"id": "inv_1", "status": "paid", **names}}).encode()
    watch.compare("get_invoice", body, GetInvoiceResponse, Secret("t"))
    assert len(findings) == MAX_REPORTED


def test_drift_does_not_report_an_echoed_token() -> None:
    token = "CANARY-c0ffee"
    findings: list[str] = []
    data = {"id": "inv_1", "status": token, token: 1, f"with {token} in it": 1}
    transport = responding(json.dumps({"success": True, "data": data}).encode())
    with Paisr(token, transport=transport, on_drift=lambda operation, path: findings.append(path)) as client:
        client.invoices.get("inv_1")
    assert set(findings) == {'$.data["[secret]"]', '$.data["with [secret] in it"]', "$.data.status=[secret]"}


def test_an_on_drift_that_is_not_callable_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="on_drift is a str"):
        Paisr("t", on_drift="print")  # type: ignore[arg-type]  # the mistake under test
