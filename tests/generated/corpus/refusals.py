"""What cannot be generated, refused with the place in the contract and the reason."""

from __future__ import annotations

from typing import Any

from .variants import (
    LIST,
    Node,
    Variant,
    all_of,
    field_of,
    header,
    operation,
    operation_of,
    parameter,
    query,
    ref,
    refused,
    schemas,
    thing,
)

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
FIELD = "#/components/schemas/Invoice/properties/odd"
QUERY = "#/paths/~1invoices/get/parameters/4"
BODY = "#/paths/~1invoices/post/requestBody"


def _field(name: str, schema: Any, place: str, words: str) -> Variant:
    return refused(f"field {name}", field_of("odd", schema), f"{FIELD}{place}", words)


def _bodies(content: Any) -> Any:
    return lambda document: operation_of(document, ("/invoices", "post"))["requestBody"].update(content=content)


def _path(path: str, *names: str) -> Any:
    parameters = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]
    return operation(path, "get", "getOdd", parameters=parameters)


def _remove(name: str) -> Any:
    return lambda document: document["components"]["schemas"].pop(name)


def _renamed_due(document: Node) -> None:
    schema = document["components"]["schemas"]["CreateInvoiceRequest"]
    schema["properties"]["due_at"] = schema["properties"].pop("due")
    schema["required"] = ["customer", "summary", "due_at"]


