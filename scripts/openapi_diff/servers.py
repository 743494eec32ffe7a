"""The addresses that operations are called at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .changes import Log
from .reading import Source, sequence


class Variable(NamedTuple):
    """A variable of a server's address; `values` are those that it may have, none when it may have any."""

    name: str
    default: str
    values: frozenset[str]


class Server(NamedTuple):
    """A base URL as it is described, with its variables in braces, and with the version that paths begin with."""

    template: str
    variables: tuple[Variable, ...]

    @property
    def url(self) -> str:
        """The base URL with the defaults of its variables."""
        url = self.template
        for variable in self.variables:
            url = url.replace(f"{{{variable.name}}}", variable.default)
        return url


def servers(owner: Source, version: str) -> frozenset[Server]:
    """The servers that an operation, a path or a document names; VERSION is what the path of the operation begins with."""
    found = set()
    for source in map(owner.part, sequence(owner.raw, "servers")):
        variables = [
            Variable(name, str(one.raw.get("default", "")), frozenset(map(str, sequence(one.raw, "enum"))))
            for name, one in source.under("variables")
        ]
        url = str(source.raw.get("url", "")).rstrip("/")
        found.add(Server(f"{url}/{version}".rstrip("/"), tuple(sorted(variables))))
    return frozenset(found)


def compare_servers(log: Log, old: Iterable[Server], new: Iterable[Server]) -> None:
    """Add the changes of addresses. A document that names no server says nothing about them."""
    before, after = sorted(old), sorted(new)
    if not before or not after:
        return
    twins = [(one, other) for one in before for other in after if one.template == other.template]
    for one, other in twins:
        _compare_variables(log, one, other)
    removed = [one for one in before if not any((one, other) in twins or _same(one, other) for other in after)]
    added = [other for other in after if not any((one, other) in twins or _same(one, other) for one in before)]
    if len(removed) == len(added) == 1:
        log.add("servers", "changed", "server", removed[0].url, added[0].url)
        return
    for one in removed:
        log.add("servers", "removed", "server", one.url, "")
    for other in added:
        log.add("servers", "added", "server", "", other.url)


def _compare_variables(log: Log, one: Server, other: Server) -> None:
    variables = {variable.name: variable for variable in other.variables}
    for old in one.variables:
        if (new := variables.get(old.name)) is None:
            continue
        place = f"servers {{{old.name}}}"
        if old.default != new.default:
            log.add(place, "changed", "default", old.default, new.default)
        if old.values != new.values:
            widened = not new.values or bool(old.values and old.values < new.values)
            narrowed = not old.values or bool(new.values and new.values < old.values)
            kind = "widened" if widened else "narrowed" if narrowed else "changed"
            log.add(place, kind, "values", *(", ".join(sorted(one.values)) or "any" for one in (old, new)))


def _same(one: Server, other: Server) -> bool:
    """Whether two addresses can be the same: what one of them leaves open is what the other says."""
    parts, others = _parts(one.url), _parts(other.url)
    return len(parts) == len(others) and all(
        a == b or not a or not b or "{" in a + b for a, b in zip(parts, others, strict=True)
    )


def _parts(url: str) -> list[str]:
    """Scheme, host (both empty where the URL is relative) and the segments of the path."""
    address = re.fullmatch(r"(?:([a-z]+):)?(?://([^/]*))?(.*)", url, re.IGNORECASE | re.DOTALL)
    scheme, host, path = address.groups(default="") if address else ("", "", url)
    return [scheme.lower(), host.lower(), *filter(None, path.split("/"))]
