# Copied from generator-templates/support/operations.py by scripts/generate.py. Do not edit: change that file.
"""Operations as data: the request of each, and the model of each response. Nothing here does IO."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar, cast
from urllib.parse import quote

import msgspec
from msgspec import Struct

from .responses import ApiResponse
from .rules import Rule

__all__ = ["AsyncCaller", "Caller", "Operation", "Parameter", "Request", "Response"]

T = TypeVar("T")
# One line of printable Latin-1. HTTP strips spaces at the ends.
_HEADER_TEXT = re.compile(r"([!-~\xa1-\xff]([\t -~\xa0-\xff]*[!-~\xa1-\xff])?)?")
SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


class Request(Struct, frozen=True, kw_only=True):
    """The parts of a request that the contract determines. The host and the token are not among them."""

    operation: str
    """The name of the operation, such as `create_invoice`."""

    method: str
    target: str
    """The path, percent-encoded, with the query: everything after the base URL."""

    id: str | None = None
    """The first parameter of the path, as given."""

    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """The body as JSON in UTF-8, or None where the operation sends none."""


class Parameter(Struct, frozen=True, kw_only=True):
    """An argument: a parameter of the URL or a header, or a property of the body.

    `place` is ``path``, ``query``, ``header``, ``body``, or ``whole body`` for a body that is not an object.
    """

    name: str
    json_name: str
    place: str
    rule: Rule
    required: bool = False
    required_with_body: bool = False
    """Whether an optional body must have it."""

    style: str = "form"
    explode: bool = True


class Response(Struct, frozen=True):
    """How a response is decoded: into `model`, or not at all. The result of an enveloped response is its `data`."""

    model: Any = None
    enveloped: bool = False
    has_data: bool = True


class Operation(Struct, Generic[T], frozen=True, kw_only=True):
    """One operation of the contract; a call returns a `T`."""

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    responses: Mapping[str, Response]
    """By status (``200``), by range of statuses (``4XX``), or ``default``."""

    is_idempotent: bool
    """Whether repeating it has the same effect as sending it once."""

    body_type: Any = None
    """The model of a body that is an object."""

    body_required: bool = False

    def parameter(self, name: str) -> Parameter | None:
        return next((one for one in self.parameters if one.name == name), None)

    def response_for(self, status: int) -> Response | None:
        """How a response with this status is decoded; None where the contract has no such response."""
        found = self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX")
        return found or self.responses.get("default")

    def request(self, values: Mapping[str, object]) -> Request:
        """The request with these values, by parameter name. The values must be checked and plain already.

        Raises ValueError for a value that no URL or header can carry.
        """
        given = [(one, values[one.name]) for one in self.parameters if one.name in values]
        return Request(
            operation=self.name,
            method=self.method,
            target=_path(self.path, given) + _query(given),
            id=next((text_of(value) for one, value in given if one.place == "path"), None),
            headers=tuple((one.json_name, _header(one, value)) for one, value in given if one.place == "header"),
            body=self._body(given),
        )

    def _body(self, given: list[tuple[Parameter, object]]) -> bytes | None:
        for one, value in given:
            if one.place == "whole body":
                return encode(value)
        fields = {one.json_name: value for one, value in given if one.place == "body"}
        if not fields and not self.body_required:
            return None
        for one in self.parameters:
            if one.required_with_body and one.json_name not in fields:
                raise ValueError(f"{one.name} is required with {', '.join(fields)}; give it, too.")
        return encode(fields)


def _path(template: str, given: list[tuple[Parameter, object]]) -> str:
    path = template
    for one, value in given:
        if one.place == "path":
            text = _joined(value, ",", write=_quoted)
            if text in {"", ".", ".."}:
                raise ValueError(f"{one.name}={value!r} would change the path of the request; give another value.")
            path = path.replace(f"{{{one.json_name}}}", text)
    if any(segment in {".", ".."} for segment in path.split("/")):
        raise ValueError(
            f"{path} has the segment '.' or '..', which would change the path of the request; give another value."
        )
    return path


def _header(parameter: Parameter, value: object) -> str:
    if isinstance(value, list) and any("," in text_of(one) for one in cast("list[object]", value)):
        raise ValueError(
            f"{parameter.name} has an item with a comma, which separates items in a header; give items without one."
        )
    text = _joined(value, ",", write=text_of)
    if not _HEADER_TEXT.fullmatch(text):
        raise ValueError(
            f"{parameter.name} cannot be sent in a header, which takes one line of Latin-1 characters without spaces "
            "around them."
        )
    return text


def _query(given: list[tuple[Parameter, object]]) -> str:
    pairs = [pair for one, value in given if one.place == "query" for pair in _query_pairs(one, value)]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _query_pairs(parameter: Parameter, value: Any) -> Iterator[str]:
    name = quote(parameter.json_name, safe="")
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield f"{name}%5B{quote(str(key), safe='')}%5D={_quoted(inner)}"
    elif isinstance(value, list) and parameter.explode:
        yield from (f"{name}={_quoted(one)}" for one in cast("list[object]", value))
    elif value != []:
        yield f"{name}={_joined(value, SEPARATORS.get(parameter.style, ','), write=_quoted)}"


def _joined(value: Any, separator: str, *, write: Callable[[object], str]) -> str:
    return separator.join(map(write, cast("list[object]", value))) if isinstance(value, list) else write(value)


def _quoted(value: object) -> str:
    return quote(text_of(value), safe="")


def text_of(value: object) -> str:
    """A plain value as text for a URL or a header."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


encode = msgspec.json.Encoder(decimal_format="number").encode
"""A value as JSON. Decimals become numbers with exactly their digits."""


class Caller(Protocol):
    """Calls operations in the calling thread. An argument that is None was not given."""

    @property
    def base_url(self) -> str:
        """The address of the service."""
        ...

    def call(self, operation: Operation[T], arguments: dict[str, object], timeout: float | None) -> ApiResponse[T]: ...


class AsyncCaller(Protocol):
    """Calls operations on an event loop. An argument that is None was not given."""

    @property
    def base_url(self) -> str:
        """The address of the service."""
        ...

    async def call(
        self, operation: Operation[T], arguments: dict[str, object], timeout: float | None
    ) -> ApiResponse[T]: ...
