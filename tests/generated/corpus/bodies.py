"""Bodies that are sent: maps, lists, objects, null, and bodies that are no object."""

from __future__ import annotations

from typing import Any

from .variants import (
    Call,
    Variant,
    all_of,
    body_field,
    calling,
    creating,
    creating_badly,
    operation,
    ref,
    schemas,
    thing,
    turned_down,
    works,
)

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def _field(name: str, schema: Any, value: str, json: str, *more: Call) -> Variant:
    own = name.replace(" ", "_").replace("-", "_")
    return works(
        f"body {name}", body_field(own, schema), creating(f"{own}={value}", f'"{own}":{json}'), creating("", ""), *more
    )


def _whole(name: str, schema: Any, value: str, json: str, *, required: bool = True, typed: bool = True) -> Variant:
    """A body that is no object with named properties."""
    word = name.title().replace(" ", "")
    content = {"required": required, "content": {"application/json": {"schema": schema}}}
    path = f"/whole/{word.lower()}"
    change = operation(path, "post", f"send{word}", requestBody=content)
    method = f"things.send_{name.replace(' ', '_')}"
    calls = [calling(f"{method}(body={value})", f"POST {path}", body=json, gives=None)]
    if not required:
        calls.append(calling(f"{method}()", f"POST {path}", gives=None))
    return works(f"whole body {name}", change, *calls)


