"""The contract as plain data, and the tables that the suites read from it: operations, parameters, responses."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

PATH = Path(__file__).resolve().parents[3] / "openapi" / "paisr-invoices.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
JSON = "application/json"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
SAFE_METHODS = ("get", "head", "options")


class Parameter(NamedTuple):
    """A parameter, or a property of a body. `place`: path, query, header or body; `pointer`: to its schema."""

    name: str
    place: str
    required: bool
    schema: dict[str, Any]
    pointer: str

    @property
    def python_name(self) -> str:
        """As an argument: ``Idempotency-Key`` is ``idempotency_key``, ``from`` is ``from_``."""
        name = re.sub(r"\W", "_", self.name.lower()) if self.place == "header" else self.name
        return f"{name}_" if keyword.iskeyword(name) else name


class Operation(NamedTuple):
    """An operation. `pointer`: of itself; `body`: the pointer of its body's schema, empty where it has none."""

    id: str
    tag: str
    method: str
    path: str
    pointer: str
    node: dict[str, Any]
    parameters: tuple[Parameter, ...]
    body: str

    @property
    def method_name(self) -> str:
        """The words of its id without the tag's noun: ``listInvoices`` is ``list``, ``addInvoiceItem`` ``add_item``."""
        if "x-python-name" in self.node:
            return str(self.node["x-python-name"])
        words = "_".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", self.id)).lower()
        singular = re.sub(r"s$", "", re.sub(r"ies$", "y", self.tag))
        name = re.sub(rf"(^|_)({self.tag}|{singular})(?=_|$)", "", words, count=1).strip("_")
        return f"{name}_" if keyword.iskeyword(name) else name

    @property
    def is_idempotent(self) -> bool:
        return self.method in SAFE_METHODS or self.node.get("x-idempotent") is True

    @property
    def success(self) -> str:
        """The first status of success."""
        return next(str(status) for status in self.node["responses"] if str(status).startswith("2"))

    def at(self, place: str) -> tuple[Parameter, ...]:
        return tuple(one for one in self.parameters if one.place == place)

    def response(self, status: int) -> tuple[str, dict[str, Any]]:
        """The contract's key for a status (``200``, ``4XX``, ``default``), and its response."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.node["responses"]:
                return key, resolve(self.node["responses"][key])
        raise AssertionError(f"{self.id}: the contract has no response with {status}")


def resolve(node: Any) -> Any:
    """NODE with its `$ref` followed, or NODE itself where it has none."""
    while isinstance(node, dict) and "$ref" in node:
        node = at(node["$ref"].removeprefix("#"))
    return node


def at(pointer: str) -> Any:
    """The node at a JSON pointer into the contract."""
    node: Any = DOCUMENT
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def place_of(schema: dict[str, Any], pointer: str) -> str:
    """POINTER, or the pointer of the schema that a `$ref` leads to."""
    while "$ref" in schema:
        pointer = schema["$ref"].removeprefix("#")
        schema = at(pointer)
    return pointer


def escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without null: the other member of its `oneOf`, or the other of its types."""
    schema = resolve(schema)
    if "oneOf" in schema:
        return not_null(next(one for one in schema["oneOf"] if resolve(one).get("type") != "null"))
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return {**schema, "type": next(kind for kind in kinds if kind != "null")}
    return dict(schema)


def lists(schema: dict[str, Any]) -> list[str]:
    """The names of the arrays of an object."""
    return [
        name for name, one in not_null(schema).get("properties", {}).items() if not_null(one).get("type") == "array"
    ]


def _operations() -> Iterator[Operation]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if path.startswith("/") and method in item:
                yield _operation(path, method, item[method], f"/paths/{escaped(path)}/{method}")


def _operation(path: str, method: str, node: dict[str, Any], pointer: str) -> Operation:
    content = resolve(node.get("requestBody", {})).get("content", {})
    body = f"{pointer}/requestBody/content/{escaped(JSON)}/schema" if JSON in content else ""
    given = [_parameter(one, f"{pointer}/parameters/{index}") for index, one in enumerate(node.get("parameters", []))]
    if body:
        body = place_of(content[JSON]["schema"], body)
        given += _properties(body)
    tag = (node.get("tags") or ["default"])[0]
    return Operation(node["operationId"], tag, method, path, pointer, node, tuple(given), body)


def _parameter(node: dict[str, Any], pointer: str) -> Parameter:
    if "$ref" in node:
        pointer = node["$ref"].removeprefix("#")
        node = resolve(node)
    return Parameter(node["name"], node["in"], bool(node.get("required")), node["schema"], f"{pointer}/schema")


def _properties(body: str) -> list[Parameter]:
    schema = at(body)
    return [
        Parameter(name, "body", name in schema.get("required", []), one, f"{body}/properties/{escaped(name)}")
        for name, one in schema.get("properties", {}).items()
        if not resolve(one).get("readOnly")
    ]


OPERATIONS = {one.id: one for one in _operations()}


def _filled_in(server: dict[str, Any]) -> str:
    values = {name: variable["default"] for name, variable in server["variables"].items()}
    return str(server["url"].format(**values))


# environment -> position in the contract, base URL
SERVERS_BY_NAME = {one["x-name"]: (index, _filled_in(one)) for index, one in enumerate(DOCUMENT["servers"])}
