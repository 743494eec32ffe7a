"""Names that Python cannot have, names that clash, and texts that must not become code."""

from __future__ import annotations

from decimal import Decimal

from .variants import (
    Node,
    Variant,
    all_of,
    body_field,
    creating,
    field_of,
    header,
    listing,
    operation,
    operation_of,
    query,
    reading,
    ref,
    refused,
    schemas,
    thing,
    works,
)

TEXT = {"type": "string"}
# Of a property in JSON, and of the same in Python.
PROPERTIES = {
    "class": "class_",
    "from": "from_",
    "self": "self_",
    "list": "list",
    "type": "type",
    "net-total": "net_total",
    "2fa": "field_2fa",
    "_id": "id_2",
    "@context": "context",
    "$ref_": "ref",
    "a b.c": "a_b_c",
    "Decimal": "Decimal_",
    "None": "None_",
    "camelCase": "camelCase",
    "datetime": "datetime_",
    "...": "field_",
    "größe": "größe",
    "int": "int",
    "str": "str",
    "match": "match",
    "timeout": "timeout",
    "x_1": "x_1",
    "__dict__": "dict",
    "dict": "dict",
    "property": "property_",
    "field": "field_",
    "to_dict": "to_dict_",
}
MODEL_NAMES = (
    "BaseModel",
    "Operation", "Parameter", "Response", "Request", "Field", "Text", "Rule", "Decimal", "Any", "List", "Optional",
    "Literal", "Struct", "Final", "datetime", "int", "str", "Paisr", "Invoices", "NotFoundError", "RateLimit", "class",
    "2nd", "Line-Entry", "line_entry", "LINE_ENTRY", "rules", "types", "None", "Self", "UUID", "ClassVar", "Exception",
    "LineItemDict",
)  # fmt: skip
HOSTILE = (
    'ends with a quote"',
    'three """ quotes, and code: """ + print(1) + """',
    "ends with a backslash \\",
    "\\N{DIGIT ONE} \\x41 \\u",
    "{% raw %}{{ 7 * 7 }}{% endraw %} {# #}",
    "`back` 'ticks' %s {name}",
    "one line\nand another\r\nand\ta third\x0b\x0c\x85\u2028end",
    "\x00\x1b[0m",
    '"""',
    '"',
    "word" * 60 + '\\"' * 60,
)


def _property(name: str, own: str) -> Variant:
    json = f'{{"{name}":"x"}}'
    holder = f"Holder{sum(map(ord, name))}"
    schema = {**thing(**{name: TEXT}), "properties": {name: TEXT, "id": TEXT}}
    place = f"in_{holder.lower()}"
    return works(
        f"property {name}",
        all_of(schemas(**{holder: schema}), field_of(place, ref(holder)), body_field(place, ref(holder))),
        reading(f'"{place}":{json}', gives={place: {own: "x"}}),
        creating(f"{place}={{{name!r}: 'x'}}", f'"{place}":{json}'),
        creating(f"{place}=models.{holder}({own}='x')", f'"{place}":{json}'),
    )


def _hostile(text: str, number: int) -> Variant:
    """The text wherever a contract has texts for people."""

    def change(document: Node) -> None:
        document["info"] |= {"title": text, "description": text, "version": text}
        document["tags"] = [{"name": "invoices", "description": text}, {"name": "texts", "description": text}]
        for path in document["paths"].values():
            for one in path.values():
                one |= {"summary": text, "description": text}
        for schema in document["components"]["schemas"].values():
            schema["description"] = text
            for one in schema.get("properties", {}).values():
                if "$ref" not in one:
                    one["description"] = text
        parameters = operation_of(document, ("/invoices", "get"))["parameters"]
        parameters[0]["schema"] |= {"description": text, "default": text}
        field_of("the_text", {"const": text})(document)
        query("own_text", {"type": "string", "enum": [text, "b"], "title": text})(document)

    return works(
        f"hostile text {number}", change, listing("own_text='b'", "?own_text=b"), reading("", gives={}), alone=True
    )


def _models() -> Variant:
    """Schemas named as something that generated modules use, each a field of an invoice and a part of a request."""
    named = {name: thing(n={"type": "number"}) for name in MODEL_NAMES}
    changes = [schemas(**named)]
    for number, name in enumerate(MODEL_NAMES):
        changes += [field_of(f"f{number}", ref(name)), body_field(f"f{number}", ref(name))]
    json = ",".join(f'"f{number}":{{"n":1.0}}' for number in range(len(MODEL_NAMES)))
    values = ", ".join(f"f{number}={{'n': Decimal('1.0')}}" for number in range(len(MODEL_NAMES)))
    gives = {f"f{number}": {"n": Decimal("1.0")} for number in range(len(MODEL_NAMES))}
    return works(
        "schemas named as what is there already",
        all_of(*changes),
        reading(json, gives=gives),
        creating(values, json),
        alone=True,
    )


VARIANTS = [
    *(_property(name, own) for name, own in PROPERTIES.items()),
    *(_hostile(text, number) for number, text in enumerate(HOSTILE)),
    _models(),
    works("parameter from", query("from", TEXT), listing("from_='x'", "?from=x")),
    works("parameter with a dash", query("due-before", TEXT), listing("due_before='x'", "?due-before=x")),
    works(
        "parameter self and timeout",
        all_of(query("self", TEXT), query("timeout", TEXT)),
        listing("self_='x', timeout_='y'", "?self=x&timeout=y"),
    ),
    works("parameter with capitals", query("createdAt", TEXT), listing("createdAt='x'", "?createdAt=x")),
    works(
        "parameter named as an operation",
        query("list_invoices", TEXT),
        listing("list_invoices='x'", "?list_invoices=x"),
    ),
    works(
        "body field named as its operation",
        body_field("create_invoice", TEXT),
        creating("create_invoice='x'", '"create_invoice":"x"'),
    ),
    works(
        "parameter by a name of its own",
        query("q", TEXT, **{"x-python-name": "text_in_it"}),
        listing("text_in_it='x'", "?q=x"),
    ),
    works(
        "field by a name of its own",
        field_of("nt", {**TEXT, "x-python-name": "net_total"}),
        reading('"nt":"x"', gives={"net_total": "x"}),
    ),
    works(
        "one name in three places",
        all_of(
            header("Reference", TEXT),
            body_field("reference", TEXT),
            lambda document: operation_of(document, ("/invoices", "post"))["parameters"].append(
                {"name": "reference", "in": "query", "schema": TEXT}
            ),
        ),
        creating(
            "reference='h', reference_query='q', reference_body='b'",
            '"reference":"b"',
            "?reference=q",
            headers={"Reference": "h"},
        ),
        alone=True,
    ),
    works(
        "two names that become one",
        all_of(query("a-b", TEXT), query("a.b", TEXT)),
        listing("a_b='1', a_b_query='2'", "?a-b=1&a.b=2"),
    ),
    works(
        "fields that become one name",
        field_of("pair", thing(**{"a-b": TEXT, "a_b": TEXT, "A-B": TEXT})),
        reading('"pair":{"a-b":"1","a_b":"2","A-B":"3"}', gives={"pair": {"a_b_2": "1", "a_b": "2", "a_b_3": "3"}}),
    ),
    refused(
        "name of its own that is none",
        query("q", {**TEXT}, **{"x-python-name": "not a name"}),
        "#/paths/~1invoices/get/parameters/4",
        "not a name",
    ),
    refused(
        "operation by a name that is none",
        operation("/n", "post", "doIt", **{"x-python-name": "a-b"}),
        "#/paths/~1n/post",
        "a-b",
    ),
]
