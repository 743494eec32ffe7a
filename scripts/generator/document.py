"""Resolves references in an OpenAPI document, and reads its servers."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import unquote

from .shapes import UnsupportedContractError

Node = dict[str, Any]
JSON = "application/json"


class Document:
    """An OpenAPI document, with methods to resolve its references."""

    def __init__(self, root: Node) -> None:
        self.root = root

    def resolve(self, node: Node, pointer: str) -> tuple[Node, str]:
        """The node at the end of a chain of references, and its pointer. Keywords beside a reference win."""
        seen: set[str] = set()
        siblings: Node = {}
        while "$ref" in node:
            reference = node["$ref"]
            siblings = {**{key: value for key, value in node.items() if key != "$ref"}, **siblings}
            if reference in seen:
                raise UnsupportedContractError(pointer, f"{reference!r} refers to itself")
            seen.add(reference)
            node, pointer = self._target(reference, pointer), str(reference)
        return ({**node, **siblings} if siblings else node), pointer

    def _target(self, reference: object, pointer: str) -> Node:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise UnsupportedContractError(pointer, f"the reference {reference!r} points outside the document")
        node: Any = self.root
        for part in reference[2:].split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or key not in node:
                raise UnsupportedContractError(pointer, f"the reference {reference!r} points to nothing")
            node = cast(Node, node)[key]
        if not isinstance(node, dict):
            raise UnsupportedContractError(pointer, f"the reference {reference!r} does not point to an object")
        return cast(Node, node)

    def json_schema(self, content: Node, pointer: str) -> tuple[Node, str] | None:
        """The schema of the JSON content, and its pointer; None when there is no content."""
        if not content:
            return None
        for media_type, value in content.items():
            if media_type.partition(";")[0].strip().lower() in {JSON, "*/*", "application/*"}:
                return value.get("schema", {}), f"{pointer}/content/{escaped(media_type)}/schema"
        raise UnsupportedContractError(
            f"{pointer}/content", f"{', '.join(content)} cannot be read or written; only {JSON} can"
        )

    def servers(self) -> dict[str, str]:
        """The URL of each server by its name, with the defaults of its variables."""
        servers: dict[str, str] = {}
        for index, server in enumerate(self.root.get("servers", [])):
            url = str(server["url"])
            for name, variable in server.get("variables", {}).items():
                url = url.replace(f"{{{name}}}", str(variable["default"]))
            if "{" in url:
                raise UnsupportedContractError(f"#/servers/{index}", "a variable of the URL has no default")
            if "://" not in url:
                raise UnsupportedContractError(f"#/servers/{index}", f"the URL {url!r} has no host")
            name = server.get("x-name") or ("default" if index == 0 else f"server_{index + 1}")
            if name in servers:
                raise UnsupportedContractError(f"#/servers/{index}", f"the name {name!r} is taken by another server")
            servers[name] = url
        if not servers:
            raise UnsupportedContractError("#/servers", "the contract names no server")
        return servers


def escaped(part: str) -> str:
    """A key, escaped as a part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")
