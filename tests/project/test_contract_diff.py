"""scripts/contract_diff.py: what moved, what that breaks, which version it asks for; nothing where nothing moved."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "contract_diff_data"
SCRIPT = ROOT / "scripts" / "contract_diff.py"
MOVES = yaml.safe_load((DATA / "moves.yaml").read_text(encoding="utf-8"))
MIRRORED = {"added": "removed", "removed": "added", "widened": "narrowed", "narrowed": "widened"}
Document = dict[str, Any]
Compare = Callable[[Document, Document], Any]
Run = Callable[..., subprocess.CompletedProcess[str]]


def loaded(folder: Path, name: str) -> Any:
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


documents = loaded(DATA, "documents")
comparing = loaded(ROOT / "scripts", "openapi_diff.comparing")
reading = loaded(ROOT / "scripts", "openapi_diff.reading")
script = loaded(ROOT / "scripts", "contract_diff")


@pytest.fixture(scope="module")
def compare(tmp_path_factory: pytest.TempPathFactory) -> Compare:
    """The report of two documents."""
    folder = tmp_path_factory.mktemp("documents")

    def compare(before: Document, after: Document) -> Any:
        paths = folder / "before.json", folder / "after.json"
        for path, document in zip(paths, (before, after), strict=True):
            path.write_text(json.dumps(document), encoding="utf-8")
        return comparing.compare_files(*paths)

    return compare


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        try:
            status = script.main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, printed.out, printed.err)

    return run


def rows(report: Any, *, once: bool = True) -> list[list[str]]:
    """The changes as moves.yaml writes them; ONCE leaves out what GET /invoices has in common with reading one."""
    found = []
    for change in report.changes:
        place = change.place.removeprefix("200 ").replace("$.data.invoices[]", "$.data")
        row = [f"{change.side} {place}", change.kind, change.what, change.before, change.after]
        row += ["breaks" if change.breaks else "goes on", change.release] + ["guess"] * change.guess
        if not (once and row in found):
            found.append(row)
    return found


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move["move"])
def test_what_has_moved_before_is_told_in_both_directions(move: Document, compare: Compare) -> None:
    earlier, now = documents.before_the_move(move["earlier"]), documents.contract()
    assert sorted(rows(compare(earlier, now))) == sorted(move["forward"])
    assert sorted(rows(compare(now, earlier))) == sorted(move["backward"])


def test_all_moves_at_once_are_told_as_one_by_one(compare: Compare) -> None:
    earlier = functools.reduce(documents.joined, (move["earlier"] for move in MOVES))
    # Two moves write the same list of required names.
    earlier["components"]["schemas"]["CreateInvoiceRequest"]["required"] = ["customer_id", "summary", "due_at"]
    report = compare(documents.before_the_move(earlier), documents.contract())
    expected = [row for move in MOVES for row in move["forward"]]
    assert sorted(rows(report)) == sorted(expected)
    assert (report.release, report.breaks) == ("major", True)


@pytest.mark.parametrize("phrase", documents.REPHRASED, ids=lambda phrase: phrase.__name__)
def test_the_same_in_other_words_is_no_difference(phrase: Callable[[Document], Document], compare: Compare) -> None:
    now = documents.contract()
    other = phrase(documents.contract())
    assert other != now
    validate(json.loads(json.dumps(other)))
    assert rows(compare(now, other)) == []
    # Back from a larger one, what is not in the contract is gone.
    assert [row for row in rows(compare(other, now)) if row[2] != "operation"] == []


def test_the_same_in_all_other_words_at_once_is_no_difference(compare: Compare) -> None:
    other = documents.contract()
    for phrase in (documents.with_single_error_statuses, documents.with_number_formats, documents.undescribed,
                   documents.as_a_part_of_a_larger_one, documents.in_dialect_3_0, documents.shuffled):  # fmt: skip
        other = phrase(other)
    assert rows(compare(documents.contract(), other)) == []
    other["components"]["schemas"]["Billing.Amount"]["properties"]["net_total"]["type"] = "string"
    assert {(row[2], row[4]) for row in rows(compare(documents.contract(), other))} == {("type", "string or null")}


# Every single mutation ------------------------------------------------------------------------------------------------
Mutation = tuple[str, Callable[[Document], object]]
Edit = Callable[[str, Callable[[Document], object]], Mutation]


def at(document: Document, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def schemas(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Document]]:
    """The schemas inside a schema, with the steps to each."""
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
    """INSIDE another schema: a component that may be null says nothing new where it is used as "this or null"."""
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
def test_no_single_mutation_is_missed_and_backwards_it_is_the_mirror(mutation: Mutation, compare: Compare) -> None:
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


# Verdicts -------------------------------------------------------------------------------------------------------------
def schema_of(document: Document, name: str) -> Document:
    return document["components"]["schemas"][name]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"InvoiceItem": {"properties": {"quantity": {"minimum": 2}}}}, ("narrowed", True, "major")),
        ({"InvoiceItem": {"properties": {"quantity": {"minimum": 0.5}}}}, ("widened", False, "minor")),
        ({"CreateInvoiceRequest": {"properties": {"items": {"maxItems": 20}}}}, ("narrowed", True, "major")),
        ({"CreateInvoiceRequest": {"required": ["customer", "summary"]}}, ("widened", False, "minor")),
        ({"CreateInvoiceRequest": {"required": ["customer", "summary", "due", "items"]}}, ("narrowed", True, "major")),
        ({"CreateInvoiceRequest": {"additionalProperties": None}}, ("widened", False, "patch")),
        ({"CreateInvoiceRequest": {"properties": {"note": {"type": "string"}}}}, ("added", False, "minor")),
        ({"CreateInvoiceRequest": {"properties": {"summary": {"deprecated": True}}}}, ("added", False, "minor")),
        ({"CreateInvoiceRequest": {"properties": {"summary": {"default": "-"}}}}, ("changed", False, "patch")),
        ({"CreatedInvoice": {"required": ["id"]}}, ("widened", True, "major")),
        ({"CreatedInvoice": {"required": ["id", "session", "status"]}}, ("narrowed", False, "minor")),
        ({"CreatedInvoice": {"properties": {"id": {"type": ["null", "string"]}}}}, ("widened", True, "major")),
        ({"CreatedInvoice": {"properties": {"id": {"type": "integer"}}}}, ("changed", True, "major")),
        ({"CreatedInvoice": {"properties": {"id": {"format": "uuid"}}}}, ("narrowed", True, "major")),
        ({"CreatedInvoice": {"properties": {"id": {"format": "slug"}}}}, ("narrowed", False, "patch")),
        ({"CreatedInvoice": {"properties": {"id": {"maxLength": 9}}}}, ("narrowed", False, "patch")),
        ({"CreatedInvoice": {"properties": {"status": {"enum": ["draft"]}}}}, ("narrowed", False, "minor")),
        ({"VoucherType": {"enum": ["percentage", "fixed", "free"]}}, ("widened", False, "minor")),
        ({"VoucherType": {"enum": ["percentage"]}}, ("narrowed", True, "major")),
        ({"Voucher": {"properties": {"rate": {"type": ["null", "integer"]}}}}, ("narrowed", True, "major")),
        ({"Invoice": {"properties": {"sid": {"type": ["null", "number"]}}}}, ("widened", True, "major")),
        ({"Invoice": {"properties": {"sid": {"type": "integer"}}}}, ("narrowed", False, "minor")),
    ],
)  # fmt: skip
def test_what_breaks_and_which_version_it_asks_for(
    patch: Document, expected: tuple[Any, ...], compare: Compare
) -> None:
    other = documents.patched(documents.contract(), {"components": {"schemas": patch}})
    found = {(change.kind, change.breaks, change.release) for change in compare(documents.contract(), other).changes}
    assert found == {expected}


def operation_changes(report: Any) -> list[tuple[Any, ...]]:
    return [(c.operation, c.kind, c.what, c.before, c.after, c.release) for c in report.changes]


def test_operations_their_answers_and_their_authorization(compare: Compare) -> None:
    def changed(change: Callable[[Document], object]) -> list[tuple[Any, ...]]:
        other = documents.contract()
        change(other)
        return operation_changes(compare(documents.contract(), other))

    key = {"bearerToken": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    creating = ("paths", "/invoices", "post")
    assert changed(lambda d: at(d, creating[:2]).pop("post")) == [
        ("POST /invoices", "removed", "operation", "createInvoice", "", "major")
    ]
    assert changed(lambda d: at(d, creating).update(deprecated=True)) == [
        ("POST /invoices", "added", "deprecated", "", "", "minor")
    ]
    assert changed(lambda d: at(d, creating).update(security=[])) == [
        ("POST /invoices", "removed", "authorization", "bearer", "", "patch")
    ]
    assert {change[1:] for change in changed(lambda d: d["components"].update(securitySchemes=key))} == {
        ("changed", "authorization", "bearer", "key in header X-Key", "major")
    }
    assert changed(lambda d: at(d, creating)["requestBody"].update(required=False)) == [
        ("POST /invoices", "widened", "required", "required", "optional", "minor")
    ]
    assert changed(lambda d: at(d, creating)["responses"].update({"201": at(d, creating)["responses"].pop("200")})) == [
        ("POST /invoices", "changed", "status", "200", "201", "patch")
    ]
    assert changed(lambda d: at(d, creating)["responses"]["200"].pop("content")) == [
        ("POST /invoices", "removed", "JSON of success", "", "", "major")
    ]
    assert changed(lambda d: at(d, creating)["responses"].pop("5XX")) == [
        ("POST /invoices", "removed", "JSON of error", "", "", "patch")
    ]


def test_alternatives_of_an_answer_are_compared_whatever_their_order(compare: Compare) -> None:
    def with_payment(*alternatives: Document) -> Document:
        patch = {"Invoice": {"properties": {"payment": {"anyOf": list(alternatives)}}}}
        return documents.patched(documents.contract(), {"components": {"schemas": patch}})

    card = {"type": "object", "properties": {"card": {"type": "string"}}}
    bank = {"type": "object", "properties": {"bank": {"type": "string"}}}
    cash = {"type": "object", "properties": {"cash": {"type": "string"}}}
    assert rows(compare(with_payment(card, bank), with_payment(bank, card))) == []
    assert rows(compare(with_payment(card, bank), with_payment(bank, card, cash))) == [
        ["answer $.data.payment", "added", "alternative", "", "object", "breaks", "major"]
    ]
    assert [row[1:3] for row in rows(compare(with_payment(card, bank, cash), with_payment(bank, card)))] == [
        ["removed", "alternative"]
    ]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "minimum": 1}),
        ({"allOf": [{"type": "number", "minimum": 1}, {"minimum": 3}]}, {"type": "number", "minimum": 3}),
        ({"allOf": [{"type": "number", "maximum": 1}, {"maximum": 3}]}, {"type": "number", "maximum": 1}),
        ({"allOf": [{"type": "string", "maxLength": 9}, {"maxLength": 4}]}, {"type": "string", "maxLength": 4}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": ["integer", "string"]}),
        ({"type": "boolean", "enum": [True, False]}, {"type": "boolean"}),
        ({"type": "string", "minLength": 0, "maximum": 5}, {"type": "string"}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": True}, "additionalProperties": True}),
    ],
)
def test_one_rule_in_two_ways_is_one_rule(one: Document, same: Document, compare: Compare) -> None:
    def with_extra(schema: Document) -> Document:
        patch = {"CreateInvoiceRequest": {"properties": {"extra": schema}}}
        return documents.patched(documents.contract(), {"components": {"schemas": patch}})

    assert rows(compare(with_extra(one), with_extra(same))) == []
    assert rows(compare(with_extra(one), with_extra({"type": "array"}))) != []


def test_what_is_only_for_answers_is_no_part_of_a_request(compare: Compare) -> None:
    other = documents.contract()
    schema_of(other, "InvoiceItem")["properties"]["id"] = {"type": "string", "readOnly": True}
    assert rows(compare(documents.contract(), other)) == []


def test_schemas_that_contain_themselves_are_compared_to_the_end(compare: Compare) -> None:
    """Twelve components, each of which refers to every one, and one that is nothing but a reference to itself."""
    names = [f"Part{number}" for number in range(12)]
    every = {name.lower(): {"$ref": f"#/components/schemas/{name}"} for name in names}
    document = documents.contract()
    parts = {name: {"type": "object", "properties": {**every, "label": {"type": "string"}}} for name in names}
    document["components"]["schemas"] |= parts | {"Loop": {"$ref": "#/components/schemas/Loop"}}
    schema_of(document, "Invoice")["properties"] |= {
        "parts": every["part0"],
        "loop": {"$ref": "#/components/schemas/Loop"},
    }
    assert rows(compare(document, copy.deepcopy(document))) == []
    other = copy.deepcopy(document)
    schema_of(other, "Part11")["properties"]["label"]["type"] = "integer"
    report = compare(document, other)
    assert {(change.kind, change.what) for change in report.changes} == {("changed", "type")}
    assert 0 < len(report.changes) < 50


def test_a_reference_leads_into_a_file_beside_the_document(tmp_path: Path, run: Run) -> None:
    other = documents.contract()
    (tmp_path / "amount.yaml").write_text(yaml.safe_dump(schema_of(other, "Amount")), encoding="utf-8")
    other["components"]["schemas"]["Amount"] = {"$ref": "amount.yaml"}
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(other), encoding="utf-8")
    assert run("--with", path).stdout.endswith("No difference that a user could see.\n")
    (tmp_path / "amount.yaml").write_text("type: object\nproperties: {}\n", encoding="utf-8")
    assert run("--with", path).returncode == 2


# The command ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def other(tmp_path: Path) -> Callable[[Document], Path]:
    def write(schemas: Document) -> Path:
        path = tmp_path / "other.yaml"
        document = documents.patched(documents.contract(), {"components": {"schemas": schemas}})
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    return write


NEW = {"Amount": {"properties": {"tax_total": {"type": ["null", "number"]}}}}
GONE = {"Amount": {"properties": {"sub_total": None}}}
ANNOTATED = {"CreatedInvoice": {"properties": {"id": {"maxLength": 40}}}}


@pytest.mark.parametrize(
    ("schemas", "status", "release"),
    [({}, 0, "none"), (ANNOTATED, 0, "patch"), (NEW, 1, "minor"), (GONE, 2, "major")],
)
def test_the_exit_status_and_the_json_say_the_release(
    schemas: Document, status: int, release: str, other: Callable[[Document], Path], run: Run
) -> None:
    done = run("--with", other(schemas), "--format", "json")
    assert (done.returncode, done.stderr) == (status, "")
    report = json.loads(done.stdout)
    assert (report["release"], report["breaks"]) == (release, release == "major")
    assert bool(report["changes"]) is bool(schemas)
    fields = {"operation", "side", "place", "kind", "what", "before", "after", "breaks", "release", "why", "guess"}
    assert all(change.keys() == fields for change in report["changes"])


def test_it_is_a_program_that_finds_the_contract_from_anywhere(
    other: Callable[[Document], Path], tmp_path: Path
) -> None:
    command = [sys.executable, str(SCRIPT), "--with", other(NEW).name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stderr) == (1, "")


def test_from_an_earlier_contract_the_direction_is_the_other_one(other: Callable[[Document], Path], run: Run) -> None:
    done = run("--from", other(NEW))
    assert done.returncode == 2
    assert "removed  answer 200 $.data.amount.tax_total" in done.stdout
    assert run("--from", other(GONE)).returncode == 1


def test_an_operation_more_is_told_only_between_contracts(tmp_path: Path, run: Run) -> None:
    fewer = documents.contract()
    del fewer["paths"]["/invoices/{invoice_id}"]
    path = tmp_path / "fewer.yaml"
    path.write_text(yaml.safe_dump(fewer), encoding="utf-8")
    done = run("--from", path)
    assert done.returncode == 1
    assert "operation: getInvoice" in done.stdout
    assert [change.kind for change in comparing.compare_files(path, documents.CONTRACT).changes] == []


def test_the_text_is_aligned_and_ends_with_the_verdict(other: Callable[[Document], Path], run: Run) -> None:
    lines = run("--with", other(NEW | ANNOTATED)).stdout.splitlines()
    assert re.fullmatch(r"from  .*openapi/paisr-invoices\.yaml", lines[0])
    assert re.fullmatch(r"to    .*other\.yaml", lines[1])
    starts = {line.index("answer 200") for line in lines if "answer 200" in line}
    ends = {line.index(": number or null") for line in lines if ": number or null" in line}
    assert (len(starts), len(ends)) == (1, 1)
    assert lines[-1] == "3 changes (2 minor, 1 patch). No user's code breaks. This asks for a minor version."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (b"openapi: [3.1", "is neither YAML nor JSON (line "),
        (b"- 1", "is not an OpenAPI document: it holds [1]"),
        (b"swagger: '2.0'", "names no OpenAPI version"),
        (b"openapi: 4.0.0", "is for OpenAPI 4.0.0; a document for OpenAPI 3 is needed"),
        (b"openapi: 3.1.0\npaths: &a {/invoices: *a}", "contains itself"),
        (b"openapi: 3.1.0\npaths: [/invoices]", "'paths' is not an object"),
        (b"openapi: 3.1.0\npaths: {/invoices: {post: 7}}", "An object is expected where there is 7"),
        (b"openapi: 3.0.0\npaths: {/invoices: {post: {requestBody: {$ref: '#/no'}}}}", "'#/no' leads nowhere"),
        (b"openapi: 3.0.0\npaths: {/invoices: {$ref: 'https://example.com/a.yaml'}}", "leads nowhere"),
        (b"openapi: 3.0.0\npaths: {/invoices: {$ref: '#/paths/~1invoices'}}", "leads back to itself"),
        (b"openapi: 3.0.0\npaths: {/invoices: {get: {parameters: [{in: query, name: limit, schema: {type: int}}]}}}",
         'no type "int"'),
        (b"openapi: 3.0.0\npaths: {/invoices: {get: {parameters: [{in: query, name: limit, schema: "
         b"{type: integer, minimum: one, exclusiveMinimum: 1}}]}}}", "'minimum' is not a number but \"one\""),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_said_in_one_sentence(
    content: bytes | None, sentence: str, tmp_path: Path, run: Run
) -> None:
    path = tmp_path / "other.yaml"
    if content is not None:
        path.write_bytes(content)
    done = run("--with", path)
    assert (done.returncode, done.stdout) == (64, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_whatever_stands_in_a_document_there_is_a_report_or_a_sentence(data: st.DataObject, compare: Compare) -> None:
    document = documents.contract()
    path: list[Any] = []
    while isinstance(value := at(document, tuple(path)), dict | list) and value and data.draw(st.integers(0, 9)):
        path.append(data.draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value)))))
    if path:
        at(document, tuple(path[:-1]))[path[-1]] = data.draw(
            st.sampled_from([None, True, 0, -1.5, "", "text", [], [7], {}, {"a": 1}, [{}], ["x"], [None]])
        )
    with contextlib.suppress(reading.UnreadableError):
        compare(documents.contract(), document)


@pytest.mark.parametrize("arguments", [(), ("one.yaml", "--from", "two.yaml"), ("one.yaml", "--format", "xml")])
def test_a_wrong_command_is_no_verdict(arguments: tuple[str, ...], run: Run) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.count("\n") == 1
