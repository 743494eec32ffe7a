"""The public surface: the promised names and more, loaded on first use, and the same calls on both clients."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import Any

import pytest

import paisr
from paisr import AsyncPaisr, Paisr

# Names that programs rely on: they stay. A new name needs no edit here.
PROMISED = {
    "ApiResponse", "AsyncInvoices", "AsyncPaisr", "Attempt", "CallEvent", "Invoices", "Journal", "JournalEntry",
    "LineItem", "Paisr", "RateLimit", "RowResult", "UnreadableItem", "WebhookEvent", "__version__", "webhooks",
    "PaisrError", "ConfigurationError", "InvalidArgumentError", "APIConnectionError", "APITimeoutError",
    "APIStatusError", "BadRequestError", "AuthenticationError", "PermissionDeniedError", "NotFoundError",
    "ConflictError", "UnprocessableEntityError", "RateLimitError", "ServerError", "UnexpectedResponseError",
    "OutcomeUnknownError", "RateLimitTimeoutError", "WebhookError",
}  # fmt: skip
# Those of the contract.
PROMISED |= {
    "Amount", "BillingDetails", "CheckoutSession", "CreatedInvoice", "Currency", "Customer", "Invoice", "InvoiceList",
    "InvoiceStatus", "ShippingDetails", "Voucher", "VoucherType",
}  # fmt: skip
NAMES = sorted(paisr.__all__)


def python(code: str) -> str:
    """The output of CODE in a new process."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_the_promised_names_stay() -> None:
    assert PROMISED - set(paisr.__all__) == set()
    assert dir(paisr) == NAMES
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_exists_and_has_a_docstring(name: str) -> None:
    value = getattr(importlib.import_module("paisr"), name)
    if name != "__version__":
        assert inspect.getdoc(value)
        assert value.__doc__, "no docstring of its own"
    if inspect.isclass(value):
        assert value.__name__ == name


def test_a_star_import_brings_every_name() -> None:
    names: dict[str, Any] = {}
    exec("from paisr import *", names)
    assert set(NAMES) <= set(names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'paisr' has no attribute 'Paiser'"):
        paisr.Paiser  # type: ignore[attr-defined]  # noqa: B018 - the test is that it does not exist
    assert not hasattr(paisr, "__path")


def test_importing_loads_no_unused_module() -> None:
    loaded = set(python("import paisr, sys; print(*sys.modules)").split())
    heavy = {"httpx", "httpcore", "msgspec", "attr", "attrs", "asyncio", "ssl", "dateutil", "starlette", "sqlite3"}
    assert not heavy & loaded
    ours = {name for name in loaded if name.startswith("paisr")}
    assert ours == {"paisr", "paisr._base", "paisr._base.errors", "paisr._base.version", "paisr_generated"}


def test_the_client_loads_no_dependency_of_the_stub_or_the_command_line() -> None:
    loaded = set(
        python("import sys; from paisr import AsyncPaisr, Paisr; Paisr('tok').close(); print(*sys.modules)").split()
    )
    assert not {"starlette", "uvicorn", "dateutil", "redis", "sqlite3", "paisr_stub", "argparse"} & loaded


def parameters(function: Any) -> list[tuple[str, Any, Any, Any]]:
    signature = inspect.signature(function)
    return [(one.name, one.kind, one.default, one.annotation) for one in signature.parameters.values()]


def public(cls: type) -> dict[str, Any]:
    return {name: value for name, value in inspect.getmembers(cls) if not name.startswith("_")}


@pytest.mark.parametrize("part", ["invoices", "invoices.with_response"])
def test_both_clients_have_the_same_calls(part: str) -> None:
    with Paisr("tok") as client:
        sync: Any = client
        other: Any = AsyncPaisr("tok")
        for name in part.split("."):
            sync, other = getattr(sync, name), getattr(other, name)
    calls, awaited = public(type(sync)), public(type(other))
    assert list(calls) == list(awaited)
    assert {"create", "list", "get"} <= set(calls)
    for name, call in calls.items():
        if isinstance(call, property):
            continue
        iterates = inspect.isgeneratorfunction(call)
        if iterates:  # `AsyncPaisr` also accepts async rows and a concurrency
            names = [one[0] for one in parameters(awaited[name]) if one[0] != "concurrency"]
            assert [one[0] for one in parameters(call)] == names
            assert "AsyncIterator" in str(inspect.signature(awaited[name]).return_annotation)
        else:
            assert parameters(call) == parameters(awaited[name])
            assert inspect.signature(call).return_annotation == inspect.signature(awaited[name]).return_annotation
        assert inspect.iscoroutinefunction(awaited[name]) != iterates
        assert not inspect.iscoroutinefunction(call)
        assert call.__doc__
        assert call.__doc__.replace("Async", "") == awaited[name].__doc__.replace("Async", "")
        assert "httpx" not in str(inspect.signature(call))


def test_a_call_with_its_response_has_the_same_parameters() -> None:
    with Paisr("tok") as client:
        plain, whole = public(type(client.invoices)), public(type(client.invoices.with_response))
    assert set(whole) == {"create", "list", "get"}
    for name, call in whole.items():
        assert parameters(call) == parameters(plain[name])
        assert inspect.signature(call).return_annotation == (
            f"ApiResponse[{inspect.signature(plain[name]).return_annotation}]"
        )


def test_both_clients_have_the_same_settings() -> None:
    assert vars(Paisr).get("__init__") is vars(AsyncPaisr).get("__init__") is None, "one constructor for both"
    settings = parameters(Paisr.__init__)
    assert settings == parameters(AsyncPaisr.__init__)
    # Which kind of transport each takes is checked in tests/typing.
    assert [name for name, _kind, _default, kind in settings if "Transport" in str(kind)] == ["transport"]
    documented = inspect.getdoc(Paisr.__init__) or ""
    assert all(f"{name}:" in documented for name, *_rest in settings[1:])
    renamed = {name.replace("aclose", "close") for name in public(AsyncPaisr)}
    assert renamed == set(public(Paisr)) == {"close", "invoices", "with_options"}
    assert {name for name, *_rest in parameters(Paisr.with_options)} <= {name for name, *_rest in settings}
    assert Paisr.__doc__
    assert AsyncPaisr.__doc__


def test_the_documented_defaults_hold() -> None:
    defaults = {name: default for name, _kind, default, _annotation in parameters(Paisr.__init__)[1:]}
    expected = {
        "token": None,
        "environment": None,
        "base_url": None,
        "timeout": 30.0,
        "max_retries": 2,
        "rate_limit": paisr.RateLimit(250, per=60),
        "journal": None,
        "on_event": None,
        "default_headers": None,
        "user_agent": None,
        "proxy": None,
        "tls": None,
        "transport": None,
    }
    assert {name: defaults[name] for name in expected} == expected
