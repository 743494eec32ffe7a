"""Reads and compares the servers of operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from .reading import Source, sequence
from .schemas import Schemas
from .shapes import Node


class Server(NamedTuple):
    """A base URL with the defaults of its variables, and the variables as schemas with a default and values."""

    url: str
    variables: Mapping[str, Node]


def servers(owner: Source, version: str) -> dict[str, Server]:
    """The servers that an operation, a path or a document names, by their URL as it is written.

    `version`: the version at the start of the operation's path, which is counted as a part of the URL.
    """
    found = {}
    for source in map(owner.part, sequence(owner.raw, "servers")):
        template = url = f"{str(source.raw.get('url', '')).rstrip('/')}/{version}".rstrip("/")
        variables: dict[str, Node] = {}
        for name, variable in source.entries("variables"):
            url = url.replace(f"{{{name}}}", str(variable.raw.get("default", "")))
            variables[name] = variable, variable.part({"type": "string"})
        found[template] = Server(url, variables)
    return found


def compare_servers(schemas: Schemas, old: Mapping[str, Server], new: Mapping[str, Server]) -> None:
    """Add the changes of servers. A document without servers is not compared."""
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
    """Whether two URLs can be the same: a part that is missing or variable in one matches any part of the other."""
    parts, others = _parts(one), _parts(other)
    return len(parts) == len(others) and all(
        a == b or not a or not b or "{" in a + b for a, b in zip(parts, others, strict=True)
    )


def _parts(url: str) -> list[str]:
    """Scheme, host (both empty where the URL is relative) and the segments of the path."""
    address = re.fullmatch(r"(?:([a-z]+):)?(?://([^/]*))?(.*)", url, re.IGNORECASE | re.DOTALL)
    scheme, host, path = address.groups(default="") if address else ("", "", url)
    return [scheme.lower(), host.lower(), *filter(None, path.split("/"))]
