"""Reads an OpenAPI 3 document, and resolves references in it and in the files beside it.

`referencing` resolves the references. A document that refers to another host is refused: nothing is downloaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import DRAFT202012
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Raw = Mapping[str, Any]


class UnreadableError(Exception):
    """The document cannot be compared; the message is one sentence that says why."""


class Source(NamedTuple):
    """An object of a document, with the resolver of the references in it."""

    raw: Raw
    resolver: Any

    def part(self, raw: object) -> Source:
        """Another object of the same file; true and false are schemas too."""
        if isinstance(raw, bool):
            return Source(ANYTHING if raw else NOTHING, self.resolver)
        if not isinstance(raw, Mapping):
            raise UnreadableError(f"An object is expected where there is {short(raw)}.")
        return Source(raw, self.resolver)

    def target(self) -> Source:
        """The object that `$ref` points to."""
        reference = self.raw["$ref"]
        try:
            found = self.resolver.lookup(reference)
        except (Unresolvable, ValueError, TypeError, AttributeError) as error:
            raise UnreadableError(f"The reference {reference!r} leads nowhere.") from error
        return Source(found.contents, found.resolver).part(found.contents)

    def resolved(self) -> Source:
        """The object at the end of a chain of references. Not for schemas: keywords beside a reference are lost."""
        source, seen = self, set[int]()
        while "$ref" in source.raw:
            if id(source.raw) in seen:
                raise UnreadableError(f"The reference {source.raw['$ref']!r} leads back to itself.")
            seen.add(id(source.raw))
            source = source.target()
        return source

    def entries(self, key: str) -> list[tuple[str, Source]]:
        """The objects in the map under a key, without extensions; references are resolved."""
        return [(name, self.part(value).resolved()) for name, value in mapping(self.raw, key).items()]


ANYTHING: Raw = {}
NOTHING: Raw = {"not": {}}


def mapping(raw: Raw, key: str) -> dict[str, Any]:
    """The map under a key, without extensions; empty when there is none."""
    value = raw.get(key) or {}
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{key!r} is not an object but {short(value)}.")
    return {name: inner for name, inner in value.items() if key == "properties" or not name.startswith("x-")}


def sequence(raw: Raw, key: str) -> list[Any]:
    """The list under a key; empty when there is none."""
    value = raw.get(key) or []
    if not isinstance(value, list):
        raise UnreadableError(f"{key!r} is not a list but {short(value)}.")
    return value


def strings(raw: Raw, key: str) -> list[str]:
    """The list of strings under a key; empty when there is none."""
    values = sequence(raw, key)
    if not all(isinstance(value, str) for value in values):
        raise UnreadableError(f"{key!r} is not a list of strings but {short(values)}.")
    return values


def short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read(path: Path) -> Source:
    """The document in a file, YAML or JSON; raises UnreadableError for anything but an OpenAPI 3 document."""
    contents = _contents(path)
    version = str(contents.get("openapi", ""))
    if not version.startswith("3."):
        found = f"is for OpenAPI {version}" if version else "names no OpenAPI version"
        raise UnreadableError(f"{path} {found}; a document for OpenAPI 3 is needed.")
    uri = path.resolve().as_uri()
    # Each file is read once, so that references from several places lead to the same schema objects.
    registry: Registry[Any] = Registry(retrieve=cache(_retrieve))  # type: ignore[call-arg]  # mypy misses the attrs alias
    registry = registry.with_resource(uri, _resource(contents))
    return Source(contents, registry.resolver(uri))


def _resource(contents: Raw) -> Resource[Any]:
    resource: Resource[Any] = DRAFT202012.create_resource(contents)
    return resource


def _retrieve(uri: str) -> Resource[Any]:
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise NoSuchResource(uri)
    return _resource(_contents(Path(url2pathname(parts.path))))


def _contents(path: Path) -> Raw:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is not text in UTF-8.") from error
    try:
        contents = _as_json(_parsed(text))
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise UnreadableError(f"{path} is neither YAML nor JSON{where}.") from error
    except RecursionError as error:
        raise UnreadableError(f"{path} contains itself, or is nested too deeply.") from error
    if not isinstance(contents, dict):
        raise UnreadableError(f"{path} is not an OpenAPI document: it holds {short(contents)}.")
    return contents


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return YAML(typ="safe").load(text)  # YAML 1.2 reads `no` as a string, such as the country code of Norway


def _as_json(value: object) -> object:
    """The value as JSON has it: keys (such as a status, which YAML reads as a number) and dates become strings."""
    if isinstance(value, dict):
        return {str(key): _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
