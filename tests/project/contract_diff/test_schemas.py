"""The comparison of schemas: the change and the version that it requires; no change for equivalent schemas."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openapi_documents as documents
import pytest
import yaml
from openapi_diff.verdicts import UNUSED
from openapi_spec_validator import validate

MOVES = yaml.safe_load((Path(__file__).parent / "moves.yaml").read_text(encoding="utf-8"))
Document = dict[str, Any]
Compare = Callable[..., Any]


def rows(report: Any) -> list[list[str]]:
    """The changes in the form of moves.yaml, without those of GET /invoices that reading one invoice has as well."""
    found = []
    for change in report.changes:
        place = change.place.removeprefix("200 ").replace("$.data.invoices[]", "$.data")
        row = [f"{change.side} {place}", change.kind, change.what, change.before, change.after]
        row += [change.release] + ["guess"] * change.guess
        if row not in found:
            found.append(row)
    return found


def used(report: Any) -> list[list[str]]:
    return [row for row in rows(report) if row[1] != UNUSED]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move["move"])
def test_an_earlier_change_of_the_contract_is_reported_in_both_directions(move: Document, compare: Compare) -> None:
    earlier, now = documents.before_the_move(move["earlier"]), documents.contract()
    assert sorted(rows(compare(earlier, now))) == sorted(move["forward"])
    assert sorted(rows(compare(now, earlier))) == sorted(move["backward"])


def test_all_earlier_changes_together_are_reported_like_single_ones(compare: Compare) -> None:
    earlier = functools.reduce(documents.joined, (move["earlier"] for move in MOVES))
    # Two moves write the same list of required names.
    earlier["components"]["schemas"]["CreateInvoiceRequest"]["required"] = ["customer_id", "summary", "due_at"]
    report = compare(documents.before_the_move(earlier), documents.contract())
    expected = [row for move in MOVES for row in move["forward"]]
    assert sorted(rows(report)) == sorted(expected)
    assert report.release == "major"


@pytest.mark.parametrize("phrase", documents.REPHRASED, ids=lambda phrase: phrase.__name__)
def test_an_equivalent_document_has_no_difference(phrase: Callable[[Document], Document], compare: Compare) -> None:
    now = documents.contract()
    other = phrase(documents.contract())
    assert other != now
    validate(json.loads(json.dumps(other)))
    assert used(compare(now, other, subset=True)) == []
    # In reverse, from the larger document, its additional operations are removed.
    assert [row for row in rows(compare(other, now)) if row[2] != "operation"] == []


def test_all_equivalent_forms_together_have_no_difference(compare: Compare) -> None:
    other = documents.contract()
    for phrase in (documents.with_single_error_statuses, documents.with_number_formats, documents.undescribed,
                   documents.as_a_part_of_a_larger_one, documents.in_dialect_3_0, documents.shuffled):  # fmt: skip
        other = phrase(other)
    assert used(compare(documents.contract(), other, subset=True)) == []
    other["components"]["schemas"]["Billing.Amount"]["properties"]["net_total"]["type"] = "string"
    assert {(row[2], row[4]) for row in used(compare(documents.contract(), other, subset=True))} == {
        ("type", "string or null")
    }


def schema_of(document: Document, name: str) -> Document:
    return document["components"]["schemas"][name]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"LineItem": {"properties": {"quantity": {"minimum": 2}}}}, ("narrowed", "major")),
        ({"LineItem": {"properties": {"quantity": {"minimum": 0.5}}}}, ("widened", "minor")),
        ({"CreateInvoiceRequest": {"properties": {"items": {"maxItems": 20}}}}, ("narrowed", "major")),
        ({"CreateInvoiceRequest": {"required": ["customer", "summary"]}}, ("widened", "minor")),
        ({"CreateInvoiceRequest": {"required": ["customer", "summary", "due", "items"]}}, ("narrowed", "major")),
        ({"CreateInvoiceRequest": {"additionalProperties": None}}, ("widened", "patch")),
        ({"CreateInvoiceRequest": {"properties": {"note": {"type": "string"}}}}, ("added", "minor")),
        ({"CreateInvoiceRequest": {"properties": {"summary": {"deprecated": True}}}}, ("added", "minor")),
        ({"CreateInvoiceRequest": {"properties": {"summary": {"default": "-"}}}}, ("changed", "patch")),
        ({"CreatedInvoice": {"required": ["id"]}}, ("widened", "major")),
        ({"CreatedInvoice": {"required": ["id", "session", "status"]}}, ("narrowed", "minor")),
        ({"CreatedInvoice": {"properties": {"id": {"type": ["null", "string"]}}}}, ("widened", "major")),
        ({"CreatedInvoice": {"properties": {"id": {"type": "integer"}}}}, ("changed", "major")),
        ({"CreatedInvoice": {"properties": {"id": {"format": "uuid"}}}}, ("narrowed", "major")),
        ({"CreatedInvoice": {"properties": {"id": {"format": "slug"}}}}, ("narrowed", "patch")),
        ({"CreatedInvoice": {"properties": {"id": {"maxLength": 9}}}}, ("narrowed", "patch")),
        ({"CreatedInvoice": {"properties": {"status": {"enum": ["draft"]}}}}, ("narrowed", "minor")),
        ({"VoucherType": {"enum": ["percentage", "fixed", "free"]}}, ("widened", "minor")),
        ({"VoucherType": {"enum": ["percentage"]}}, ("narrowed", "major")),
        ({"Voucher": {"properties": {"rate": {"type": ["null", "integer"]}}}}, ("narrowed", "major")),
        ({"Invoice": {"properties": {"sid": {"type": ["null", "number"]}}}}, ("widened", "major")),
        ({"Invoice": {"properties": {"sid": {"type": "integer"}}}}, ("narrowed", "minor")),
    ],
)  # fmt: skip
def test_a_change_requires_its_version(patch: Document, expected: tuple[Any, ...], compare: Compare) -> None:
    other = documents.patched(documents.contract(), {"components": {"schemas": patch}})
    found = {(change.kind, change.release) for change in compare(documents.contract(), other).changes}
    assert found == {expected}


def test_alternatives_of_a_response_are_compared_whatever_their_order(compare: Compare) -> None:
    def with_payment(*alternatives: Document) -> Document:
        patch = {"Invoice": {"properties": {"payment": {"anyOf": list(alternatives)}}}}
        return documents.patched(documents.contract(), {"components": {"schemas": patch}})

    card = {"type": "object", "properties": {"card": {"type": "string"}}}
    bank = {"type": "object", "properties": {"bank": {"type": "string"}}}
    cash = {"type": "object", "properties": {"cash": {"type": "string"}}}
    assert rows(compare(with_payment(card, bank), with_payment(bank, card))) == []
    assert rows(compare(with_payment(card, bank), with_payment(bank, card, cash))) == [
        ["response $.data.payment", "added", "alternative", "", "object", "major"]
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
def test_two_forms_of_one_rule_are_no_difference(one: Document, same: Document, compare: Compare) -> None:
    def with_extra(schema: Document) -> Document:
        patch = {"CreateInvoiceRequest": {"properties": {"extra": schema}}}
        return documents.patched(documents.contract(), {"components": {"schemas": patch}})

    assert rows(compare(with_extra(one), with_extra(same))) == []
    assert rows(compare(with_extra(one), with_extra({"type": "array"}))) != []


TEXT: Document = {"type": "string"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"type": "array", "items": TEXT}, {"items": {"type": "integer"}},
         ("[]", "changed", "type", "string", "integer")),
        ({"type": "array"}, {"type": "array", "uniqueItems": True}, ("", "narrowed", "uniqueItems", "", "yes")),
        ({"type": "array"}, {"type": "array", "prefixItems": [{}]}, ("", "changed", "prefixItems", "", "[{}]")),
        ({"additionalProperties": TEXT}, {"additionalProperties": {"type": "integer"}},
         (".*", "changed", "type", "string", "integer")),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"enum": ["b", "c"]},
         ("", "widened", "values", "b", "b, c")),
        ({"enum": [1.0, 2.5]}, {"enum": [1]}, ("", "narrowed", "type", "number", "integer")),
        ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"},
         ("", "changed", "pattern", "^a", "^b")),
        ({"oneOf": [{"type": "null"}]}, {"type": "boolean"}, ("", "widened", "type", "null", "boolean")),
        ({"anyOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]},
         {"anyOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}, {"properties": {"c": TEXT}}]},
         ("", "widened", "alternative", "", "object")),
    ],
)  # fmt: skip
def test_every_keyword_is_compared(old: Document, new: Document, expected: tuple[str, ...], compare: Compare) -> None:
    before, after = documents.contract(), documents.contract()
    for document, schema in ((before, old), (after, new)):
        schema_of(document, "CreateInvoiceRequest")["properties"]["extra"] = schema
    changes = [(c.place, c.kind, c.what, c.before, c.after) for c in compare(before, after).changes]
    assert ("$.extra" + expected[0], *expected[1:]) in changes
    assert {place.removeprefix("$.extra") for place, *_ in changes} == {expected[0]}


def test_the_style_of_a_list_in_a_query_is_compared(compare: Compare) -> None:
    def listing(**more: Any) -> Document:
        document = documents.contract()
        schema = {"type": "array", "items": TEXT}
        document["paths"]["/invoices"]["get"]["parameters"].append(
            {"name": "tags", "in": "query", "schema": schema, **more}
        )
        return document

    assert rows(compare(listing(), listing(style="form"))) == []
    assert rows(compare(listing(), listing(explode=False))) == [
        ["request query tags", "changed", "style", "form, explode: true", "form, explode: false", "major"]
    ]


def test_a_read_only_property_is_no_part_of_a_request(compare: Compare) -> None:
    other = documents.contract()
    schema_of(other, "LineItem")["properties"]["id"] = {"type": "string", "readOnly": True}
    assert rows(compare(documents.contract(), other)) == []


def test_a_cycle_of_any_length_is_compared(compare: Compare) -> None:
    document = documents.contract()
    document["components"]["schemas"] |= {
        f"Part{number}": {
            "properties": {
                "next": {"$ref": f"#/components/schemas/Part{(number + 1) % 400}"},
                "other": {"$ref": f"#/components/schemas/Part{number * 7 % 400}"},
            }
        }
        for number in range(400)
    }
    schema_of(document, "Invoice")["properties"]["part"] = {"$ref": "#/components/schemas/Part0"}
    other = copy.deepcopy(document)
    schema_of(other, "Part399")["properties"]["label"] = {"type": "string"}
    assert {(change.operation, change.kind, change.what) for change in compare(document, other).changes} == {
        ("GET /invoices", "added", "property"),
        ("GET /invoices/{invoice_id}", "added", "property"),
    }


def test_recursive_schemas_are_compared_completely(compare: Compare) -> None:
    """Twelve components, each of which refers to all twelve, and one that only refers to itself."""
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
