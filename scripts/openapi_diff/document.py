"""The operations of a document, in the form in which those of two documents can be put side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .reading import ANYTHING, Source, UnreadableError, mapping, sequence
from .shapes import Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
VERSION = re.compile(r"^(?:v\d+(?:\.\d+)*|\{(?:\w*version)\})$", re.IGNORECASE)
CLASSES = ("2XX", "4XX", "5XX")
# These three headers are no parameters: content and security say them (and OpenAPI has them ignored).
NO_PARAMETERS = {"accept", "content-type", "authorization"}


@dataclass(frozen=True)
class Parameter:
    """One parameter. That of a path is known by its position: its name is nobody's business."""

    where: str
    name: str
    required: bool
    schema: Node
    written: str
    deprecated: bool


@dataclass(frozen=True)
class Body:
    """A request's body: its schema as JSON, or none where it is of another kind."""

    required: bool
    kind: str
    schema: Node


@dataclass(frozen=True)
class Operation:
    """An operation; answers are by class of status, and there by status, None being an answer without JSON."""

    key: str
    name: str
    deprecated: bool
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    answers: Mapping[str, Mapping[str, Node | None]]
    security: frozenset[str]
    hosts: frozenset[str] = field(default_factory=frozenset)


def comparable(path: str) -> str:
    """A path without a version before it, a slash behind it, and the names of its parameters."""
    segments = [segment for segment in path.split("/") if segment]
    if segments and VERSION.match(segments[0]):
        segments = segments[1:]
    return "/" + "/".join(re.sub(r"\{[^}]*\}", "{}", segment) for segment in segments)


def operations(document: Source) -> dict[str, Operation]:
    """The operations by method and comparable path. Of two that differ by a version alone, the newest is taken."""
    found: dict[str, Operation] = {}
    for path, item in sorted(document.under("paths"), key=lambda entry: _age(entry[0])):
        for method in METHODS:
            if method in item.raw:
                key = f"{method.upper()} {comparable(path)}"
                found[key] = _operation(document, path, method, item, item.part(item.raw[method]))
    return found


def _age(path: str) -> list[int]:
    first = path.strip("/").partition("/")[0]
    return [int(number) for number in re.findall(r"\d+", first)] if VERSION.match(first) else [1 << 30]


def _operation(document: Source, path: str, method: str, item: Source, raw: Source) -> Operation:
    segments = path.strip("/").split("/")
    shown = "/".join(segments[1:] if VERSION.match(segments[0]) else segments)
    return Operation(
        key=f"{method.upper()} /{shown}",
        name=str(raw.raw.get("operationId", "")),
        deprecated=raw.raw.get("deprecated") is True,
        parameters=_parameters(f"/{shown}", item, raw),
        body=_body(raw),
        answers=_answers(raw),
        security=_security(document, raw),
        hosts=_hosts(raw) or _hosts(item) or _hosts(document),
    )


def _parameters(path: str, *owners: Source) -> dict[tuple[str, str], Parameter]:
    places = re.findall(r"\{([^}]*)\}", path)
    found: dict[tuple[str, str], Parameter] = {}
    for owner in owners:
        for raw in sequence(owner.raw, "parameters"):
            source = owner.part(raw).followed()
            where, name = str(source.raw.get("in")), str(source.raw.get("name"))
            if (where == "header" and name.lower() in NO_PARAMETERS) or (where == "path" and name not in places):
                continue
            known = {"header": name.lower(), "path": str(places.index(name)) if where == "path" else ""}
            found[where, known.get(where, name)] = _parameter(where, name, source)
    return found


def _parameter(where: str, name: str, source: Source) -> Parameter:
    content = next(iter(source.under("content")), None)
    holder = content[1] if content else source
    style = source.raw.get("style", "form" if where in ("query", "cookie") else "simple")
    explode = source.raw.get("explode", style == "form")
    return Parameter(
        where=where,
        name=name,
        required=source.raw.get("required") is True,
        schema=(holder.part(holder.raw.get("schema", ANYTHING)),),
        written=content[0] if content else f"{style}, {'exploded' if explode else 'in one'}",
        deprecated=source.raw.get("deprecated") is True,
    )


def _body(operation: Source) -> Body | None:
    if "requestBody" not in operation.raw:
        return None
    source = operation.part(operation.raw["requestBody"]).followed()
    schema = _json(source)
    kind = "JSON" if schema is not None else ", ".join(sorted(mapping(source.raw, "content"))) or "nothing"
    return Body(required=source.raw.get("required") is True, kind=kind, schema=schema or ())


def _json(source: Source) -> Node | None:
    """The schema of the JSON of a body; None when it has none."""
    for kind, media in source.under("content"):
        plain = kind.partition(";")[0].strip().lower()
        if plain.endswith(("/json", "+json")) or plain == "*/*":
            return (media.part(media.raw.get("schema", ANYTHING)),)
    return None


def _answers(operation: Source) -> dict[str, dict[str, Node | None]]:
    """By class; `default` stands for the classes of which nothing else is said."""
    found: dict[str, dict[str, Node | None]] = {}
    default: Node | None = None
    has_default = False
    for status, source in operation.under("responses"):
        if status == "default":
            has_default, default = True, _json(source)
        elif (of := f"{status[:1]}XX") in CLASSES:
            found.setdefault(of, {})[status.upper()] = _json(source)
    if has_default:
        for of in CLASSES:
            found.setdefault(of, {"default": default})
    return found


def _security(document: Source, operation: Source) -> frozenset[str]:
    """The ways to show who one is, in words, without scopes; empty when the operation is open."""
    owner = operation if "security" in operation.raw else document
    schemes = dict(document.part(mapping(document.raw, "components")).under("securitySchemes"))
    ways = set()
    for raw in sequence(owner.raw, "security"):
        names = sorted(raw)
        if unknown := [name for name in names if name not in schemes]:
            raise UnreadableError(f"There is no security scheme {unknown[0]!r}.")
        ways.add(" and ".join(_scheme(schemes[name].raw) for name in names) or "nothing")
    return frozenset(ways)


def _scheme(raw: Mapping[str, Any]) -> str:
    kind = raw.get("type")
    if kind == "http":
        return str(raw.get("scheme", "")).lower()
    return f"key in {raw.get('in')} {raw.get('name')}" if kind == "apiKey" else str(kind)


def _hosts(source: Source) -> frozenset[str]:
    urls = [str(source.part(raw).raw.get("url", "")) for raw in sequence(source.raw, "servers")]
    return frozenset(host for url in urls if (host := urlsplit(url).netloc))
