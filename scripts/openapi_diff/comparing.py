"""Two documents side by side, operation by operation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .changes import Change, Log, Report
from .document import Operation, Parameter, operations
from .reading import read
from .renames import guess
from .schemas import Schemas
from .shapes import Node, Shapes


def compare_files(before: Path, after: Path, *, both: bool = False) -> Report:
    """What changed from one document to the other; raises UnreadableError.

    Operations that only AFTER has are told when BOTH documents describe the same service and nothing more, and
    ignored otherwise: a vendor's document is larger.
    """
    old, new = operations(read(before)), operations(read(after))
    changes: list[Change] = []
    shapes = Shapes(), Shapes()
    for key, operation in old.items():
        changes += Comparison(operation, shapes).told(new.get(key))
    if both:
        for key in [key for key in new if key not in old]:
            log = Log(new[key].key, "operation")
            log.add("", "added", "operation", "", new[key].name)
            changes += log.changes
    return Report(str(before), str(after), tuple(dict.fromkeys([*_servers(old, new), *changes])))


def _servers(old: dict[str, Operation], new: dict[str, Operation]) -> list[Change]:
    """One change for the whole document, where both name the hosts of the operations that they share."""
    before, after = (frozenset[str]().union(*(side[key].hosts for key in old if key in new)) for side in (old, new))
    log = Log("", "operation")
    if before and after and before != after:
        log.add("servers", "moved", "servers", ", ".join(sorted(before)), ", ".join(sorted(after)))
    return log.changes


class Comparison:
    """One operation of the old document, and its counterpart."""

    def __init__(self, operation: Operation, shapes: tuple[Shapes, Shapes]) -> None:
        self.old = operation
        self.logs = {side: Log(operation.key, side) for side in ("operation", "request", "answer")}
        self.shapes = shapes
        self.request = Schemas(self.logs["request"], *shapes)

    def told(self, new: Operation | None) -> list[Change]:
        if new is None:
            self.logs["operation"].add("", "removed", "operation", self.old.name, "")
        else:
            self._operation(new)
            self._parameters(new)
            self._body(new)
            self._answers(new)
        return [change for log in self.logs.values() for change in log.changes]

    def _operation(self, new: Operation) -> None:
        log, old = self.logs["operation"], self.old
        if old.deprecated != new.deprecated:
            log.add("", "added" if new.deprecated else "removed", "deprecation")
        if old.security != new.security:
            kind = "removed" if not new.security else "added" if not old.security else "changed"
            log.add("", kind, "authorization", *(", ".join(sorted(side)) for side in (old.security, new.security)))

    def _parameters(self, new: Operation) -> None:
        log = self.logs["request"]
        removed = {key: one for key, one in self.old.parameters.items() if key not in new.parameters}
        added = {key: one for key, one in new.parameters.items() if key not in self.old.parameters}
        for where in sorted({key[0] for key in removed}):
            schemas = [
                {key[1]: one.schema for key, one in side.items() if key[0] == where} for side in (removed, added)
            ]
            for rename in guess(schemas[0], schemas[1], *self.shapes, several=True):
                names = [", ".join(side) for side in rename]
                log.add(f"{where} {names[1]}", "renamed", "parameter", *names, guess=True)
                olds, news = ([side.pop((where, name)) for name in names] for side, names in
                              zip((removed, added), rename, strict=True))  # fmt: skip
                if len(olds) == len(news) == 1:
                    self._parameter(olds[0], news[0])
        for one in removed.values():
            log.add(f"{one.where} {one.name}", "removed", self._named("parameter", one.required), one.name, "")
        for one in added.values():
            log.add(f"{one.where} {one.name}", "added", self._named("parameter", one.required), "", one.name)
        for key, one in self.old.parameters.items():
            if key in new.parameters:
                self._parameter(one, new.parameters[key])

    @staticmethod
    def _named(what: str, required: bool) -> str:
        return f"required {what}" if required else what

    def _parameter(self, old: Parameter, new: Parameter) -> None:
        place = f"{old.where} {'{}' if old.where == 'path' else new.name}"
        self.request.required(place, old.required, new.required)
        self.request.compare(place, old.schema, new.schema)
        if old.deprecated != new.deprecated:
            self.logs["request"].add(place, "added" if new.deprecated else "removed", "deprecation")
        composed = any(
            shapes.of(one.schema).types & {"array", "object"}
            for shapes, one in zip(self.shapes, (old, new), strict=True)
        )
        if composed and old.written != new.written:
            self.logs["request"].add(place, "changed", "how it is written", old.written, new.written)

    def _body(self, new: Operation) -> None:
        log, old, body = self.logs["request"], self.old.body, new.body
        if old is None or body is None:
            if old is not None:
                log.add("$", "removed", self._named("body", old.required), old.kind, "")
            if body is not None:
                log.add("$", "added", self._named("body", body.required), "", body.kind)
            return
        self.request.required("$", old.required, body.required)
        if old.kind != body.kind:
            log.add("$", "changed", "content", old.kind, body.kind)
        elif old.schema:
            self.request.compare("$", old.schema, body.schema)

    def _answers(self, new: Operation) -> None:
        for of in sorted(self.old.answers.keys() | new.answers.keys()):
            old, now = self.old.answers.get(of, {}), new.answers.get(of, {})
            if of == "2XX" and old and now and not old.keys() & now.keys():
                self.logs["answer"].add(of, "changed", "status", ", ".join(sorted(old)), ", ".join(sorted(now)))
            for status in sorted(old.keys() | now.keys()):
                label = status if status in old and status in now else of
                self._answer(label, _for(old, status), _for(now, status))

    def _answer(self, status: str, old: Node | None, new: Node | None) -> None:
        if old is not None and new is not None:
            Schemas(self.logs["answer"], *self.shapes).compare(f"{status} $", old, new)
        elif old is not new:
            what = "success" if status.startswith("2") else "error"
            kind = "removed" if new is None else "added"
            self.logs["answer"].add(f"{status} $", kind, f"JSON of {what}", judged=what)


def _for(answers: Mapping[str, Node | None], status: str) -> Node | None:
    """What is said of a status: itself, its range, or whichever comes first."""
    names = (status, f"{status[:1]}XX", "default", *sorted(answers))
    return next((answers[name] for name in names if name in answers), None)
