"""The addresses that operations are called at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from .reading import Source, sequence
from .schemas import Schemas
from .shapes import Node


class Server(NamedTuple):
    """A base URL with the defaults of its variables, and those variables as schemas: they have a default and values."""

    url: str
    variables: Mapping[str, Node]


def servers(owner: Source, version: str) -> dict[str, Server]:
    """The servers that an operation, a path or a document names, by their URL as it is written.

    VERSION is what the path of the operation begins with; it is a part of the address.
    """
    found = {}
    for source in map(owner.part, sequence(owner.raw, "servers")):
        template = url = f"{str(source.raw.get('url', '')).rstrip('/')}/{version}".rstrip("/")
        variables: dict[str, Node] = {}
        for name, variable in source.under("variables"):
            url = url.replace(f"{{{name}}}", str(variable.raw.get("default", "")))
            variables[name] = variable, variable.part({"type": "string"})
        found[template] = Server(url, variables)
    return found


def compare_servers(schemas: Schemas, old: Mapping[str, Server], new: Mapping[str, Server]) -> None:
    """Add the changes of addresses. A document that names no server says nothing about them."""
    if not old or not new:
        return
    for template in old.keys() & new.keys():
        before, after = old[template].variables, new[template].variables
        for name in before.keys() & after.keys():
            schemas.compare(f"servers {{{name}}}", before[name], after[name])
    removed = _without(old, new)
    added = _without(new, old)
    if len(removed) == len(added) == 1:
        schemas.log.add("servers", "changed", "server", removed[0], added[0])
        return
    for url in removed:
        schemas.log.add("servers", "removed", "server", url, "")
    for url in added:
        schemas.log.add("servers", "added", "server", "", url)


def _without(some: Mapping[str, Server], others: Mapping[str, Server]) -> list[str]:
    """The URLs that have no counterpart among the others."""
    return [
        server.url
        for template, server in sorted(some.items())
        if template not in others and not any(_same(server.url, other.url) for other in others.values())
    ]


def _same(one: str, other: str) -> bool:
    """Whether two addresses can be the same: what one of them leaves open is what the other says."""
    parts, others = _parts(one), _parts(other)
    return len(parts) == len(others) and all(
        a == b or not a or not b or "{" in a + b for a, b in zip(parts, others, strict=True)
    )


def _parts(url: str) -> list[str]:
    """Scheme, host (both empty where the URL is relative) and the segments of the path."""
    address = re.fullmatch(r"(?:([a-z]+):)?(?://([^/]*))?(.*)", url, re.IGNORECASE | re.DOTALL)
    scheme, host, path = address.groups(default="") if address else ("", "", url)
    return [scheme.lower(), host.lower(), *filter(None, path.split("/"))]
