"""Extracts the operations and webhooks of a document, in a form that can be compared with another document's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .reading import ANYTHING, Source, UnreadableError, mapping, sequence, strings
from .servers import Server, servers
from .shapes import Members, Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
VERSION = re.compile(r"^(?:v\d+(?:\.\d+)*|\{(?:\w*version)\})$", re.IGNORECASE)
CLASSES = ("2XX", "4XX", "5XX")
JSON = "JSON"
# OpenAPI ignores header parameters with these names: `content` and `security` describe them.
IGNORED_HEADERS = {"accept", "content-type", "authorization"}


@dataclass(frozen=True)
class Message:
    """A request's body, or a response: schemas by media type (all JSON types are one), and headers."""

    content: Mapping[str, Node]
    headers: Members
    required: bool


@dataclass(frozen=True)
class Operation:
    """An operation, or a webhook, which the service calls.

    `parameters`: by place; a parameter in the path is named by its position, because its name does not matter.
    `responses`: by class of status, then by status. `security`: the ways to authorize a call, each with its scopes.
    """

    key: str
    what: str
    name: str
    tag: str
    deprecated: bool
    parameters: Mapping[str, Members]
    body: Message | None
    responses: Mapping[str, Mapping[str, Message]]
    security: frozenset[tuple[str, frozenset[str]]] = frozenset()
    servers: Mapping[str, Server] = field(default_factory=dict)


def operations(document: Source) -> dict[str, Operation]:
    """The operations by method and comparable path, then the webhooks.

    Of two operations whose paths differ only in the version, the newer one counts.
    """
    found: dict[str, Operation] = {}
    for path, item in sorted(document.entries("paths"), key=lambda entry: _version_order(entry[0])):
        version, rest = _split(path)
        for method, raw in _methods(item):
            found[f"{method} {re.sub(r'{[^}]*}', '{}', rest)}"] = _operation(
                f"{method} {rest}",
                "operation",
                item,
                raw,
                security=_security(document, raw),
                servers=servers(raw, version) or servers(item, version) or servers(document, version),
            )
    for name, item in document.entries("webhooks"):
        for method, raw in _methods(item):
            key = f"{method} webhook {name}"
            found[key] = _operation(key, "webhook", item, raw)
    return found


def _methods(item: Source) -> list[tuple[str, Source]]:
    return [(method.upper(), item.part(item.raw[method])) for method in METHODS if method in item.raw]


def _split(path: str) -> tuple[str, str]:
    """The version that a path begins with, and the rest."""
    segments = [segment for segment in path.split("/") if segment]
    version = segments.pop(0) if segments and VERSION.match(segments[0]) else ""
    return version, f"/{'/'.join(segments)}"


def _version_order(path: str) -> list[int]:
    version, _ = _split(path)
    return [int(number) for number in re.findall(r"\d+", version)] if version else [1 << 30]


def _operation(key: str, what: str, item: Source, raw: Source, **more: Any) -> Operation:
    return Operation(
        key=key,
        what=what,
        name=str(raw.raw.get("operationId", "")),
        tag=next(iter(strings(raw.raw, "tags")), ""),
        deprecated=raw.raw.get("deprecated") is True,
        parameters=_parameters(key, item, raw),
        body=_message(raw.part(raw.raw["requestBody"]).resolved()) if "requestBody" in raw.raw else None,
        responses=_responses(raw),
        **more,
    )


def _parameters(path: str, *owners: Source) -> dict[str, Members]:
    positions = re.findall(r"\{([^}]*)\}", path)
    found: dict[str, dict[str, Source]] = {}
    for owner in owners:
        for raw in sequence(owner.raw, "parameters"):
            source = owner.part(raw).resolved()
            place, name = str(source.raw.get("in")), str(source.raw.get("name"))
            if place == "header":
                name = name.lower()
            if place == "path":
                name = f"{{{positions.index(name) + 1}}}" if name in positions else ""
            if name and not (place == "header" and name in IGNORED_HEADERS):
                found.setdefault(place, {})[name] = source
    return {place: _members(sources, place) for place, sources in found.items()}


def _members(sources: Mapping[str, Source], place: str) -> Members:
    required = {name for name, source in sources.items() if source.raw.get("required") is True}
    return Members({name: _member(source, place) for name, source in sources.items()}, required)


def _member(source: Source, place: str) -> Node:
    """The schema of a parameter or header, with its serialization style and whether it is deprecated."""
    kind, holder = next(iter(source.entries("content")), ("", source))
    style = source.raw.get("style", "form" if place in ("query", "cookie") else "simple")
    explode = source.raw.get("explode", style == "form")
    attributes: dict[str, Any] = {"style": kind or f"{style}, explode: {'true' if explode else 'false'}"}
    if source.raw.get("deprecated") is True:
        attributes["deprecated"] = True
    return source.part(attributes), _schema(holder)


def _schema(holder: Source) -> Source:
    return holder.part(holder.raw.get("schema", ANYTHING))


def _message(source: Source) -> Message:
    content: dict[str, Node] = {}
    for kind, media in source.entries("content"):
        plain = kind.partition(";")[0].strip().lower()
        content.setdefault(JSON if plain.endswith(("/json", "+json")) or plain == "*/*" else plain, (_schema(media),))
    headers = {name.lower(): header for name, header in source.entries("headers") if name.lower() != "content-type"}
    return Message(content, _members(headers, "header"), source.raw.get("required") is True)


def _responses(operation: Source) -> dict[str, dict[str, Message]]:
    """The responses by class of status. `default` is for the classes without another response."""
    found: dict[str, dict[str, Message]] = {}
    statuses = dict(operation.entries("responses"))
    for status, source in statuses.items():
        if (of := f"{status[:1]}XX") in CLASSES:
            found.setdefault(of, {})[status.upper()] = _message(source)
    if "default" in statuses:
        for of in CLASSES:
            found.setdefault(of, {"default": _message(statuses["default"])})
    return found


def _security(document: Source, operation: Source) -> frozenset[tuple[str, frozenset[str]]]:
    """The ways to authorize a call, in words; empty when no authorization is needed."""
    owner = operation if "security" in operation.raw else document
    schemes = dict(document.part(mapping(document.raw, "components")).entries("securitySchemes"))
    ways = set()
    for raw in sequence(owner.raw, "security"):
        way = owner.part(raw).raw
        if unknown := sorted(way.keys() - schemes.keys()):
            raise UnreadableError(f"There is no security scheme {unknown[0]!r}.")
        scopes = {scope for name in way for scope in strings(way, name)}
        ways.add((" and ".join(_scheme(schemes[name].raw) for name in sorted(way)) or "nothing", frozenset(scopes)))
    return frozenset(ways)


def _scheme(raw: Mapping[str, Any]) -> str:
    kind = raw.get("type")
    if kind == "http":
        return str(raw.get("scheme", "")).lower()
    return f"key in {raw.get('in')} {raw.get('name')}" if kind == "apiKey" else str(kind)
