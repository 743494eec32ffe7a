"""Schemas made of schemas: allOf, unions with and without a tag, references with siblings, circles, OpenAPI 3.0."""

from __future__ import annotations

from decimal import Decimal

from .variants import (
    Node,
    all_of,
    body_field,
    calling,
    creating,
    creating_badly,
    field_of,
    operation,
    reading,
    ref,
    responses,
    schemas,
    tagged,
    thing,
    works,
)

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


NODE = {
    **thing(name=TEXT),
    "properties": {"name": TEXT, "next": ref("Node"), "all": {"type": "array", "items": ref("Node")}},
}


def three_point_oh(document: Node) -> None:
    """The whole document as OpenAPI 3.0 has it."""
    document["openapi"] = "3.0.3"
    schemas = document["components"]["schemas"]
    schemas["Invoice"]["properties"] |= {
        "note": {"type": "string", "nullable": True},
        "state": {"allOf": [ref("InvoiceStatus")], "nullable": True},
        "rate": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    }
    schemas["ErrorResponse"]["properties"]["message"] = {"type": "string", "nullable": True}
    schemas["CreateInvoiceRequest"]["properties"]["share"] = {
        "type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "exclusiveMaximum": False,
    }  # fmt: skip


VARIANTS = [
    works(
        "allOf",
        all_of(
            schemas(Base=thing(a=TEXT), Wide={"allOf": [ref("Base"), thing(b=NUMBER)], "description": "Both."}),
            field_of("wide", ref("Wide")),
            body_field("wide", ref("Wide")),
        ),
        reading('"wide":{"a":"x","b":1.0}', gives={"wide": {"a": "x", "b": Decimal("1.0")}}),
        reading('"wide":{"a":"x"}', unexpected="$.data.wide"),
        creating("wide={'a': 'x', 'b': 2}", '"wide":{"a":"x","b":2}'),
    ),
    works(
        "allOf of one that narrows",
        all_of(
            schemas(Loose={"type": "object", "properties": {"a": TEXT}}),
            field_of("strict", {"allOf": [ref("Loose"), {"required": ["a"]}]}),
        ),
        reading('"strict":{"a":"x"}', gives={"strict": {"a": "x"}}),
        reading('"strict":{}', unexpected="$.data.strict"),
    ),
    works(
        "allOf of texts",
        body_field(
            "code", {"allOf": [{"type": "string", "minLength": 2}, {"type": "string", "maxLength": 3, "minLength": 1}]}
        ),
        creating("code='ab'", '"code":"ab"'),
        creating_badly("code='a'", "at least 2"),
        creating_badly("code='abcd'", "at most 3"),
    ),
    works(
        "model that contains itself",
        all_of(schemas(Node=NODE), field_of("tree", ref("Node")), body_field("tree", ref("Node"))),
        reading(
            '"tree":{"name":"a","next":{"name":"b"},"all":[{"name":"c"}]}',
            gives={"tree": {"name": "a", "next": {"name": "b"}, "all": [{"name": "c"}]}},
        ),
        reading('"tree":{"name":"a","next":{}}', unexpected="$.data.tree.next"),
        creating("tree={'name': 'a', 'next': {'name': 'b'}}", '"tree":{"name":"a","next":{"name":"b"}}'),
        creating_badly("tree={'name': 'a', 'next': {}}", "tree.next has no 'name'"),
    ),
    works(
        "circle of models",
        all_of(
            schemas(
                Parent={**thing(name=TEXT), "properties": {"name": TEXT, "child": ref("Child")}},
                Child={**thing(name=TEXT), "properties": {"name": TEXT, "parent": ref("Parent"), "class": TEXT}},
            ),
            field_of("parent", ref("Parent")),
            body_field("child", ref("Child")),
        ),
        reading(
            '"parent":{"name":"a","child":{"name":"b","class":"x","parent":{"name":"c"}}}',
            gives={"parent": {"name": "a", "child": {"name": "b", "class_": "x", "parent": {"name": "c"}}}},
        ),
        creating("child={'name': 'b', 'parent': {'name': 'a'}}", '"child":{"name":"b","parent":{"name":"a"}}'),
        creating(
            "child=models.Child(name='b', parent=models.Parent(name='a'))", '"child":{"name":"b","parent":{"name":"a"}}'
        ),
    ),
    works(
        "circle through a union",
        all_of(
            schemas(
                Leaf=tagged("leaf", value=NUMBER),
                Branch=tagged("branch", parts={"type": "array", "items": {"oneOf": [ref("Leaf"), ref("Branch")]}}),
            ),
            field_of("plan", {"oneOf": [ref("Leaf"), ref("Branch")]}),
            body_field("plan", ref("Branch")),
        ),
        reading(
            '"plan":{"kind":"branch","parts":[{"kind":"leaf","value":0.10}]}',
            gives={"plan": {"kind": "branch", "parts": [{"kind": "leaf", "value": Decimal("0.10")}]}},
        ),
        creating(
            "plan={'kind': 'branch', 'parts': [{'kind': 'leaf', 'value': 1}]}",
            '"plan":{"kind":"branch","parts":[{"kind":"leaf","value":1}]}',
        ),
    ),
    works(
        "reference with siblings",
        all_of(
            schemas(Money=thing(amount=NUMBER)),
            field_of("price", {"$ref": "#/components/schemas/Money", "description": "What it costs."}),
            field_of("rebate", {"$ref": "#/components/schemas/Money", "type": ["object", "null"]}),
        ),
        reading('"price":{"amount":1.10}', gives={"price": {"amount": Decimal("1.10")}}),
        reading('"rebate":{"amount":1}', gives={"rebate": {"amount": Decimal(1)}}),
    ),
    works(
        "reference to a reference",
        all_of(schemas(First=ref("Second"), Second=ref("Third"), Third=thing(a=TEXT)), field_of("first", ref("First"))),
        reading('"first":{"a":"x"}', gives={"first": {"a": "x"}}),
    ),
    works(
        "references to parameters, bodies and responses",
        lambda document: (
            document["components"].update(
                parameters={"Page": {"name": "leaf", "in": "query", "schema": INTEGER}},
                requestBodies={"Add": {"required": True, "content": {"application/json": {"schema": thing(a=TEXT)}}}},
            ),
            document["components"]["responses"].update(
                Added={"description": "", "content": {"application/json": {"schema": thing(b=TEXT)}}}
            ),
            operation(
                "/added",
                "post",
                "addThing",
                parameters=[{"$ref": "#/components/parameters/Page"}],
                requestBody={"$ref": "#/components/requestBodies/Add"},
                responses={"200": {"$ref": "#/components/responses/Added"}},
            )(document),
        ),
        calling(
            "things.add(a='x', leaf=1)", "POST /added?leaf=1", body='{"a":"x"}', response='{"b":"y"}', gives={"b": "y"}
        ),
    ),
    works(
        "OpenAPI 3.0",
        three_point_oh,
        reading('"note":null,"state":null,"rate":0.5', gives={"rate": Decimal("0.5")}),
        reading('"note":"n","state":"paid"', gives={"note": "n", "state": "paid"}),
        creating("share='0.5'", '"share":0.5'),
        creating("share=1", '"share":1'),
        creating_badly("share=0", "share=0 is out of range"),
        alone=True,
    ),
    works(
        "one of two properties",
        operation(
            "/either",
            "post",
            "doEither",
            requestBody={
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"a": TEXT, "b": TEXT},
                            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
                        }
                    }
                },
            },
        ),
        calling("things.do_either(b='x')", "POST /either", body='{"b":"x"}', gives=None),
    ),
    works(
        "the same object in both directions",
        all_of(
            schemas(Label=thing(name=TEXT, **{"class": TEXT})),
            operation(
                "/labels",
                "put",
                "replaceLabel",
                "labels",
                requestBody={"required": True, "content": {"application/json": {"schema": ref("Label")}}},
                responses=responses(ref("Label")),
                **{"x-idempotent": True},
            ),
            body_field("label", ref("Label")),
        ),
        calling(
            "labels.replace(name='n', class_='c')",
            "PUT /labels",
            body='{"name":"n","class":"c"}',
            response='{"name":"n","class":"d"}',
            gives={"name": "n", "class_": "d"},
            typed="Label",
        ),
        creating("label=models.Label(name='n', class_='c')", '"label":{"name":"n","class":"c"}'),
        creating("label={'name': 'n', 'class': 'c'}", '"label":{"name":"n","class":"c"}'),
    ),
]
