"""Compares two schemas."""

from __future__ import annotations

from collections import Counter, deque

from .changes import Change, Log
from .reading import short
from .renames import guess
from .rules import APPLIES, direction, rule, rule_direction
from .shapes import EVERY, Members, Node, Shape, Shapes, key_of
from .verdicts import READ

Pair = tuple[frozenset[int], frozenset[int]]
# A component may be used at several places, and its changes are listed for each; in very large documents, for some.
MAX_PLACES = 8
MAX_REPEATED = 2_000


class Schemas:
    """Compares the schemas of one side of one operation, and adds the changes to a log.

    Schemas may refer to each other in cycles, so a queue holds those to compare; outer schemas come before inner ones.
    """

    def __init__(self, log: Log, before: Shapes, after: Shapes) -> None:
        self.log = log
        self.before = before
        self.after = after
        self.is_read = log.side in READ
        self._queue: deque[tuple[str, Node, Node, frozenset[Pair]]] = deque()
        self._ancestors: frozenset[Pair] = frozenset()
        self._visits: Counter[Pair] = Counter()
        self._compared = 0

    def compare(self, place: str, before: Node, after: Node) -> None:
        """Queue two schemas for comparison; a schema that contains itself is compared once."""
        pair = key_of(before), key_of(after)
        places = MAX_PLACES if self._compared < MAX_REPEATED else 1
        if pair not in self._ancestors and self._visits[pair] < places:
            self._compared += 1
            self._visits[pair] += 1
            self._queue.append((place, before, after, self._ancestors | {pair}))

    def changes(self) -> list[Change]:
        """Compare everything in the queue; returns all changes."""
        while self._queue:
            place, before, after, self._ancestors = self._queue.popleft()
            self._shapes(place, self.before.of(before), self.after.of(after))
        return self.log.changes

    def _shapes(self, place: str, a: Shape, b: Shape) -> None:
        self._types(place, a, b)
        self._values(place, a, b)
        self._rules(place, a, b)
        self._notes(place, a, b)
        common = a.types & b.types
        if "object" in common:
            self.members(f"{place}.", "property", self._visible(a, self.before), self._visible(b, self.after))
            self._extra(place, a, b)
        if "array" in common and (a.items or b.items):
            self.compare(f"{place}[]", a.items, b.items)
        if a.branches or b.branches:
            self._alternatives(place, a.branches or ((),), b.branches or ((),))

    def _types(self, place: str, a: Shape, b: Shape) -> None:
        if a.types != b.types:
            several = len(written_types(a)) > 1
            kind = direction(a.types, b.types)
            judged = "type, of several" if several and kind == "narrowed" and self.is_read else "type"
            self.log.add(place, kind, "type", shown_type(a), shown_type(b), judged=judged)
        elif a.nullable != b.nullable:
            self.log.add(place, "widened" if b.nullable else "narrowed", "null", shown_type(a), shown_type(b))
        if a.types & b.types and (old := a.rules.get("kind")) != (new := b.rules.get("kind")):
            kind = direction(new or frozenset(), old or frozenset())  # without a format, more values are allowed
            self.log.add(place, kind, "form", shown_type(a), shown_type(b))

    def _values(self, place: str, a: Shape, b: Shape) -> None:
        if a.enum == b.enum or not a.types & b.types:
            return
        before, after = shown_values(a), shown_values(b)
        if a.enum is None or b.enum is None:
            kind = "widened" if b.enum is None else "narrowed"
            self.log.add(place, kind, "values", before, after, judged="open to any value")
            return
        if b.enum.keys() - a.enum.keys():
            self.log.add(place, "widened", "values", before, after)
        if a.enum.keys() - b.enum.keys():
            self.log.add(place, "narrowed", "values", before, after)

    def _rules(self, place: str, a: Shape, b: Shape) -> None:
        common = a.types & b.types
        for name in sorted(a.rules.keys() | b.rules.keys()):
            old, new = a.rules.get(name), b.rules.get(name)
            if old != new and name != "kind" and APPLIES[name] & common:
                closed = name == "additionalProperties"
                what, judged = ("other fields", "other fields") if closed else (name, "rule")
                self.log.add(place, rule_direction(old, new), what, rule(name, old), rule(name, new), judged=judged)
        for name in sorted(a.others.keys() | b.others.keys()):
            if (old := a.others.get(name)) != (new := b.others.get(name)):
                self.log.add(place, "changed", name, old or "", new or "", judged="rule")

    def _notes(self, place: str, a: Shape, b: Shape) -> None:
        # readOnly matters only for responses, writeOnly and defaults only for requests.
        for flag in ("deprecated", "readOnly" if self.is_read else "writeOnly"):
            old, new = (shape.notes.get(flag) is True for shape in (a, b))
            if old != new:
                self.log.add(place, "added" if new else "removed", flag)
        if not self.is_read and a.notes.get("default") != b.notes.get("default"):
            before, after = (short(shape.notes["default"]) if "default" in shape.notes else "" for shape in (a, b))
            self.log.add(place, "changed", "default", before, after)
        styles = [str(shape.notes.get("style", "")) for shape in (a, b)]
        if (a.types | b.types) & {"array", "object"} and all(styles) and styles[0] != styles[1]:
            self.log.add(place, "changed", "style", *styles)

    def members(self, place: str, what: str, a: Members, b: Members) -> None:
        """Add the changes of named parts. `place`: the text before the name."""
        removed = {name: node for name, node in a.nodes.items() if name not in b.nodes}
        added = {name: node for name, node in b.nodes.items() if name not in a.nodes}
        both = [(name, name) for name in a.nodes if name in b.nodes]
        for old_names, new_names in guess(removed, added, self.before, self.after):
            names = ", ".join(old_names), ", ".join(new_names)
            self.log.add(f"{place}{names[1]}", "renamed", what, *names, guess=True)
            if len(old_names) == len(new_names) == 1:
                both.append(names)
            removed = {name: node for name, node in removed.items() if name not in old_names}
            added = {name: node for name, node in added.items() if name not in new_names}
        for name, node in removed.items():
            shown = shown_type(self.before.of(node))
            self.log.add(f"{place}{name}", "removed", label(what, name in a.required), shown, "")
        for name, node in added.items():
            shown = shown_type(self.after.of(node))
            self.log.add(f"{place}{name}", "added", label(what, name in b.required), "", shown)
        for old, new in both:
            self.required(f"{place}{new}", old in a.required, new in b.required)
            self.compare(f"{place}{new}", a.nodes[old], b.nodes[new])

    def _visible(self, shape: Shape, shapes: Shapes) -> Members:
        """The properties on this side: readOnly ones are not sent, writeOnly ones are not read."""
        names = {**shape.properties, **{name: () for name in shape.required if name not in shape.properties}}
        flag = "writeOnly" if self.is_read else "readOnly"
        seen = {name: names[name] for name in sorted(names) if shapes.of(names[name]).notes.get(flag) is not True}
        return Members(seen, shape.required)

    def required(self, place: str, old: bool, new: bool) -> None:
        """Add a change when a part has become required or optional."""
        if old != new:
            words = {True: "required", False: "optional"}
            self.log.add(place, "narrowed" if new else "widened", "required", words[old], words[new])

    def _extra(self, place: str, a: Shape, b: Shape) -> None:
        closed = "additionalProperties" in {*a.rules, *b.rules}
        if (a.extra or b.extra) and not closed:
            self.compare(f"{place}.*", a.extra, b.extra)

    def _alternatives(self, place: str, before: tuple[Node, ...], after: tuple[Node, ...]) -> None:
        """Pair equal alternatives, since they have no names; pair the rest only when there is one on each side."""
        rest = list(after)
        gone = []
        for node in before:
            equal = next((other for other in rest if self._equal(node, other)), None)
            if equal is None:
                gone.append(node)
            else:
                rest.remove(equal)
        if len(gone) == len(rest) == 1:
            self.compare(place, gone[0], rest[0])
            return
        for node in gone:
            self.log.add(place, self._kind("removed"), "alternative", shown_type(self.before.of(node)), "")
        for node in rest:
            self.log.add(place, self._kind("added"), "alternative", "", shown_type(self.after.of(node)))

    def _kind(self, kind: str) -> str:
        """The kind of a change. On the side that is sent, one more alternative widens the accepted values."""
        return kind if self.is_read else {"removed": "narrowed", "added": "widened"}[kind]

    def _equal(self, before: Node, after: Node) -> bool:
        trial = Schemas(Log(self.log.operation, self.log.side), self.before, self.after)
        trial._ancestors = self._ancestors
        trial.compare("", before, after)
        return not trial.changes()


def label(what: str, required: bool) -> str:
    """The key of the verdict on a named part."""
    return f"required {what}" if required else what


def written_types(shape: Shape) -> list[str]:
    return sorted(shape.types - ({"integer"} if "number" in shape.types else set()))


def shown_type(shape: Shape) -> str:
    """The type in words: "string (date-time) or null"."""
    types = written_types(shape)
    if shape.types == EVERY:
        return "anything" if shape.nullable else "anything but null"
    if "string" in types and "kind" in shape.rules:
        types[types.index("string")] = f"string ({rule('kind', shape.rules['kind'])})"
    return " or ".join([*types, "null"] if shape.nullable else types) or "nothing"


def shown_values(shape: Shape) -> str:
    if shape.enum is None:
        return f"any {shown_type(shape)}"
    return ", ".join(value if isinstance(value, str) else short(value) for value in shape.enum.values())
