"""Parameters of each kind in each place: in the query, in a header, in the path, and as a property of the body."""

from __future__ import annotations

from typing import Any, NamedTuple

from .variants import (
    Call,
    Variant,
    body_field,
    calling,
    creating,
    header,
    listing,
    operation,
    query,
    responses,
    thing,
    turned_down,
    works,
)


class Kind(NamedTuple):
    """A schema; a value of it in Python; how URLs (percent-encoded), headers and JSON have that value."""

    schema: dict[str, Any]
    value: str
    url: str
    header: str
    json: str


MOMENT = "datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-3)))"
ID = "7f7c8b6a-1f1e-4a38-9b0f-0a6c5b1d2e3f"
KINDS = {
    "text": Kind(
        {"type": "string"},
        "'a b&c=/?#+%é'",
        "a%20b%26c%3D%2F%3F%23%2B%25%C3%A9",
        "a b&c=/?#+%é",
        '"a b&c=/?#+%é"',
    ),
    "integer": Kind({"type": "integer"}, "7", "7", "7", "7"),
    "number": Kind({"type": "number"}, "Decimal('1.10')", "1.10", "1.10", "1.10"),
    "number_as_text": Kind({"type": "number"}, "'1E+3'", "1000", "1000", "1E+3"),
    "boolean": Kind({"type": "boolean"}, "False", "false", "false", "false"),
    "date_time": Kind(
        {"type": "string", "format": "date-time"},
        MOMENT,
        "2026-01-02T03%3A04%3A05-03%3A00",
        "2026-01-02T03:04:05-03:00",
        '"2026-01-02T03:04:05-03:00"',
    ),
    "date": Kind({"type": "string", "format": "date"}, "date(2026, 1, 2)", "2026-01-02", "2026-01-02", '"2026-01-02"'),
    "uuid": Kind({"type": "string", "format": "uuid"}, f"UUID('{ID}')", ID, ID, f'"{ID}"'),
    "choice": Kind({"type": "string", "enum": ["new", "a b"]}, "'a b'", "a%20b", "a b", '"a b"'),
    "whole_choice": Kind({"type": "integer", "enum": [1, -2]}, "-2", "-2", "-2", "-2"),
    "constant": Kind({"const": "on"}, "'on'", "on", "on", '"on"'),
    "text_or_integer": Kind({"type": ["string", "integer"]}, "7", "7", "7", "7"),
}
DONE = responses(thing(success={"const": True}))
OK = '{"success":true}'


def _in_query(name: str, kind: Kind) -> Variant:
    given = f"by_{name}"
    return works(
        f"query {name}",
        query(given, kind.schema),
        listing(f"{given}={kind.value}", f"?{given}={kind.url}", typed="InvoiceList"),
        listing("", ""),
    )


def _in_header(name: str, kind: Kind) -> Variant:
    written = f"X-By-{name.replace('_', '-').title()}"
    given = f"x_by_{name}"
    return works(
        f"header {name}",
        header(written, kind.schema),
        creating(f"{given}={kind.value}", "", headers={written: kind.header}, typed="CreatedInvoice"),
        creating("", "", headers={written: ""}),
    )


def _in_path(name: str, kind: Kind) -> Variant:
    parameters = [{"name": "key", "in": "path", "required": True, "schema": kind.schema}]
    change = operation(f"/by-{name}/{{key}}/end", "get", f"getBy_{name}", parameters=parameters, responses=DONE)
    call = f"things.get_by_{name}({kind.value})"
    return works(f"path {name}", change, calling(call, f"GET /by-{name}/{kind.url}/end", response=OK, gives=None))


def _in_body(name: str, kind: Kind) -> Variant:
    given = f"own_{name}"
    return works(
        f"body {name}",
        body_field(given, kind.schema),
        creating(f"{given}={kind.value}", f'"{given}":{kind.json}'),
        creating("", ""),
    )


def _list(name: str, sent: str, schema: dict[str, Any], value: str, **more: Any) -> Variant:
    """A list in the query, by the name `own`."""
    own = more.pop("own", "ids")
    written = more.pop("written", own)
    return works(
        f"query list {name}",
        query(written, {"type": "array", "items": schema}, **more),
        listing(f"{own}={value}", f"?{sent}"),
        listing(f"{own}=[]", ""),
    )


