"""`AsyncPaisr` outside asyncio: every call raises one clear error, before anything is written or sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr import AsyncPaisr, ConfigurationError

trio = pytest.importorskip("trio", reason="needs trio, which is in the test group")

SENTENCE = (
    "AsyncPaisr runs on asyncio only, and no asyncio event loop is running here; "
    "call it under asyncio.run(), or use Paisr in a thread."
)
CALLS: dict[str, Callable[[AsyncPaisr], Any]] = {
    "create": lambda client: client.invoices.create(customer="cus_1", summary="x", due="In 3 days"),
    "list": lambda client: client.invoices.list(),
    "get": lambda client: client.invoices.get("inv_1"),
    "with_response": lambda client: client.invoices.with_response.get("inv_1"),
    "wait": lambda client: client.invoices.wait("inv_1"),
    "unresolved": lambda client: client.invoices.unresolved(),
    "reconcile_journal": lambda client: client.invoices.reconcile_journal(),
    "with": lambda client: client.__aenter__(),
    "aclose": lambda client: client.aclose(),
}


def refused(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was sent")


def by_trio(call: Callable[[], Any]) -> Any:
    return trio.run(call)


def by_hand(call: Callable[[], Any]) -> Any:
    return call().send(None)


@pytest.mark.parametrize("run", [by_trio, by_hand])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name in CALLS
        for kind in ("pool", "transport", "journal")
        if name != "reconcile_journal" or kind == "journal"
    ],
)
def test_every_call_outside_asyncio_raises_the_same_error(
    name: str, kind: str, run: Callable[..., Any], path: Path
) -> None:
    settings: dict[str, Any] = {
        "pool": {"base_url": "http://127.0.0.1:9/v2"},
        "transport": {"transport": httpx.MockTransport(refused)},
        "journal": {"journal": path, "transport": httpx.MockTransport(refused)},
    }[kind]
    client = AsyncPaisr("tok", **settings)
    with pytest.raises(ConfigurationError) as caught:
        run(lambda: CALLS[name](client))
    assert str(caught.value) == SENTENCE
    assert caught.value.outcome == "not_sent"
