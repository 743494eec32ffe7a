"""Prism mocks the contract and validates both sides: the calls of both clients and its responses are valid."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from paisr import AsyncPaisr, CreatedInvoice, Invoice, InvoiceList, LineItem, Paisr

BILL = {
    "customer": "jane@example.com",
    "summary": "A simple pizza order",
    "currency": "SRD",
    "due": timedelta(days=3),
    "items": [LineItem("Pizza Margherita", quantity=2, unit_price="75.00")],
}
FILTERS = {"resource_id": "cus_123456", "currency": "SRD", "status": "unpaid", "limit": 100}
TOKEN = "tok_of_these_tests"


@pytest.fixture(scope="module")
def prism(node: Callable[..., list[str]], contract: Path) -> Iterator[str]:
    """The URL of a mock that validates requests and its own responses (`--errors`)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = node(
        "@stoplight/prism-cli/dist/index.js", "mock", "--errors", "--host", "127.0.0.1", "--port", port, contract
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            output = []
            for line in process.stdout:
                output.append(line)
                if "Prism is listening" in line:
                    break
            else:
                pytest.fail("".join(output))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_prism_refuses_a_request_that_the_contract_does_not_allow(prism: str) -> None:
    response = httpx.post(f"{prism}/invoices", json={"summary": "No customer"}, headers={"Authorization": "Bearer x"})
    assert response.status_code == 422
    assert httpx.get(f"{prism}/invoices").status_code == 401


def test_calls_of_the_client_are_valid_for_prism(prism: str) -> None:
    with Paisr(TOKEN, base_url=prism, max_retries=0) as client:
        assert isinstance(client.invoices.create(**BILL), CreatedInvoice)
        assert isinstance(client.invoices.list(**FILTERS), InvoiceList)
        assert isinstance(client.invoices.list()[0], Invoice)
        assert client.invoices.get("inv_123456").id == "inv_123456"


async def talk(prism: str) -> None:
    async with AsyncPaisr(TOKEN, base_url=prism, max_retries=0) as client:
        assert isinstance(await client.invoices.create(**BILL), CreatedInvoice)
        assert isinstance(await client.invoices.list(**FILTERS), InvoiceList)
        assert isinstance((await client.invoices.list())[0], Invoice)
        assert (await client.invoices.get("inv_123456")).id == "inv_123456"


def test_calls_of_the_async_client_are_valid_for_prism(prism: str) -> None:
    asyncio.run(talk(prism))
