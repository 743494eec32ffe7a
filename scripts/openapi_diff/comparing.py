"""Compares two documents, operation by operation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .changes import Change, Log, Report
from .document import JSON, Message, Operation, operations
from .reading import read
from .rules import direction
from .schemas import Schemas, label
from .servers import compare_servers
from .shapes import Members, Shapes
from .verdicts import UNUSED

NO_MEMBERS = Members({}, ())
NO_MESSAGE = Message({}, NO_MEMBERS, required=False)


def compare_files(before: Path, after: Path, *, subset: bool = False) -> Report:
    """The changes from one document to the other; raises UnreadableError.

    `subset`: whether BEFORE describes only some operations of the service, and AFTER all of them. An operation that
    only AFTER has is then not used, and asks for no version.
    """
    old, new = operations(read(before)), operations(read(after))
    shapes = Shapes(), Shapes()
    changes = _servers(old, new, shapes)
    for key, operation in old.items():
        if key in new:
            changes += _Comparison(operation, new[key], shapes).changes()
        else:
            changes += _one_sided(operation, "removed")
    for key, operation in new.items():
        if key not in old:
            changes += _one_sided(operation, UNUSED if subset else "added")
    return Report(str(before), str(after), tuple(dict.fromkeys(changes)))


def _one_sided(operation: Operation, kind: str) -> list[Change]:
    log = Log(operation.key, "operation")
    log.add("", kind, operation.what, *((operation.name, "") if kind == "removed" else ("", operation.name)))
    return log.changes


def _servers(old: Mapping[str, Operation], new: Mapping[str, Operation], shapes: tuple[Shapes, Shapes]) -> list[Change]:
    """The changes of the servers of all operations that both documents have, each once."""
    schemas = Schemas(Log("", "operation"), *shapes)
    both = ({url: one for key in old if key in new for url, one in side[key].servers.items()} for side in (old, new))
    compare_servers(schemas, *both)
    return schemas.changes()


class _Comparison:
    """Compares an operation that both documents have."""

    def __init__(self, old: Operation, new: Operation, shapes: tuple[Shapes, Shapes]) -> None:
        self.old = old
        self.new = new
        self.log = Log(old.key, "operation")
        first, second = ("payload", "reply") if old.what == "webhook" else ("request", "response")
        self.request = Schemas(Log(old.key, first), *shapes)
        self.response = Schemas(Log(old.key, second), *shapes)

    def changes(self) -> list[Change]:
        self._operation()
        self._security()
        for place in sorted(self.old.parameters.keys() | self.new.parameters.keys()):
            sides = (side.parameters.get(place, NO_MEMBERS) for side in (self.old, self.new))
            self.request.members(f"{place} ", "parameter", *sides)
        self._body()
        for status_class in sorted(self.old.responses.keys() | self.new.responses.keys()):
            self._responses(
                status_class, self.old.responses.get(status_class, {}), self.new.responses.get(status_class, {})
            )
        return [*self.log.changes, *self.request.changes(), *self.response.changes()]

    def _operation(self) -> None:
        old, new = self.old, self.new
        if old.deprecated != new.deprecated:
            self.log.add("", "added" if new.deprecated else "removed", "deprecated")
        for what, was, now in (("operation id", old.name, new.name), ("tag", old.tag, new.tag)):
            if was != now and was and now:
                self.log.add("", "changed", what, was, now)

    def _security(self) -> None:
        old, new = self.old.security, self.new.security
        ways = [sorted({way for way, _ in side}) for side in (old, new)]
        if ways[0] != ways[1]:
            kind = "removed" if not new else "added" if not old else "changed"
            self.log.add("", kind, "authorization", *map(", ".join, ways))
        elif old != new:
            scopes = [frozenset[str]().union(*(scopes for _, scopes in side)) for side in (old, new)]
            shown = [" or ".join(sorted(", ".join(sorted(scopes)) for _, scopes in side)) for side in (old, new)]
            self.log.add("", direction(scopes[1], scopes[0]), "scopes", *shown)  # one more scope allows fewer tokens

    def _body(self) -> None:
        old, new = self.old.body, self.new.body
        if old and new:
            self.request.required("$", old.required, new.required)
            self._content(self.request, "", old, new)
        elif old:
            self.request.log.add("$", "removed", label("body", old.required), ", ".join(old.content), "")
        elif new:
            self.request.log.add("$", "added", label("body", new.required), "", ", ".join(new.content))

    def _responses(self, status_class: str, old: Mapping[str, Message], new: Mapping[str, Message]) -> None:
        if status_class == "2XX" and old and new and not old.keys() & new.keys():
            self.response.log.add(status_class, "changed", "status", ", ".join(sorted(old)), ", ".join(sorted(new)))
        for status in sorted(old.keys() | new.keys()):
            shown = status if status in old and status in new else status_class
            before, after = _message_for(old, status), _message_for(new, status)
            self._content(self.response, f"{shown} ", before, after, error=status_class != "2XX")
            self.response.members(f"{shown} header ", "header", before.headers, after.headers)

    @staticmethod
    def _content(schemas: Schemas, place: str, old: Message, new: Message, *, error: bool = False) -> None:
        kinds = sorted(old.content.keys() | new.content.keys())
        for kind in kinds:
            of_kind = f"{place}$" if kind == JSON else f"{place}{kind} $"
            if kind in old.content and kind in new.content:
                schemas.compare(of_kind, old.content[kind], new.content[kind])
                continue
            judged = "error content" if error else "further content" if kind != JSON and JSON in kinds else "content"
            if kind in old.content:
                schemas.log.add(of_kind, "removed", "content", kind, "", judged=judged)
            else:
                schemas.log.add(of_kind, "added", "content", "", kind, judged=judged)


def _message_for(messages: Mapping[str, Message], status: str) -> Message:
    """The response for a status: by the status, by its range, `default`, or the first one."""
    names = (status, f"{status[:1]}XX", "default", *sorted(messages))
    return next((messages[name] for name in names if name in messages), NO_MESSAGE)
