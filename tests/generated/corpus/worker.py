"""Generating a variant and calling it from the public surface, in a process in which it is `paisr_generated`."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import generate
import httpx
import msgspec

from .catalogue import VARIANTS
from .variants import Call, Variant

BASE_URL = "http://127.0.0.1:9/v2"
USE = """\
import datetime as dt
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, assert_type
from uuid import UUID

from {package} import models
from {package}.models import *
from {package}.responses import ApiResponse
from {package}.resources import AsyncResources, Resources


def use(client: Resources) -> None:
{plain}


async def use_async(client: AsyncResources) -> None:
{asynchronous}
"""


def package_name(variant: Variant) -> str:
    return "v_" + "".join(one if one.isalnum() else "_" for one in variant.name)


def built(name: str, folder: Path) -> Path:
    """The package of a variant, generated when it is not there yet."""
    variant = VARIANTS[name]
    package = folder / package_name(variant)
    if not package.exists():
        # Elsewhere first: another process may be at work on the same.
        fresh = folder / f"made_by_{os.getpid()}" / package.name
        generate.build(variant.document(), fresh)
        (folder / f"use_{package.name}.py").write_text(_use(variant, package.name), encoding="utf-8")
        with contextlib.suppress(OSError):
            fresh.rename(package)
    return package


def _use(variant: Variant, package: str) -> str:
    """A module with every call that must work, for the type checker."""
    calls = [one for one in variant.calls if not one.refused and not one.fails]
    lines: dict[bool, list[str]] = {False: [], True: []}
    for asynchronous, written in lines.items():
        for one in calls:
            for whole in (False, True):
                expression = _expression(one, whole=whole)
                expression = f"await {expression}" if asynchronous else expression
                kind = f"ApiResponse[{one.typed}]" if whole else one.typed
                written.append(f"    assert_type({expression}, {kind})" if one.typed else f"    {expression}")
    plain, asynchronous_lines = ("\n".join(lines[key] or ["    pass"]) for key in (False, True))
    return USE.format(package=package, plain=plain, asynchronous=asynchronous_lines)


def _expression(call: Call, *, whole: bool) -> str:
    resource, _, rest = call.text.partition(".")
    return f"client.{resource}.with_response.{rest}" if whole else f"client.{call.text}"


def problems_of(name: str, folder: Path) -> list[str]:
    """What is wrong with a variant that must work; empty when it works."""
    try:
        paisr = _imported(built(name, folder))
        return [problem for call in VARIANTS[name].calls for problem in _problems_of_call(paisr, call)]
    except BaseException:
        return [traceback.format_exc()]


def _imported(package: Path) -> Any:
    """`paisr`, with the package in place of `paisr_generated`."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"paisr", "paisr_generated"}]:
        del sys.modules[name]
    spec = importlib.util.spec_from_file_location(
        "paisr_generated", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["paisr_generated"] = module
    spec.loader.exec_module(module)
    paisr = importlib.import_module("paisr")
    for public in paisr.__all__:
        getattr(paisr, public)
    return paisr


def _problems_of_call(paisr: Any, call: Call) -> Iterator[str]:
    for asynchronous in (False, True):
        for whole in (False, True):
            try:
                problem = _problem(paisr, call, asynchronous=asynchronous, whole=whole)
            except Exception:
                problem = traceback.format_exc()
            if problem:
                form = f"{'async ' if asynchronous else ''}{'with_response ' if whole else ''}"
                yield f"{form}{call.text}: {problem}"


def _problem(paisr: Any, call: Call, *, asynchronous: bool, whole: bool) -> str:
    sent: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if call.first and len(sent) == 1:
            return httpx.Response(call.first, headers={"Retry-After": "0"})
        return httpx.Response(call.status, headers=dict(call.response_headers), content=call.content.encode())

    kind = paisr.AsyncPaisr if asynchronous else paisr.Paisr
    client = kind("token", base_url=BASE_URL, transport=httpx.MockTransport(response), rate_limit=None)
    try:
        result = _called(client, _expression(call, whole=whole), asynchronous=asynchronous)
    except paisr.InvalidArgumentError as error:
        if not call.refused or call.refused not in str(error) or sent:
            return f"it is refused with {error!r}, and {len(sent)} requests were sent"
        return ""
    except paisr.UnexpectedResponseError as error:
        return "" if call.unexpected and error.path == call.unexpected else f"it ends in {error!r}"
    except paisr.PaisrError as error:
        return "" if type(error).__name__ == call.fails and len(sent) == 1 else f"it ends in {error!r}"
    if call.refused or call.unexpected or call.fails:
        return f"it gives {result!r} and is not refused"
    if whole:
        if result.headers.get("x-request-id") != call.response_headers.get("x-request-id"):
            return f"the response's headers are {result.headers!r}"
        result = result.data
    return _problem_of_request(sent, call) or _problem_of_result(result, call)


def _called(client: Any, expression: str, *, asynchronous: bool) -> Any:
    import paisr_generated.models as models

    names = {name: getattr(models, name) for name in models.__all__} | {
        "client": client, "models": models, "UTC": UTC, "date": date, "datetime": datetime, "Decimal": Decimal,
        "UUID": UUID, "timedelta": timedelta, "timezone": timezone,
    }  # fmt: skip
    if not asynchronous:
        with client:
            return eval(expression, names)

    async def call() -> Any:
        async with client:
            return await eval(expression, names)

    return asyncio.run(call())


def _problem_of_request(sent: list[httpx.Request], call: Call) -> str:
    if len(sent) != (2 if call.first else 1):
        return f"{len(sent)} requests were sent"
    request = sent[-1]
    line = f"{request.method} {request.url.raw_path.decode().removeprefix('/v2')}"
    body = request.content.decode()
    if line != call.sends or body != (call.body or ""):
        return f"it sends {line} {body}, not {call.sends} {call.body or ''}"
    if request.headers.get_list("accept") != ["application/json"]:
        return f"it accepts {request.headers.get_list('accept')}"
    for name, value in call.headers.items():
        if request.headers.get_list(name) != ([value] if value else []):
            return f"its header {name} is {request.headers.get_list(name)}"
    return ""


def _problem_of_result(result: object, call: Call) -> str:
    if call.gives is ... or _same(plain := _plain(result), call.gives):
        return ""
    return f"it gives {plain!r}, not {call.gives!r}"


def _plain(value: Any) -> Any:
    """A result without its classes, and without what is None."""
    if isinstance(value, Enum):
        return value.value
    if attrs.has(type(value)):
        return _without_none({one.name: getattr(value, one.name) for one in attrs.fields(type(value))})
    if isinstance(value, msgspec.Struct):
        tag = type(value).__struct_config__.tag
        name = type(value).__struct_config__.tag_field
        fields = {one: getattr(value, one) for one in value.__struct_fields__}
        return _without_none(({name: tag} if name else {}) | fields)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in fields.items() if value is not None}


def _same(one: Any, other: Any) -> bool:
    """Equal, of the same types, and with the same digits."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return set(one) == set(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return str(one) == str(other) if isinstance(one, Decimal) else bool(one == other)
