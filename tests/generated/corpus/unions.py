"""Unions: of objects with and without a tag, of plain values, in lists, maps and unions."""

from __future__ import annotations

from decimal import Decimal

from .variants import (
    all_of,
    body_field,
    creating,
    creating_badly,
    field_of,
    listing,
    query,
    reading,
    ref,
    schemas,
    tagged,
    thing,
    works,
)

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
CARD, BANK = tagged("card", digits=TEXT), tagged("bank", iban=TEXT, fee=NUMBER)
METHODS = schemas(Card=CARD, Bank=BANK)
EITHER = {"oneOf": [ref("Card"), ref("Bank")]}
BY_NAME = {**EITHER, "discriminator": {"propertyName": "kind"}}
MAPPED = {
    "oneOf": [ref("Cat"), ref("Dog")],
    "discriminator": {
        "propertyName": "@type",
        "mapping": {"c": "#/components/schemas/Cat", "d": "#/components/schemas/Dog"},
    },
}
VARIANTS = [
    works(
        "union by a constant",
        all_of(METHODS, field_of("paid_by", EITHER), body_field("pay_by", EITHER)),
        reading('"paid_by":{"kind":"card","digits":"1"}', gives={"paid_by": {"kind": "card", "digits": "1"}}),
        reading(
            '"paid_by":{"kind":"bank","iban":"1","fee":0.10}',
            gives={"paid_by": {"kind": "bank", "iban": "1", "fee": Decimal("0.10")}},
        ),
        reading('"paid_by":{"kind":"cash"}', unexpected="$.data.paid_by.kind"),
        creating("pay_by={'kind': 'bank', 'iban': '1', 'fee': 1}", '"pay_by":{"kind":"bank","iban":"1","fee":1}'),
        creating("pay_by=models.Card(digits='1')", '"pay_by":{"kind":"card","digits":"1"}'),
        creating_badly("pay_by={'kind': 'cash'}", "pay_by"),
    ),
    works(
        "union with a discriminator",
        all_of(
            METHODS,
            field_of(
                "billed_by", {"oneOf": [*BY_NAME["oneOf"], {"type": "null"}], "discriminator": BY_NAME["discriminator"]}
            ),
        ),
        reading('"billed_by":{"kind":"card","digits":"1"}', gives={"billed_by": {"kind": "card", "digits": "1"}}),
        reading('"billed_by":null', gives={}),
    ),
    works(
        "union with a mapping",
        all_of(
            schemas(Cat=thing(**{"@type": TEXT}, lives=INTEGER), Dog=thing(**{"@type": TEXT}, name=TEXT)),
            field_of("pet", MAPPED),
        ),
        reading('"pet":{"@type":"c","lives":9}', gives={"pet": {"@type": "c", "lives": 9}}),
        reading('"pet":{"@type":"d","name":"x"}', gives={"pet": {"@type": "d", "name": "x"}}),
    ),
    works(
        "union by a whole number",
        field_of("version", {"anyOf": [tagged(1, "v", a=TEXT), tagged(2, "v", b=TEXT)]}),
        reading('"version":{"v":2,"b":"x"}', gives={"version": {"v": 2, "b": "x"}}),
    ),
    works(
        "union in a list and in a map",
        all_of(
            METHODS,
            field_of("many", {"type": "array", "items": EITHER}),
            field_of("each", {"type": "object", "additionalProperties": EITHER}),
        ),
        reading('"many":[{"kind":"card","digits":"1"}]', gives={"many": [{"kind": "card", "digits": "1"}]}),
        reading('"each":{"a":{"kind":"card","digits":"1"}}', gives={"each": {"a": {"kind": "card", "digits": "1"}}}),
    ),
    works(
        "union of an object and a text",
        all_of(
            schemas(Person=thing(name=TEXT)),
            field_of("owner", {"oneOf": [TEXT, ref("Person")]}),
            body_field("owner", {"oneOf": [TEXT, ref("Person")]}),
        ),
        reading('"owner":"o"', gives={"owner": "o"}),
        reading('"owner":{"name":"o"}', gives={"owner": {"name": "o"}}),
        creating("owner='o'", '"owner":"o"'),
        creating("owner={'name': 'o'}", '"owner":{"name":"o"}'),
        creating_badly("owner=1", "owner"),
    ),
    works(
        "union in a union",
        field_of("level", {"oneOf": [{"oneOf": [TEXT, INTEGER]}, {"anyOf": [{"type": "boolean"}, {"type": "null"}]}]}),
        *(
            reading(f'"level":{json}', gives={"level": value})
            for json, value in (('"a"', "a"), ("1", 1), ("true", True))
        ),
        reading('"level":null', gives={}),
    ),
    works(
        "enumeration open to any text",
        field_of("flavour", {"anyOf": [{"type": "string", "enum": ["a"]}, TEXT]}),
        reading('"flavour":"b"', gives={"flavour": "b"}),
    ),
    works(
        "constants as an enumeration",
        all_of(
            field_of("size", {"oneOf": [{"const": "s", "title": "S"}, {"const": "m"}]}),
            query("size", {"anyOf": [{"const": "s"}, {"const": "m"}]}),
        ),
        reading('"size":"m"', gives={"size": "m"}),
        listing("size='s'", "?size=s"),
    ),
]
