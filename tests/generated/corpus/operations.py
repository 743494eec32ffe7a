"""Operations: methods, those that may be repeated, and what is beside the call."""

from __future__ import annotations

from .variants import Variant, all_of, calling, listing, operation, operation_of, ref, responses, schemas, thing, works

TEXT = {"type": "string"}


def _method(method: str, identity: str, call: str) -> Variant:
    path = f"/m/{method}/{{thing_id}}"
    place = [{"name": "thing_id", "in": "path", "required": True, "schema": TEXT}]
    change = operation(path, method, identity, parameters=place, responses={"204": {"description": ""}})
    return works(
        f"method {method}",
        change,
        calling(f"things.{call}('a')", f"{method.upper()} /m/{method}/a", status=204, gives=None),
    )


VARIANTS = [
    _method("get", "readThing", "read"),
    _method("put", "replaceThing", "replace"),
    _method("post", "makeThing", "make"),
    _method("delete", "deleteThing", "delete"),
    _method("patch", "changeThing", "change"),
    _method("options", "askThing", "ask"),
    works(
        "repeated where the contract allows it",
        all_of(
            operation("/r/set", "put", "setThing", **{"x-idempotent": True}),
            operation("/r/add", "put", "putThing"),
            operation("/r/get", "get", "viewThing"),
        ),
        calling("things.set()", "PUT /r/set", first=503, gives=None),
        calling("things.view()", "GET /r/get", first=503, gives=None),
        calling("things.put()", "PUT /r/add", first=503, fails="OutcomeUnknownError"),
        calling("things.put()", "PUT /r/add", first=404, fails="NotFoundError"),
    ),
    works(
        "path parameters in the path's order and others after them",
        operation(
            "/shops/{shop}/shelves/{shelf}",
            "post",
            "fillRack",
            "racks",
            parameters=[
                {"name": "dry", "in": "query", "schema": {"type": "boolean"}},
                {"name": "shop", "in": "path", "required": True, "schema": TEXT},
                {"name": "shelf", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "by", "in": "query", "required": True, "schema": TEXT},
            ],
            requestBody={"required": True, "content": {"application/json": {"schema": thing(n={"type": "number"})}}},
        ),
        calling(
            "racks.fill('a', 2, by='b', n=1, dry=True)",
            "POST /shops/a/shelves/2?dry=true&by=b",
            body='{"n":1}',
            gives=None,
        ),
        calling(
            "racks.fill(shop='a', shelf=2, by='b', n=1)", "POST /shops/a/shelves/2?by=b", body='{"n":1}', gives=None
        ),
    ),
    works(
        "resource of its own",
        all_of(
            schemas(Customer=thing(id=TEXT, name=TEXT)),
            operation(
                "/customers",
                "get",
                "listCustomers",
                "customers",
                responses=responses({"type": "array", "items": ref("Customer")}),
            ),
            operation(
                "/customers/{customer_id}",
                "get",
                "getCustomer",
                "customers",
                parameters=[{"name": "customer_id", "in": "path", "required": True, "schema": TEXT}],
                responses=responses(thing(success={"const": True}, data=ref("Customer"))),
            ),
        ),
        calling(
            "customers.list()",
            "GET /customers",
            response='[{"id":"a","name":"b"}]',
            gives=[{"id": "a", "name": "b"}],
            typed="list[Customer]",
        ),
        calling(
            "customers.get('a')",
            "GET /customers/a",
            response='{"success":true,"data":{"id":"a","name":"b"}}',
            gives={"id": "a", "name": "b"},
            typed="Customer",
        ),
    ),
    works(
        "callbacks, links, webhooks and what else no client calls",
        lambda document: (
            document.update(webhooks={"paid": {"post": {"responses": {"200": {"description": ""}}}}}),
            operation_of(document, ("/invoices", "get")).update(
                callbacks={"done": {"{$url}": {"post": {"responses": {"200": {"description": ""}}}}}},
                servers=[{"url": "https://other.example"}],
                deprecated=True,
                **{"x-whatever": {"a": 1}},
            ),
        ),
        listing("", ""),
    ),
    works(
        "deprecated parameter",
        lambda document: operation_of(document, ("/invoices", "get"))["parameters"][0].update(deprecated=True),
        listing("resource_id='r'", "?resource_id=r"),
    ),
]
