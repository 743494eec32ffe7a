"""The contract as plain data, and validators of its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).resolve().parents[3] / "openapi" / "paisr-invoices.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))


def resolve(node: Any) -> Any:
    """What NODE refers to, when it refers to something in the contract; otherwise NODE itself."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def operation(operation_id: str) -> dict[str, Any]:
    for methods in DOCUMENT["paths"].values():
        for found in methods.values():
            if found["operationId"] == operation_id:
                return dict(found)
    raise KeyError(operation_id)


def _filled_in(server: dict[str, Any]) -> str:
    values = {name: variable["default"] for name, variable in server["variables"].items()}
    return str(server["url"].format(**values))


# environment -> position in the contract, base URL
SERVERS_BY_NAME = {one["x-name"]: (index, _filled_in(one)) for index, one in enumerate(DOCUMENT["servers"])}