def _listed_elsewhere() -> list[Variant]:
    texts = {"type": "array", "items": {"type": "string"}}
    place = [{"name": "keys", "in": "path", "required": True, "schema": texts}]
    return [
        works(
            "header list",
            header("X-Tags", texts),
            creating("x_tags=['a', 'b']", "", headers={"X-Tags": "a,b"}),
            Call(text="invoices.create(customer='c', summary='s', due='d', x_tags=['a,b'])", refused="comma"),
        ),
        works(
            "path list",
            operation("/many/{keys}", "get", "getMany", parameters=place, responses=DONE),
            calling("things.get_many(['a', 'b,c'])", "GET /many/a,b%2Cc", response=OK, gives=None),
            turned_down("things.get_many([])", "keys"),
        ),
    ]


def _deep() -> list[Variant]:
    keyed = {"type": "object", "additionalProperties": {"type": "string"}}
    named = thing(since={"type": "integer"}, **{"to-day": {"type": "boolean"}})
    return [
        works(
            "query deep map",
            query("filter", keyed, style="deepObject"),
            listing("filter={'a b': 'c', 'd': 'é'}", "?filter%5Ba%20b%5D=c&filter%5Bd%5D=%C3%A9"),
        ),
        works(
            "query deep object",
            query("range", named, style="deepObject"),
            listing("range={'since': 1, 'to-day': True}", "?range%5Bsince%5D=1&range%5Bto-day%5D=true"),
        ),
    ]


NUMBERS = {"type": "number"}
TEXT = {"type": "string"}
VARIANTS = [
    *(make(name, kind) for make in (_in_query, _in_header, _in_path, _in_body) for name, kind in KINDS.items()),
    _list("exploded", "ids=a&ids=b%2Cc", TEXT, "['a', 'b,c']"),
    _list("with commas", "codes=a,b%2Cc", TEXT, "('a', 'b,c')", own="codes", explode=False),
    _list("with spaces", "words=a%20b", TEXT, "['a', 'b']", own="words", style="spaceDelimited", explode=False),
    _list("with bars", "parts=1.10%7C2", NUMBERS, "[Decimal('1.10'), 2]", own="parts", style="pipeDelimited"),
    _list("in brackets", "state%5B%5D=a&state%5B%5D=b", TEXT, "['a', 'b']", own="state", written="state[]"),
    _list("of dates", "days=2026-01-02", {"type": "string", "format": "date"}, "[date(2026, 1, 2)]", own="days"),
    _list("of choices", "kinds=x&kinds=y", {"enum": ["x", "y"]}, "('x', 'y')", own="kinds"),
    *_listed_elsewhere(),
    *_deep(),
    works(
        "query required",
        query("shop", {"type": "string"}, required=True),
        listing("shop='a'", "?shop=a"),
        turned_down("invoices.list(shop=None)", "shop is None"),
        alone=True,
    ),
    works(
        "query required and nullable",
        query("shop", {"type": ["string", "null"]}, required=True),
        listing("shop='a'", "?shop=a"),
        turned_down("invoices.list(shop=None)", "shop is None"),
        alone=True,
    ),
    works(
        "query with a default",
        query("page", {"type": "integer", "default": 1}),
        listing("", ""),
        listing("page=1", "?page=1"),
    ),
    works(
        "header of more than one line",
        header("Idempotency-Key", {"type": "string"}),
        creating("idempotency_key='k é'", "", headers={"Idempotency-Key": "k é"}),
        *(
            turned_down(f"invoices.create(customer='c', summary='s', due='d', idempotency_key={value!r})", "header")
            for value in ("a\r\nX-Evil: 1", "a\nb", "a\0b", "€", " a", "a ")
        ),
    ),
    works(
        "path that leads elsewhere",
        operation(
            "/files/{name}",
            "get",
            "readFile",
            parameters=[{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
            responses=DONE,
        ),
        calling("things.read_file('...')", "GET /files/...", response=OK),
        *(turned_down(f"things.read_file({value!r})", "name") for value in (".", "..", "")),
    ),
    works(
        "date-time with an odd offset",
        query("since", {"type": "string", "format": "date-time"}),
        listing("since=datetime(2026, 1, 2, tzinfo=UTC)", "?since=2026-01-02T00%3A00%3A00Z"),
        turned_down("invoices.list(since=datetime(2026, 1, 2))", "is not a datetime with an offset of whole minutes"),
        turned_down("invoices.list(since=datetime(1900, 1, 2, tzinfo=timezone(timedelta(seconds=1172))))", "offset"),
    ),
    works(
        "parameters of the path item",
        lambda document: document["paths"]["/invoices"].update(
            parameters=[{"name": "tenant", "in": "query", "schema": {"type": "integer"}}]
        ),
        listing("tenant=3", "?tenant=3"),
        Call(
            text="invoices.create(customer='c', summary='s', due='d', tenant=3)",
            sends="POST /invoices?tenant=3",
            body='{"customer":"c","summary":"s","due":"d"}',
        ),
    ),
]
