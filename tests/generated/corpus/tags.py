"""Names of operations and tags, as methods and as what a client has."""

from __future__ import annotations

from typing import Any

from .variants import (
    Node,
    Variant,
    all_of,
    calling,
    listing,
    operation,
    operation_of,
    ref,
    responses,
    schemas,
    thing,
    works,
)

TEXT = {"type": "string"}


def _renamed_tag(document: Node) -> None:
    document["tags"] = [{"name": "billing", "description": "Bills."}]
    for path in document["paths"].values():
        for one in path.values():
            one["tags"] = ["billing"]


def _short_names(document: Node) -> None:
    _renamed_tag(document)
    for where, name in (
        (("/invoices", "get"), "list"),
        (("/invoices", "post"), "create"),
        (("/invoices/{invoice_id}", "get"), "get"),
    ):
        operation_of(document, where)["x-python-name"] = name


def _of(path: str, identity: str, call: str, tag: str = "things", **more: Any) -> Variant:
    """An operation without arguments, and how it is called."""
    return works(
        f"operation {identity} of {tag}",
        operation(path, "post", identity, tag, **more),
        calling(call, f"POST {path}", gives=None),
    )


VARIANTS = [
    _of("/a/send", "sendThing", "things.send()"),
    _of("/a/item", "addThingItem", "things.add_item()"),
    _of("/a/snake", "re_open_thing", "things.re_open()"),
    _of("/a/dots", "things.close.all", "things.close_all()"),
    _of("/a/noun", "things", "things.things()"),
    _of("/a/import", "importThings", "things.import_()"),
    _of("/a/list", "listThings", "things.list()"),
    _of("/a/datetime", "datetime", "things.datetime_()"),
    _of("/a/own", "thingsV2Do", "things.go()", **{"x-python-name": "go"}),
    _of("/a/plural", "closeCategory", "categories.close()", "categories"),
    _of("/a/words", "closeLineEntry", "line_entries.close()", "Line Entries"),
    _of("/a/case", "closeAPIKey", "api_keys.close()", "API keys"),
    _of("/a/class", "doClass", "class_.do()", "class"),
    _of("/a/slash", "doOne", "ab.do_one()", "a/b"),
    works(
        "operation without an id and a tag",
        lambda document: document["paths"].update(
            {
                "/bare/{key}": {
                    "post": {
                        "parameters": [{"name": "key", "in": "path", "required": True, "schema": TEXT}],
                        "responses": {"204": {"description": ""}},
                    }
                }
            }
        ),
        calling("default.post_bare_key('a')", "POST /bare/a", status=204, gives=None),
    ),
    works(
        "two tags that become one attribute",
        all_of(
            operation("/b/1", "post", "doFirst", "line-entries"), operation("/b/2", "post", "doSecond", "line entries")
        ),
        calling("line_entries.do_first()", "POST /b/1", gives=None),
        calling("line_entries.do_second()", "POST /b/2", gives=None),
    ),
    works(
        "tag named as a model",
        all_of(
            schemas(Folder=thing(a=TEXT)),
            operation("/folders", "get", "getFolder", "Folder", responses=responses(ref("Folder"))),
        ),
        calling("folder.get()", "GET /folders", response='{"a":"x"}', gives={"a": "x"}, typed="Folder"),
    ),
    works(
        "tag named as a module",
        operation("/t", "post", "doTypes", "types"),
        calling("types.do()", "POST /t", gives=None),
    ),
    works(
        "tag renamed",
        _renamed_tag,
        calling("billing.list_invoices()", "GET /invoices", response='{"success":true,"data":{"invoices":[]}}'),
        calling(
            "billing.create_invoice(customer='c', summary='s', due='d')",
            "POST /invoices",
            body='{"customer":"c","summary":"s","due":"d"}',
            response='{"success":true,"data":{"id":"inv_1","status":"draft"}}',
            gives={"id": "inv_1", "status": "draft"},
        ),
        alone=True,
    ),
    works(
        "tag renamed, with names of its own",
        _short_names,
        calling(
            "billing.create(customer='c', summary='s', due='d')",
            "POST /invoices",
            body='{"customer":"c","summary":"s","due":"d"}',
            response='{"success":true,"data":{"id":"inv_1","status":"draft"}}',
        ),
        alone=True,
    ),
    works(
        "servers without names",
        lambda document: document.update(servers=[{"url": "https://a.example/v1"}, {"url": "https://b.example/v1"}]),
        listing("", ""),
        alone=True,
    ),
]
