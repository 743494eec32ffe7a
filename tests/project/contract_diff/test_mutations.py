"""Every single mutation of the contract is reported, and in reverse as its opposite."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import openapi_documents as documents
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_diff.reading import UnreadableError

MIRRORED = {"added": "removed", "removed": "added", "widened": "narrowed", "narrowed": "widened"}
Document = dict[str, Any]
Compare = Callable[..., Any]
Mutation = tuple[str, Callable[[Document], object]]
Edit = Callable[[str, Callable[[Document], object]], Mutation]


def at(document: Document, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def schemas(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Document]]:
    """The schemas inside a schema, each with its path."""
    yield path, value
    for name, inner in value.get("properties", {}).items():
        yield from schemas(inner, (*path, "properties", name))
    if "items" in value:
        yield from schemas(value["items"], (*path, "items"))


def mutations(document: Document) -> Iterator[Mutation]:
    for name, component in document["components"]["schemas"].items():
        for path, schema in schemas(component):
            yield from mutations_of(("components", "schemas", name, *path), schema)
    for url, item in document["paths"].items():
        for method, operation in item.items():
            place = ("paths", url, method, "parameters")
            for index, parameter in enumerate(operation.get("parameters", [])):
                yield from mutations_of((*place, index, "schema"), parameter["schema"])
                if parameter["in"] == "query":
                    yield "drop parameter", lambda d, p=place, i=index: at(d, p).pop(i)
                    yield "require", lambda d, p=place, i=index: at(d, p)[i].update(required=True)
            if "parameters" in operation:
                extra = {"name": "brand_new", "in": "query", "schema": {"type": "string"}}
                yield "add parameter", lambda d, p=place, e=extra: at(d, p).append(dict(e))


def mutations_of(path: tuple[Any, ...], schema: Document) -> Iterator[Mutation]:
    def edit(what: str, change: Callable[[Document], object]) -> Mutation:
        return f"{what} {'.'.join(map(str, path))}", lambda document: change(at(document, path))

    for name in schema.get("properties", {}):
        yield edit(
            f"drop {name}",
            lambda one, name=name: (
                one["properties"].pop(name),
                one.update(required=[key for key in one.get("required", []) if key != name]),
            ),
        )
        yield edit(f"toggle {name}", lambda one, name=name: one.update(
            required=sorted(set(one.get("required", [])) ^ {name})))  # fmt: skip
    if "properties" in schema:
        for kind in ("string", "object", "array", "boolean"):
            yield edit(f"add {kind}", lambda one, kind=kind: one["properties"].update(brand_new={"type": kind}))
    if "enum" in schema:
        yield edit("one value less", lambda one: one["enum"].pop())
        yield edit("one value more", lambda one: one["enum"].append("brand new"))
        yield edit("any value", lambda one: one.pop("enum"))
    if "const" in schema:
        yield edit("any constant", lambda one: (one.pop("const"), one.update(type="boolean")))
    for rule in schema.keys() & {"minimum", "maximum", "maxItems", "minLength", "pattern", "format"}:
        yield edit(f"no {rule}", lambda one, rule=rule: one.pop(rule))
        if isinstance(schema[rule], int):
            yield edit(f"{rule} up", lambda one, rule=rule: one.update({rule: one[rule] + 1}))
            yield edit(f"{rule} strict", lambda one, rule=rule: one.update({rule: one[rule] + 0.5}))
    yield from mutations_of_type(schema, edit, inside=len(path) > 3)


def mutations_of_type(schema: Document, edit: Edit, inside: bool) -> Iterator[Mutation]:
    """INSIDE: in another schema. A nullable component is no change where it is used as "this or null"."""
    match schema.get("type"):
        case ["null", kind]:
            yield edit("not null", lambda one: one.update(type=kind))
            yield edit("another type", lambda one: one.update(type=["null", "boolean"]))
        case "string" | "integer" | "number" | "array" as kind if inside:
            yield edit("or null", lambda one: one.update(type=["null", kind]) if "enum" not in one
                       else one.update(type=["null", kind], enum=[*one["enum"], None]))  # fmt: skip
            yield edit("another type", lambda one: (one.pop("enum", None), one.update(type="boolean")))
        case None if "oneOf" in schema:
            yield edit("not null", lambda one: one["oneOf"].pop(0))
            yield edit("another type", lambda one: (one.pop("oneOf"), one.update(type=["null", "string"])))


CONTRACT = documents.contract()
MUTATIONS = list(mutations(CONTRACT))


def test_there_are_mutations_of_every_kind() -> None:
    kinds = {name.split(" components")[0].split(" paths")[0] for name, _ in MUTATIONS}
    assert {"drop net_total", "toggle customer", "add object", "maximum up", "no pattern", "not null", "or null",
            "another type", "one value less", "any constant", "add parameter", "drop parameter"} <= kinds  # fmt: skip
    assert len(MUTATIONS) > 250


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(mutation=st.sampled_from(MUTATIONS))
def test_each_mutation_is_reported_and_in_reverse_as_its_opposite(mutation: Mutation, compare: Compare) -> None:
    mutant = copy.deepcopy(CONTRACT)
    mutation[1](mutant)
    forward, backward = compare(CONTRACT, mutant), compare(mutant, CONTRACT)
    assert forward.changes
    assert forward.release != "none"
    there = {(c.operation, c.side, c.place, MIRRORED.get(c.kind, c.kind), c.what, c.after, c.before)
             for c in forward.changes}  # fmt: skip
    back = {(c.operation, c.side, c.place, c.kind, c.what, c.before, c.after) for c in backward.changes}
    assert there == back
    assert not any(change.guess for change in forward.changes)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_document_gives_a_report_or_an_error_with_one_sentence(data: st.DataObject, compare: Compare) -> None:
    rich = documents.patched(documents.contract(), documents.RICH)
    document = copy.deepcopy(rich)
    path: list[Any] = []
    while isinstance(value := at(document, tuple(path)), dict | list) and value and data.draw(st.integers(0, 9)):
        path.append(data.draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value)))))
    if path:
        at(document, tuple(path[:-1]))[path[-1]] = data.draw(
            st.sampled_from([None, True, 0, -1.5, "", "text", [], [7], {}, {"a": 1}, [{}], ["x"], [None]])
        )
    with contextlib.suppress(UnreadableError):
        compare(rich, document)
