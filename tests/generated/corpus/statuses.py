"""Responses by their status and content type."""

from __future__ import annotations

from typing import Any

from .variants import Call, Variant, calling, json_of, listing, operation, operation_of, responses, thing, works

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
NO_BODY = {"description": ""}


def _statuses(name: str, responses: Any, *calls: Call) -> Variant:
    word = name.title().replace(" ", "").replace("-", "")
    return works(
        f"status {name}", operation(f"/by/{word.lower()}", "post", f"do{word}", "work", responses=responses), *calls
    )


VARIANTS = [
    _statuses("204", {"204": NO_BODY}, calling("work.do204()", "POST /by/204", status=204, gives=None, typed="")),
    _statuses(
        "200 without a body",
        {"200": NO_BODY},
        calling("work.do_200_without_a_body()", "POST /by/200withoutabody", gives=None),
    ),
    _statuses(
        "two models",
        {"200": json_of(thing(a=TEXT)), "202": json_of(thing(b=INTEGER))},
        calling("work.do_two_models()", "POST /by/twomodels", response='{"a":"x"}', gives={"a": "x"}),
        calling("work.do_two_models()", "POST /by/twomodels", status=202, response='{"b":1}', gives={"b": 1}),
    ),
    _statuses(
        "200 or 204",
        {"200": json_of(thing(a=TEXT)), "204": NO_BODY},
        calling("work.do_200_or_204()", "POST /by/200or204", response='{"a":"x"}', gives={"a": "x"}),
        calling("work.do_200_or_204()", "POST /by/200or204", status=204, gives=None),
    ),
    _statuses(
        "range",
        {"2XX": json_of(thing(a=TEXT))},
        calling("work.do_range()", "POST /by/range", status=206, response='{"a":"x"}', gives={"a": "x"}),
    ),
    _statuses(
        "default",
        {"default": json_of(thing(a=TEXT))},
        calling("work.do_default()", "POST /by/default", response='{"a":"x"}', gives={"a": "x"}),
    ),
    works(
        "csv listed before json",
        lambda document: operation_of(document, ("/invoices", "get"))["responses"]["200"].update(
            content={
                "text/csv": {"schema": TEXT},
                **operation_of(document, ("/invoices", "get"))["responses"]["200"]["content"],
            }
        ),
        listing("", "", gives={"invoices": []}),
    ),
    works(
        "error in another content type",
        operation(
            "/plain",
            "get",
            "getPlain",
            responses={**responses(TEXT), "400": {"description": "", "content": {"text/html": {}}}},
        ),
        calling("things.get_plain()", "GET /plain", response='"a"', gives="a"),
    ),
    works(
        "head",
        operation("/things/head", "head", "checkThing", responses=responses(thing(a=TEXT))),
        calling("things.check()", "HEAD /things/head", gives=None),
    ),
]
