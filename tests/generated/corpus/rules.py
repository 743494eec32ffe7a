"""Rules: each is held before anything is sent, and has a sentence."""

from __future__ import annotations

from typing import Any

from .variants import (
    Variant,
    all_of,
    body_field,
    creating,
    creating_badly,
    listing,
    operation_of,
    query,
    ref,
    schemas,
    thing,
    turned_down,
    works,
)

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def _rule(name: str, schema: Any, good: str, json: str, bad: str, words: str) -> Variant:
    own = name.replace(" ", "_")
    return works(
        f"rule {name}",
        body_field(own, schema),
        creating(f"{own}={good}", f'"{own}":{json}'),
        creating_badly(f"{own}={bad}", words),
    )


VARIANTS = [
    _rule("minLength", {**TEXT, "minLength": 2}, "'é€'", '"é€"', "'a'", "minLength has 1 characters; give at least 2"),
    _rule("maxLength", {**TEXT, "maxLength": 2}, "'ab'", '"ab"', "'abc'", "give at most 2"),
    _rule("pattern", {**TEXT, "pattern": "^[a-z]+$"}, "'ab'", '"ab"', "'a\\n'", "does not match"),
    _rule("pattern anywhere", {**TEXT, "pattern": "\\d"}, "'a1b'", '"a1b"', "'ab'", "does not match"),
    _rule("minimum", {**NUMBER, "minimum": 0.1}, "'0.1'", "0.1", "'0.09'", "at least 0.1"),
    _rule("maximum", {**INTEGER, "maximum": 10}, "10", "10", "11", "at most 10"),
    _rule("exclusiveMinimum", {**NUMBER, "exclusiveMinimum": 0}, "'0.01'", "0.01", "0", "above 0"),
    _rule("exclusiveMaximum", {**NUMBER, "exclusiveMaximum": 1}, "'0.99'", "0.99", "1", "below 1"),
    _rule("both bounds", {**INTEGER, "minimum": 1, "maximum": 3}, "3", "3", "4", "from 1 to 3"),
    _rule("multipleOf", {**NUMBER, "multipleOf": 0.01}, "'1.10'", "1.10", "'1.105'", "is not a multiple of 0.01"),
    _rule("enum", {"enum": ["a", "b"]}, "'a'", '"a"', "'c'", "give one of 'a', 'b'"),
    _rule("whole enum", {"enum": [1, 2]}, "1", "1", "3", "give one of 1, 2"),
    _rule("const", {"const": "a"}, "'a'", '"a"', "'b'", "is not 'a'"),
    _rule("minItems", {"type": "array", "items": TEXT, "minItems": 1}, "['a']", '["a"]', "[]", "at least 1"),
    _rule("maxItems", {"type": "array", "items": TEXT, "maxItems": 1}, "['a']", '["a"]', "['a', 'b']", "more than 1"),
    _rule(
        "uniqueItems", {"type": "array", "items": TEXT, "uniqueItems": True}, "['a']", '["a"]', "['a', 'a']", "twice"
    ),
    _rule(
        "item minimum",
        {"type": "array", "items": {**NUMBER, "minimum": 1}},
        "[1]",
        "[1]",
        "[1, 0]",
        "item_minimum[1]=0",
    ),
    _rule(
        "value maximum",
        {"type": "object", "additionalProperties": {**NUMBER, "maximum": 1}},
        "{'a': 1}",
        '{"a":1}',
        "{'a': 2}",
        "value_maximum['a']=2",
    ),
    _rule("minProperties", {"type": "object", "minProperties": 1}, "{'a': 1}", '{"a":1}', "{}", "0 entries"),
    _rule(
        "maxProperties", {"type": "object", "maxProperties": 1}, "{'a': 1}", '{"a":1}', "{'a': 1, 'b': 2}", "2 entries"
    ),
    _rule(
        "unknown name",
        {**thing(a=TEXT), "additionalProperties": False},
        "{'a': 'b'}",
        '{"a":"b"}',
        "{'a': 'b', 'c': 1}",
        "'c', which",
    ),
    _rule("missing name", thing(a=TEXT), "{'a': 'b'}", '{"a":"b"}', "{}", "has no 'a'"),
    _rule("float", NUMBER, "'0.1'", "0.1", "0.1", "is a float"),
    _rule("boolean for a number", NUMBER, "1", "1", "True", "is a bool"),
    _rule("boolean for an integer", INTEGER, "1", "1", "True", "is not a whole number"),
    _rule("text for a boolean", {"type": "boolean"}, "True", "true", "'true'", "give True or False"),
    _rule("integer for a text", TEXT, "'1'", '"1"', "1", "is an int; give it as text"),
    _rule("text for a list", {"type": "array", "items": TEXT}, "['a']", '["a"]', "'a'", "give a list"),
    _rule("large bounds", {**INTEGER, "maximum": 10**18}, str(10**18), str(10**18), str(10**18 + 1), f"most {10**18}"),
    works(
        "ten rules at once",
        lambda document: (
            operation_of(document, ("/invoices", "get"))["parameters"][3]["schema"].update(minimum=5, maximum=50),
            operation_of(document, ("/invoices", "get"))["parameters"][1]["schema"].update(
                pattern="^[A-Z]{2}$", examples=["SR"]
            ),
            document["components"]["schemas"]["CreateInvoiceRequest"]["properties"]["summary"].update(
                minLength=3, maxLength=5
            ),
            document["components"]["schemas"]["CreateInvoiceRequest"]["properties"]["items"].update(
                maxItems=2, minItems=1
            ),
            document["components"]["schemas"]["LineItem"]["properties"]["quantity"].update(minimum=2, multipleOf=2),
            document["components"]["schemas"]["LineItem"]["properties"]["unit_price"].update(maximum=9),
        ),
        listing("limit=5, currency='SR'", "?currency=SR&limit=5"),
        turned_down("invoices.list(limit=4)", "from 5 to 50"),
        turned_down("invoices.list(currency='SRD')", "such as 'SR'"),
        turned_down("invoices.create(customer='c', summary='ab', due='d')", "at least 3"),
        turned_down("invoices.create(customer='c', summary='abcdef', due='d')", "at most 5"),
        turned_down(
            "invoices.create(customer='c', summary='abc', due='d', "
            "items=[{'description': 'p', 'quantity': 3, 'unit_price': 1}])",
            "not a multiple of 2",
        ),
        turned_down(
            "invoices.create(customer='c', summary='abc', due='d', "
            "items=[{'description': 'p', 'quantity': 2, 'unit_price': 10}])",
            "from 0 to 9",
        ),
        alone=True,
    ),
    works(
        "rules of a parameter by reference",
        all_of(schemas(Page={**INTEGER, "minimum": 1}), query("sheet", ref("Page"))),
        listing("sheet=1", "?sheet=1"),
        turned_down("invoices.list(sheet=0)", "sheet=0"),
    ),
]