ADDRESS = thing(street=TEXT, **{"zip-code": TEXT})
PART = {**thing(name=TEXT, price=NUMBER), "additionalProperties": False}
OPTIONAL = {"type": "object", "properties": {"note": TEXT, "level": INTEGER}}
VARIANTS = [
    _field("map of texts", {"type": "object", "additionalProperties": TEXT}, "{'a b': 'c'}", '{"a b":"c"}'),
    _field("map of numbers", {"type": "object", "additionalProperties": NUMBER}, "{'a': '0.10'}", '{"a":0.10}'),
    _field(
        "map whose names have a rule",
        {"type": "object", "additionalProperties": TEXT, "propertyNames": {"maxLength": 2}},
        "{'ab': 'c'}",
        '{"ab":"c"}',
        creating_badly("map_whose_names_have_a_rule={'abc': 'c'}", "a key of map_whose_names_have_a_rule has 3"),
    ),
    _field(
        "map of lists",
        {"type": "object", "additionalProperties": {"type": "array", "items": INTEGER}},
        "{'a': [1], 'b': ()}",
        '{"a":[1],"b":[]}',
    ),
    _field("free map", {"type": "object"}, "{'a': [1, None, {'b': Decimal('0.10')}]}", '{"a":[1,null,{"b":0.10}]}'),
    _field("anything", {}, "[1, 'x', None, True, Decimal('2.50')]", '[1,"x",null,true,2.50]'),
    _field("list of numbers", {"type": "array", "items": NUMBER}, "[1, '2.50', Decimal('3')]", "[1,2.50,3]"),
    _field(
        "list of lists",
        {"type": "array", "items": {"type": "array", "items": {"type": "string", "format": "date"}}},
        "[[date(2026, 1, 2)], []]",
        '[["2026-01-02"],[]]',
    ),
    _field(
        "object",
        ADDRESS,
        "{'street': 's', 'zip-code': '1'}",
        '{"street":"s","zip-code":"1"}',
        creating_badly("object={'street': 's'}", "object has no 'zip-code'"),
    ),
    works(
        "body nested objects",
        all_of(
            schemas(Part=PART),
            body_field("parts", {"type": "array", "items": {"type": "array", "items": ref("Part")}}),
        ),
        creating("parts=[[{'name': 'n', 'price': 1}]]", '"parts":[[{"name":"n","price":1}]]'),
        creating("parts=[[Part(name='n', price='1.10')]]", '"parts":[[{"name":"n","price":1.10}]]'),
        creating_badly("parts=[[{'name': 'n', 'price': 0.1}]]", "parts[0][0].price=0.1 is a float"),
        creating_badly("parts=[[{'name': 'n', 'price': 1, 'x': 2}]]", "'x', which the API does not know"),
    ),
    works(
        "body object by its class",
        all_of(schemas(Address=ADDRESS), body_field("address", ref("Address"))),
        creating("address=Address(street='s', zip_code='1')", '"address":{"street":"s","zip-code":"1"}'),
    ),
    works(
        "body required and nullable",
        body_field("memo", {"type": ["string", "null"]}, required=True),
        creating("memo=None", '"memo":null'),
        creating("memo='m'", '"memo":"m"'),
        alone=True,
    ),
    works(
        "body optional and nullable",
        body_field("hint", {"type": ["string", "null"]}),
        creating("hint=None", ""),
        creating("hint='h'", '"hint":"h"'),
    ),
    works(
        "body list with null in it",
        body_field("slots", {"type": "array", "items": {"type": ["integer", "null"]}}),
        creating("slots=[1, None]", '"slots":[1,null]'),
    ),
    works(
        "body with what is read only",
        all_of(
            schemas(
                Tariff={
                    **thing(id={**TEXT, "readOnly": True}, name=TEXT, secret={**TEXT, "writeOnly": True}),
                }
            ),
            operation(
                "/tariffs",
                "post",
                "createTariff",
                "tariffs",
                requestBody={"required": True, "content": {"application/json": {"schema": ref("Tariff")}}},
                responses={"201": {"description": "", "content": {"application/json": {"schema": ref("Tariff")}}}},
            ),
        ),
        calling(
            "tariffs.create(name='n', secret='s')",
            "POST /tariffs",
            body='{"name":"n","secret":"s"}',
            status=201,
            response='{"id":"1","name":"n"}',
            gives={"id": "1", "name": "n"},
            typed="Tariff",
        ),
    ),
    works(
        "body that may be left out",
        operation(
            "/notes",
            "post",
            "addNote",
            "notes",
            requestBody={"content": {"application/json": {"schema": {**OPTIONAL, "required": ["note"]}}}},
        ),
        calling("notes.add()", "POST /notes", gives=None),
        calling("notes.add(note='n', level=1)", "POST /notes", body='{"note":"n","level":1}', gives=None),
        turned_down("notes.add(level=1)", "note"),
    ),
    works(
        "body with nothing in it that is required",
        operation(
            "/pings",
            "post",
            "sendPing",
            "pings",
            requestBody={"required": True, "content": {"application/json": {"schema": OPTIONAL}}},
        ),
        calling("pings.send()", "POST /pings", body="{}", gives=None),
        calling("pings.send(level=2)", "POST /pings", body='{"level":2}', gives=None),
    ),
    _whole("list", {"type": "array", "items": NUMBER}, "[1, '0.10']", "[1,0.10]"),
    _whole("text", TEXT, "'é'", '"é"'),
    _whole("map", {"type": "object", "additionalProperties": INTEGER}, "{'a': 1}", '{"a":1}'),
    _whole("nullable object", {**PART, "type": ["object", "null"]}, "None", "null"),
    _whole("anything", {}, "{'a': [1]}", '{"a":[1]}', required=False),
    _whole(
        "list of objects", {"type": "array", "items": PART}, "[{'name': 'n', 'price': 2}]", '[{"name":"n","price":2}]'
    ),
    works(
        "body in another content type, too",
        lambda document: document["paths"]["/invoices"]["post"]["requestBody"]["content"].update(
            {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
        ),
        creating("", ""),
    ),
    works(
        "body of a delete",
        operation(
            "/things",
            "delete",
            "removeThing",
            requestBody={"required": True, "content": {"application/json": {"schema": thing(reason=TEXT)}}},
            responses={"204": {"description": ""}},
        ),
        calling("things.remove(reason='r')", "DELETE /things", body='{"reason":"r"}', status=204, gives=None),
    ),
    works(
        "items with a name that Python cannot have",
        body_field("tax-rate", NUMBER, owner="LineItem"),
        creating(
            "items=[{'description': 'p', 'quantity': 1, 'unit_price': 2, 'tax-rate': '0.21'}]",
            '"items":[{"description":"p","quantity":1,"unit_price":2,"tax-rate":0.21}]',
        ),
        creating(
            "items=[models.LineItem(description='p', quantity=Decimal(1), unit_price=Decimal(2), "
            "tax_rate=Decimal('0.21'))]",
            '"items":[{"description":"p","quantity":1,"unit_price":2,"tax-rate":0.21}]',
        ),
    ),
]
