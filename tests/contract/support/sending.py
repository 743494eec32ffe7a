"""For the suites of requests: the response to a call, the meaning of its arguments, and the declared refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from support.clients import Response
from support.contract import Operation, Parameter, not_null
from support.mirror import SUCCESSES
from support.values import example, response_schema

LINE = re.compile(r"[!-~]([ -~]*[!-~])?")
TIMES: dict[str, Callable[[str], Any]] = {"date-time": datetime.fromisoformat, "date": date.fromisoformat}
# Declared in test_client_sends.py.
REFUSED_IN_AN_ID = re.compile(r"[/\\\x00-\x20\x7f]")


def parse_exactly(content: str | bytes) -> Any:
    """Parse JSON with every digit: each number is a `Decimal`."""
    return json.loads(content, parse_float=Decimal, parse_int=Decimal)


def response_to(operation: Operation, arguments: Mapping[str, Any] = MappingProxyType({})) -> Response:
    """The smallest successful response, with the id that ARGUMENTS ask for, if any."""
    if operation.id not in SUCCESSES:
        return Response(int(operation.success), b"")
    body = example(response_schema(operation))
    if "invoice_id" in arguments and "id" in body["data"]:
        body["data"]["id"] = arguments["invoice_id"]
    return Response(SUCCESSES[operation.id].status_code, json.dumps(body).encode())


def number_meant(wanted: dict[str, Any], value: Any, *, text: bool = False) -> Any:
    """VALUE as the client reads it: a text of digits is an exact number. With TEXT, it is a text in a URL."""
    wanted = not_null(wanted)
    kind = wanted.get("type")
    if isinstance(value, list) and kind == "array":
        return [number_meant(wanted["items"], one) for one in value]
    if isinstance(value, dict) and kind == "object":
        inner = wanted.get("properties", {})
        return {name: number_meant(inner.get(name, {}), one) for name, one in value.items()}
    if kind == "number" and isinstance(value, float):
        return Decimal(str(value))
    if kind == "number" and isinstance(value, str):
        return Decimal(value) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", value) else value
    if text and kind == "integer" and isinstance(value, str):
        return int(value) if re.fullmatch("-?[0-9]{1,9}", value) else value
    return value == "true" if text and kind == "boolean" and value in ("true", "false") else value


def as_python(wanted: dict[str, Any], value: Any) -> Any:
    """A value as a caller passes it: times and dates as Python objects, where Python can parse them."""
    wanted = not_null(wanted)
    if isinstance(value, str) and wanted.get("format") in TIMES:
        try:
            return TIMES[wanted["format"]](value.upper())
        except ValueError:
            return value
    if isinstance(value, list) and wanted.get("type") == "array":
        return [as_python(wanted["items"], one) for one in value]
    if isinstance(value, dict) and "properties" in wanted:
        return {name: as_python(wanted["properties"].get(name, {}), one) for name, one in value.items()}
    return value


def can_be_sent(parameter: Parameter, value: Any) -> bool:
    """Whether the place can carry a value: a header is one line of printable ASCII, an id one segment of a path."""
    if not isinstance(value, str):
        return True
    if parameter.place == "path":
        return not REFUSED_IN_AN_ID.search(value)
    return parameter.place != "header" or bool(LINE.fullmatch(value))
