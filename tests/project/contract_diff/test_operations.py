"""The comparison of operations without their schemas: servers, authorization, content, headers, webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openapi_documents as documents
import pytest

Document = dict[str, Any]
Compare = Callable[..., Any]
Edit = Callable[[Document], object]
CREATE = "POST /invoices"
CSV = {"text/csv": {"schema": {"type": "string"}}}
MIRRORED = {"added": "removed", "removed": "added", "widened": "narrowed", "narrowed": "widened"}


def create(document: Document) -> Document:
    return document["paths"]["/invoices"]["post"]


def success(document: Document) -> Document:
    return create(document)["responses"]["200"]


def request_property(document: Document, name: str) -> Document:
    return document["components"]["schemas"]["CreateInvoiceRequest"]["properties"][name]


def with_scheme(*scopes: str) -> Edit:
    """The contract with OAuth scopes on its create."""

    def edit(document: Document) -> None:
        document["components"]["securitySchemes"]["oauth"] = {"type": "oauth2", "flows": {}}
        create(document)["security"] = [{"oauth": list(scopes)}]

    return edit


def with_servers(*servers: Document | str) -> Edit:
    named = [{"url": server} if isinstance(server, str) else server for server in servers]
    return lambda document: document.update(servers=named)


def with_version(**variable: Any) -> Edit:
    return with_servers({"url": "https://api.example.com/{version}", "variables": {"version": variable}})


def with_header(**header: Any) -> Edit:
    return lambda document: success(document).update(headers={"X-Request-Id": {"schema": {"type": "string"}, **header}})


def with_webhook(event: str = "invoice.paid", **more: Any) -> Edit:
    schema = {"type": "object", "properties": {"id": {"type": "string"}, **more}}
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "onInvoicePaid", "requestBody": body, "responses": {"200": {"description": ""}}}
    return lambda document: document.update(webhooks={event: {"post": operation}})


def nothing(_: Document) -> None:
    pass


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # Operations.
        (nothing, lambda d: d["paths"]["/invoices"].pop("post"),
         [(CREATE, "", "removed", "operation", "createInvoice", "", "major", "minor")]),
        (nothing, lambda d: create(d).update(deprecated=True),
         [(CREATE, "", "added", "deprecated", "", "", "minor", "patch")]),
        (nothing, lambda d: create(d).update(operationId="makeInvoice"),
         [(CREATE, "", "changed", "operation id", "createInvoice", "makeInvoice", "major", "major")]),
        (nothing, lambda d: create(d).pop("operationId"), []),
        (nothing, lambda d: create(d).update(tags=["bills"]),
         [(CREATE, "", "changed", "tag", "invoices", "bills", "major", "major")]),
        # Authorization and scopes.
        (nothing, lambda d: create(d).update(security=[]),
         [(CREATE, "", "removed", "authorization", "bearer", "", "patch", "major")]),
        (nothing, with_scheme(),
         [(CREATE, "", "changed", "authorization", "bearer", "oauth2", "major", "major")]),
        (with_scheme("read"), with_scheme("read", "write"),
         [(CREATE, "", "narrowed", "scopes", "read", "read, write", "major", "patch")]),
        (with_scheme("read"), with_scheme("write"),
         [(CREATE, "", "changed", "scopes", "read", "write", "major", "major")]),
        # Servers.
        (with_servers("https://a.example.com/v2"), with_servers("https://a.example.com/v2/billing"),
         [("", "servers", "changed", "server", "https://a.example.com/v2", "https://a.example.com/v2/billing", "major",
           "major")]),
        (with_servers("https://a.example.com"), with_servers("https://a.example.com/v3"),
         [("", "servers", "changed", "server", "https://a.example.com", "https://a.example.com/v3", "major", "major")]),
        (with_servers("https://a.example.com"), with_servers("https://a.example.com", "https://b.example.com"),
         [("", "servers", "added", "server", "", "https://b.example.com", "minor", "major")]),
        (with_servers("https://a.example.com/v2"), with_servers("/v2"), []),
        (with_servers("https://a.example.com/v2"), with_servers("/v3"),
         [("", "servers", "changed", "server", "https://a.example.com/v2", "/v3", "major", "major")]),
        (with_servers("https://a.example.com/"), with_servers("https://A.example.com"), []),
        (nothing, lambda d: d.pop("servers"), []),
        # Server variables.
        (with_version(default="v2"), with_version(default="v3"),
         [("", "servers {version}", "changed", "default", '"v2"', '"v3"', "major", "major")]),
        (with_version(default="v2", enum=["v2"]), with_version(default="v2", enum=["v2", "v3"]),
         [("", "servers {version}", "widened", "values", "v2", "v2, v3", "minor", "major")]),
        (with_version(default="v2", enum=["v2"]), with_version(default="v2"),
         [("", "servers {version}", "widened", "values", "v2", "any string", "minor", "major")]),
        (with_version(default="v2"), with_servers("https://api.example.com/v2"), []),
        (with_version(default="v2"), with_servers("https://api.example.com/v3"),
         [("", "servers", "changed", "server", "https://api.example.com/v2", "https://api.example.com/v3", "major",
           "major")]),
        # Content.
        (nothing, lambda d: create(d)["requestBody"].update(required=False),
         [(CREATE, "$", "widened", "required", "required", "optional", "minor", "major")]),
        (nothing, lambda d: create(d).pop("requestBody"),
         [(CREATE, "$", "removed", "required body", "JSON", "", "major", "major")]),
        (nothing, lambda d: create(d)["requestBody"]["content"].update(CSV),
         [(CREATE, "text/csv $", "added", "content", "", "text/csv", "patch", "patch")]),
        (nothing, lambda d: create(d)["requestBody"].update(content=CSV),
         [(CREATE, "$", "removed", "content", "JSON", "", "major", "minor"),
          (CREATE, "text/csv $", "added", "content", "", "text/csv", "patch", "patch")]),
        (nothing, lambda d: success(d)["content"].update(CSV),
         [(CREATE, "200 text/csv $", "added", "content", "", "text/csv", "patch", "patch")]),
        (lambda d: success(d)["content"].update(CSV),
         lambda d: success(d)["content"].update({"text/csv": {"schema": {"type": "object"}}}),
         [(CREATE, "200 text/csv $", "changed", "type", "string", "object", "major", "major")]),
        (nothing, lambda d: success(d).pop("content"),
         [(CREATE, "200 $", "removed", "content", "JSON", "", "major", "minor")]),
        (lambda d: success(d).update(content=CSV), lambda d: success(d).pop("content"),
         [(CREATE, "200 text/csv $", "removed", "content", "text/csv", "", "major", "minor")]),
        (nothing, lambda d: create(d)["responses"].pop("5XX"),
         [(CREATE, "5XX $", "removed", "content", "JSON", "", "patch", "patch")]),
        (nothing, lambda d: create(d)["responses"].update({"201": create(d)["responses"].pop("200")}),
         [(CREATE, "2XX", "changed", "status", "200", "201", "patch", "patch")]),
        # Headers of responses.
        (nothing, with_header(),
         [(CREATE, "200 header x-request-id", "added", "header", "", "string", "minor", "major")]),
        (with_header(), with_header(schema={"type": "integer"}),
         [(CREATE, "200 header x-request-id", "changed", "type", "string", "integer", "major", "major")]),
        (with_header(), with_header(required=True),
         [(CREATE, "200 header x-request-id", "narrowed", "required", "optional", "required", "minor", "major")]),
        (with_header(), with_header(deprecated=True),
         [(CREATE, "200 header x-request-id", "added", "deprecated", "", "", "minor", "patch")]),
        # Rules of only one document.
        (nothing, lambda d: request_property(d, "summary").update(readOnly=True),
         [(CREATE, "$.summary", "removed", "required property", "string", "", "major", "major")]),
        (nothing, lambda d: request_property(d, "summary").update(writeOnly=True),
         [(CREATE, "$.summary", "added", "writeOnly", "", "", "patch", "patch")]),
        (nothing, lambda d: d["components"]["schemas"]["CreatedInvoice"]["properties"]["id"].update(readOnly=True),
         [(CREATE, "200 $.data.id", "added", "readOnly", "", "", "patch", "patch")]),
        (nothing, lambda d: d["components"]["schemas"]["CreatedInvoice"]["properties"]["id"].update(writeOnly=True),
         [(CREATE, "200 $.data.id", "removed", "required property", "string", "", "major", "minor")]),
        # Webhooks: their payloads are read, like responses.
        (nothing, with_webhook(),
         [("POST webhook invoice.paid", "", "added", "webhook", "", "onInvoicePaid", "minor", "major")]),
        (with_webhook(), with_webhook(status={"type": "string"}),
         [("POST webhook invoice.paid", "$.status", "added", "property", "", "string", "minor", "major")]),
        (with_webhook(), with_webhook(id={"type": ["null", "string"]}),
         [("POST webhook invoice.paid", "$.id", "widened", "null", "string", "string or null", "major", "minor")]),
    ],
)  # fmt: skip
def test_a_change_of_an_operation_is_reported_in_both_directions(
    before: Edit, after: Edit, expected: list[tuple[str, ...]], compare: Compare
) -> None:
    """The last two columns are the versions that the change and its reverse require."""
    old, new = documents.contract(), documents.contract()
    before(old)
    after(new)
    there = [(c.operation, c.place, c.kind, c.what, c.before, c.after, c.release) for c in compare(old, new).changes]
    back = [(c.operation, c.place, MIRRORED.get(c.kind, c.kind), c.what, c.after, c.before, c.release)
            for c in compare(new, old).changes]  # fmt: skip
    assert there == [row[:-1] for row in expected]
    assert back == [(*row[:-2], row[-1]) for row in expected]


def test_a_version_in_the_paths_is_compared_like_one_in_the_server(compare: Compare) -> None:
    old, new = documents.contract(), documents.contract()
    for document, version in ((old, "v2"), (new, "v3")):
        document["servers"] = [{"url": "https://api.example.com"}]
        document["paths"] = {f"/{version}{path}": item for path, item in document["paths"].items()}
    (change,) = compare(old, new).changes
    assert (change.before, change.after) == ("https://api.example.com/v2", "https://api.example.com/v3")
    assert compare(documents.contract(), documents.contract()).changes == ()


def test_scopes_of_alternatives_are_compared_separately(compare: Compare) -> None:
    old, new = documents.contract(), documents.contract()
    with_scheme("read", "write")(old)
    with_scheme()(new)
    create(new)["security"] = [{"oauth": ["read"]}, {"oauth": ["write"]}]
    (change,) = compare(old, new).changes
    assert (change.what, change.before, change.after) == ("scopes", "read, write", "read or write")


def test_a_change_of_a_webhook_is_reported_for_its_payload(compare: Compare) -> None:
    old, new = documents.contract(), documents.contract()
    with_webhook()(old)
    with_webhook(status={"type": "string"})(new)
    (change,) = compare(old, new).changes
    assert str(change) == "POST webhook invoice.paid payload $.status, added property: string"


def test_elements_that_a_subset_does_not_use_require_no_version(compare: Compare) -> None:
    whole = documents.contract()
    with_webhook()(whole)
    whole["paths"]["/plans"] = {"get": {"operationId": "listPlans", "responses": {"204": {"description": ""}}}}
    report = compare(documents.contract(), whole, subset=True)
    assert [str(change) for change in report.changes] == [
        "GET /plans, new, not used here operation: listPlans",
        "POST webhook invoice.paid, new, not used here webhook: onInvoicePaid",
    ]
    assert report.release == "none"
    assert compare(documents.contract(), whole).release == "minor"
    assert compare(whole, documents.contract(), subset=True).release == "major"