VARIANTS = [
    _field("binary", {"type": "string", "format": "binary"}, "", "binary"),
    _field("of mixed values", {"enum": ["a", 1]}, "/enum", "neither all strings nor all integers"),
    _field("constant that is a fraction", {"const": 1.5}, "/const", "1.5"),
    _field("constant object", {"const": {"a": 1}}, "/const", "constant"),
    _field("tuple", {"type": "array", "prefixItems": [TEXT]}, "", "prefixItems"),
    _field("not", {"not": TEXT}, "", "not"),
    _field("conditional", {"type": "object", "if": {}, "then": {}}, "", "'if'"),
    _field("pattern properties", {"type": "object", "patternProperties": {"a": TEXT}}, "", "patternProperties"),
    _field(
        "typed names beside named ones",
        {**thing(a=TEXT), "additionalProperties": INTEGER},
        "/additionalProperties",
        "beside",
    ),
    _field(
        "rule for the names beside named ones",
        {**thing(a=TEXT), "propertyNames": {"maxLength": 1}},
        "",
        "propertyNames",
    ),
    _field(
        "rule for names that are numbers",
        {"type": "object", "propertyNames": INTEGER},
        "/propertyNames",
        "a property name must be a string",
    ),
    refused("path with a query", operation("/odd?beta=true", "get", "getOdd"), "#/paths/~1odd?beta=true/get", "query"),
    _field("odd type", {"type": "file"}, "", "'file'"),
    _field("union of objects that look alike", {"oneOf": [thing(a=TEXT), thing(b=TEXT)]}, "", "told apart"),
    _field("union of texts that look alike", {"oneOf": [TEXT, {"type": "string", "format": "date"}]}, "", "told apart"),
    _field(
        "union of lists",
        {"oneOf": [{"type": "array", "items": TEXT}, {"type": "array", "items": INTEGER}]},
        "",
        "told apart",
    ),
    _field("union of an object and a map", {"oneOf": [thing(a=TEXT), {"type": "object"}]}, "", "told apart"),
    _field("pattern of another dialect", {**TEXT, "pattern": "\\p{L}+"}, "/pattern", "pattern"),
    _field("allOf that contradicts itself", {"allOf": [TEXT, INTEGER]}, "/allOf/1", "'type'"),
    _field("required that is not there", {**thing(a=TEXT), "required": ["b"]}, "/required", "'b'"),
    _field("that is no schema", 7, "", "7"),
    refused("dangling reference", all_of(field_of("odd", ref("Gone"))), FIELD, "Gone"),
    refused(
        "reference to another file", field_of("odd", {"$ref": "other.yaml#/A"}), FIELD, "points outside the document"
    ),
    refused(
        "reference to itself",
        all_of(schemas(Loop=ref("Loop")), field_of("odd", ref("Loop"))),
        "#/components/schemas/Loop",
        "itself",
    ),
    refused(
        "list that contains itself",
        all_of(schemas(Deep={"type": "array", "items": ref("Deep")}), field_of("odd", ref("Deep"))),
        "#/components/schemas/Deep",
        "contains itself",
    ),
    refused("cookie", parameter(LIST, "session", "cookie", TEXT), QUERY, "cookie"),
    refused("matrix style", parameter(LIST, "odd", "query", TEXT, style="matrix"), QUERY, "matrix"),
    refused("object in the query", query("odd", thing(a=TEXT)), QUERY, "'odd'"),
    refused(
        "list of lists in the query",
        query("odd", {"type": "array", "items": {"type": "array", "items": TEXT}}),
        QUERY,
        "'odd'",
    ),
    refused("anything in the query", query("odd", {}), QUERY, "'odd'"),
    refused(
        "deep object with a list in it",
        query("odd", thing(a={"type": "array", "items": TEXT}), style="deepObject"),
        QUERY,
        "'odd'",
    ),
    refused(
        "parameter in another content type",
        lambda document: operation_of(document, LIST)["parameters"].append(
            {"name": "odd", "in": "query", "content": {"application/json": {"schema": TEXT}}}
        ),
        QUERY,
        "`content` is not supported",
    ),
    refused(
        "header that the client sends itself",
        header("Content-Length", INTEGER),
        "#/paths/~1invoices/post/parameters/0",
        "Content-Length",
    ),
    refused("header whose name is none", header("X Odd", TEXT), "#/paths/~1invoices/post/parameters/0", "X Odd"),
    refused(
        "body that is a form",
        _bodies({"application/x-www-form-urlencoded": {"schema": thing(a=TEXT)}}),
        f"{BODY}/content",
        "application/x-www-form-urlencoded",
    ),
    refused(
        "body that is a file",
        _bodies({"multipart/form-data": {"schema": thing(a=TEXT)}}),
        f"{BODY}/content",
        "multipart/form-data",
    ),
    refused(
        "response that is no JSON",
        lambda document: operation_of(document, LIST)["responses"]["200"].update(
            content={"text/csv": {"schema": TEXT}}
        ),
        "#/paths/~1invoices/get/responses/200/content",
        "text/csv",
    ),
    refused(
        "path with a parameter that is not declared", _path("/odd/{a}/{b}", "a"), "#/paths/~1odd~1{a}~1{b}/get", "'b'"
    ),
    refused(
        "parameter that is not in the path", _path("/odd/{a}", "a", "b"), "#/paths/~1odd~1{a}/get/parameters/1", "'b'"
    ),
    refused(
        "two operations of one id",
        operation("/odd", "get", "listInvoices", "invoices"),
        "#/paths/~1odd/get",
        "listInvoices",
    ),
    refused(
        "two operations of one module",
        operation("/odd", "get", "list_invoices", "odd"),
        "#/paths/~1odd/get",
        "list_invoices",
    ),
    refused(
        "two operations of one method",
        operation("/odd", "get", "invoicesList", "invoices"),
        "#/paths/~1odd/get",
        "'list'",
    ),
    refused(
        "method that every resource has",
        operation("/odd", "get", "withResponse", "odd"),
        "#/paths/~1odd/get",
        "with_response",
    ),
    *(
        refused(
            f"operation named as the helper {name}",
            operation("/odd", "post", identity, "invoices"),
            "#/paths/~1odd/post",
            f"'{name}'",
        )
        for name, identity in (
            ("wait", "waitInvoice"),
            ("reconcile", "reconcileInvoice"),
            ("reconcile_journal", "reconcileJournalInvoice"),
        )
    ),
    *(
        refused(
            f"tag named as {tag} of a client",
            operation("/odd", "post", "doIt", tag),
            "#/paths/~1odd/post/tags/0",
            f"'{tag}'",
        )
        for tag in ("close", "aclose")
    ),
    refused("no servers", lambda document: document.pop("servers"), "#/servers", "no server"),
    refused(
        "server without a host", lambda document: document.update(servers=[{"url": "/v1"}]), "#/servers/0", "'/v1'"
    ),
    refused(
        "server with a variable and no value",
        lambda document: document.update(servers=[{"url": "https://{a}.example"}]),
        "#/servers/0",
        "default",
    ),
    refused(
        "servers of one name",
        lambda document: document["servers"][1].update({"x-name": "live"}),
        "#/servers/1",
        "live",
    ),
    refused(
        "argument of the configuration that is gone",
        _renamed_due,
        "#/paths/~1invoices/post",
        "'due'",
    ),
]
