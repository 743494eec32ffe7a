"""What is read: fields of each kind, statuses, envelopes, lists."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from .variants import (
    Call,
    Variant,
    all_of,
    calling,
    field_of,
    listing,
    operation,
    operation_of,
    reading,
    ref,
    responses,
    schemas,
    thing,
    works,
)

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
ID = "7f7c8b6a-1f1e-4a38-9b0f-0a6c5b1d2e3f"


class Kind(NamedTuple):
    """A schema, a value of it in JSON, the same in Python, and one that the contract does not allow."""

    schema: dict[str, Any]
    json: str
    value: object
    wrong: str | None


KINDS = {
    "text": Kind(TEXT, '"é"', "é", "7"),
    "integer": Kind(INTEGER, "7", 7, '"7"'),
    "number": Kind(NUMBER, "1.10", Decimal("1.10"), '"x"'),
    "boolean": Kind({"type": "boolean"}, "false", False, "0"),
    "date-time": Kind(
        {"type": "string", "format": "date-time"},
        '"2026-01-02T03:04:05Z"',
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        '"2026-01-02"',
    ),
    "date": Kind({"type": "string", "format": "date"}, '"2026-01-02"', date(2026, 1, 2), '"x"'),
    "uuid": Kind({"type": "string", "format": "uuid"}, f'"{ID}"', UUID(ID), '"x"'),
    "choice": Kind({"type": "string", "enum": ["a", "b"]}, '"later"', "later", "1"),
    "whole choice": Kind({"type": "integer", "enum": [1, 2]}, "9", 9, '"a"'),
    "choice with null": Kind({"type": ["string", "null"], "enum": ["a", None]}, '"a"', "a", "1"),
    "choice that differs in case": Kind({"enum": ["A", "a", "a b", "a-b", "", "é", "x²"]}, '"a"', "a", "1"),
    "text constant": Kind({"const": "on"}, '"on"', "on", '"off"'),
    "whole constant": Kind({"const": 3}, "3", 3, "4"),
    "true": Kind({"const": True}, "true", True, "false"),
    "true choice": Kind({"type": "boolean", "enum": [True]}, "true", True, "false"),
    "list of numbers": Kind({"type": "array", "items": NUMBER}, "[0.10,2]", [Decimal("0.10"), Decimal(2)], '["NaN"]'),
    "list of lists": Kind(
        {"type": "array", "items": {"type": "array", "items": TEXT}}, '[["a"],[]]', [["a"], []], "[1]"
    ),
    "list of objects": Kind(
        {"type": "array", "items": thing(n=NUMBER)}, '[{"n":1.0}]', [{"n": Decimal("1.0")}], "[{}]"
    ),
    "map of texts": Kind({"type": "object", "additionalProperties": TEXT}, '{"a b":"c"}', {"a b": "c"}, '{"a":1}'),
    "map of objects": Kind(
        {"type": "object", "additionalProperties": thing(n=INTEGER)}, '{"a":{"n":1}}', {"a": {"n": 1}}, '{"a":1}'
    ),
    "free map": Kind({"type": "object"}, '{"a":[1.50,2]}', {"a": [Decimal("1.50"), 2]}, "[]"),
    "anything": Kind({}, '{"a":[1.50,null,2]}', {"a": [Decimal("1.50"), None, 2]}, None),
    "text or list": Kind({"oneOf": [TEXT, {"type": "array", "items": TEXT}]}, '["a"]', ["a"], "1"),
    "text or null": Kind({"oneOf": [TEXT, {"type": "null"}]}, '"a"', "a", "1"),
    "nothing but null": Kind({"type": "null"}, "null", None, "1"),
    "short text": Kind({**TEXT, "minLength": 5, "pattern": "^a"}, '"b"', "b", "1"),
}


def _field(name: str, kind: Kind) -> Variant:
    """A field of a response: required, optional, and nullable."""
    own = f"the_{name.replace(' ', '_').replace('-', '_')}"
    schema = kind.schema
    nullable = (
        "const" in schema or "oneOf" in schema or schema in ({}, {"type": "null"}) or None in schema.get("enum", ())
    )
    given = {own: kind.value} if kind.value is not None else {}
    change = field_of(own, schema)
    calls = [reading(f'"{own}":{kind.json}', gives=given), reading("", gives={})]
    if kind.wrong is not None:
        calls.append(reading(f'"{own}":{kind.wrong}', unexpected=_place(own, kind)))
    if not nullable:
        calls.append(reading(f'"{own}":null', unexpected=f"$.data.{own}"))
        change = all_of(change, field_of(f"{own}_too", {"anyOf": [{"type": "null"}, schema]}))
        calls += [
            reading(f'"{own}_too":null', gives={}),
            reading(f'"{own}_too":{kind.json}', gives={f"{own}_too": kind.value}),
        ]
    return works(f"field {name}", change, *calls)


def _place(name: str, kind: Kind) -> str:
    inside = {"list of lists": "[0]", "list of objects": "[0]", "map of texts": "[...]", "map of objects": "[...]"}
    found = next((place for key, place in inside.items() if KINDS.get(key) is kind), "")
    return f"$.data.{name}{found}"


def _whole(name: str, schema: Any, json: str, value: object, typed: str = "") -> Variant:
    """A response without an envelope."""
    word = name.title().replace(" ", "")
    change = operation(f"/bare/{word.lower()}", "get", f"get{word}", responses=responses(schema))
    call = calling(
        f"things.get_{name.replace(' ', '_')}()",
        f"GET /bare/{word.lower()}",
        response=json,
        gives=value,
        typed=typed,
    )
    return works(f"whole response {name}", change, call)


def _listed(document: Any) -> None:
    data = document["components"]["schemas"]["InvoiceList"]
    data["properties"] |= {"next_cursor": {"type": ["string", "null"]}, "total": NUMBER}


YES = {"const": True}
VARIANTS = [
    *(_field(name, kind) for name, kind in KINDS.items()),
    _whole("text", TEXT, '"a"', "a", "str"),
    _whole("number", NUMBER, "1.10", Decimal("1.10"), "Decimal"),
    _whole("list", {"type": "array", "items": thing(n=NUMBER)}, '[{"n":0.10}]', [{"n": Decimal("0.10")}]),
    _whole(
        "map",
        {"type": "object", "additionalProperties": NUMBER},
        '{"a":0.10}',
        {"a": Decimal("0.10")},
        "dict[str, Decimal]",
    ),
    _whole("anything", {}, "[1.50]", [Decimal("1.50")], "Any"),
    _whole("object", thing(a=INTEGER), '{"a":1,"b":2}', {"a": 1}),
    _whole("union", {"oneOf": [TEXT, INTEGER, {"type": "null"}]}, "7", 7, "str | int | None"),
    works(
        "numbers of which some may be absent",
        field_of(
            "sums", {**thing(a=NUMBER), "properties": {"a": NUMBER, "b": NUMBER, "c": {"type": ["number", "null"]}}}
        ),
        reading('"sums":{"a":1.0,"b":2,"c":null}', gives={"sums": {"a": Decimal("1.0"), "b": Decimal(2)}}),
        reading('"sums":{"a":"NaN"}', unexpected="$.data.sums.a"),
    ),
    works(
        "list with a cursor",
        _listed,
        listing(
            "",
            "",
            response='{"success":true,"data":{"invoices":[{"id":"i","status":"paid"}],"next_cursor":"n","total":1.0}}',
            gives={"invoices": [{"id": "i", "status": "paid"}], "next_cursor": "n", "total": Decimal("1.0")},
        ),
        alone=True,
    ),
    works(
        "envelope with more beside its data",
        lambda document: document["components"]["schemas"]["GetInvoiceResponse"]["properties"].update(
            meta=thing(n=INTEGER)
        ),
        Call(
            text="invoices.get('inv_1')",
            sends="GET /invoices/inv_1",
            response='{"success":true,"data":{"id":"inv_1","status":"paid"},"meta":{"n":1}}',
            gives={"id": "inv_1", "status": "paid"},
        ),
        alone=True,
    ),
    works(
        "headers of a response",
        lambda document: operation_of(document, ("/invoices", "get"))["responses"]["200"].update(
            headers={"X-Request-Id": {"schema": TEXT}}
        ),
        listing("", "", response_headers={"x-request-id": "r1"}),
    ),
    works(
        "optional data of an envelope",
        all_of(
            schemas(Maybe=thing(a=TEXT)),
            operation(
                "/maybe",
                "get",
                "getMaybe",
                responses=responses(
                    {"type": "object", "required": ["success"], "properties": {"success": YES, "data": ref("Maybe")}}
                ),
            ),
        ),
        calling("things.get_maybe()", "GET /maybe", response='{"success":true}', gives=None),
        calling("things.get_maybe()", "GET /maybe", response='{"success":true,"data":{"a":"x"}}', gives={"a": "x"}),
    ),
]
