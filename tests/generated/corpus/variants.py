"""What a variant is: a change of the contract, and the calls that must then work, or the place that is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen
from ruamel.yaml import YAML

Node = dict[str, Any]
Change = Callable[[Node], object]
ROOT = Path(__file__).resolve().parents[3]
# What the variants need of the contract: the rest would be generated once more for each.
KEPT_FIELDS = {"id", "status"}
LEFT_OUT = ("Customer", "Voucher", "VoucherType", "Amount", "BillingDetails", "ShippingDetails", "CheckoutSession")
RESPONSES = {
    "invoices.list": '{"success":true,"data":{"invoices":[]}}',
    "invoices.create": '{"success":true,"data":{"id":"inv_1","status":"draft"}}',
    "invoices.get": '{"success":true,"data":{"id":"inv_1","status":"paid"}}',
}


@frozen(kw_only=True)
class Call:
    """A call from the public surface, with what it must send and give in each of its four forms.

    `text`: as a user writes it after ``client.``. `gives`: the result as plain values, without what is None; not
    compared when it is `...`. `typed`: the result's type. `refused`: part of the sentence of an argument's refusal;
    `unexpected`: the place of the response that the contract does not allow. `first`: the status of a response before
    the one that counts; `fails`: the error that it ends the call with.
    """

    text: str
    sends: str = ""
    body: str | None = None
    headers: Mapping[str, str] = field(factory=dict)
    status: int = 200
    response: str | None = None
    response_headers: Mapping[str, str] = field(factory=dict)
    gives: object = ...
    typed: str = ""
    refused: str = ""
    unexpected: str = ""
    first: int = 0
    fails: str = ""

    @property
    def content(self) -> str:
        return RESPONSES.get(self.text.partition("(")[0], "") if self.response is None else self.response


@frozen(kw_only=True)
class Variant:
    """A changed contract.

    `place`: the JSON pointer where it is refused, with `words` in the sentence; empty when it works.
    """

    name: str
    change: Change
    calls: tuple[Call, ...] = ()
    place: str = ""
    words: str = ""
    alone: bool = False
    """Whether it does not go together with others in one contract."""

    def document(self) -> Node:
        document = deepcopy(base())
        self.change(document)
        return document


@cache
def base() -> Node:
    """The contract with less in its responses."""
    document: Node = YAML(typ="safe").load(ROOT / "openapi" / "paisr-invoices.yaml")
    schemas = document["components"]["schemas"]
    for name in LEFT_OUT:
        del schemas[name]
    for name in ("Invoice", "CreatedInvoice"):
        properties = schemas[name]["properties"]
        schemas[name]["properties"] = {key: value for key, value in properties.items() if key in KEPT_FIELDS}
    return document


def works(name: str, change: Change, *calls: Call, alone: bool = False) -> Variant:
    return Variant(name=name, change=change, calls=calls, alone=alone)


def refused(name: str, change: Change, place: str, words: str = "") -> Variant:
    return Variant(name=name, change=change, place=place, words=words)


def both(first: Variant, second: Variant) -> Variant:
    """Two changes in one contract; the calls of both must work."""

    def change(document: Node) -> None:
        first.change(document)
        second.change(document)

    return Variant(name=f"{first.name}+{second.name}", change=change, calls=first.calls + second.calls)


# Changes ------------------------------------------------------------------------------------------------------------

LIST, CREATE, GET = ("/invoices", "get"), ("/invoices", "post"), ("/invoices/{invoice_id}", "get")


def operation_of(document: Node, where: tuple[str, str]) -> Node:
    path, method = where
    node: Node = document["paths"][path][method]
    return node


def parameter(where: tuple[str, str], name: str, place: str, schema: Any, **more: Any) -> Change:
    """A change that gives an operation one more parameter."""

    def change(document: Node) -> None:
        found = operation_of(document, where)
        given = {"name": name, "in": place, "schema": schema, **more}
        found["parameters"] = [*found.get("parameters", []), given]

    return change


def query(name: str, schema: Any, **more: Any) -> Change:
    return parameter(LIST, name, "query", schema, **more)


def header(name: str, schema: Any, **more: Any) -> Change:
    return parameter(CREATE, name, "header", schema, **more)


def body_field(name: str, schema: Any, *, required: bool = False, owner: str = "CreateInvoiceRequest") -> Change:
    def change(document: Node) -> None:
        found = document["components"]["schemas"][owner]
        found["properties"][name] = schema
        found["required"] = [*found["required"], *([name] if required else [])]

    return change


def field_of(name: str, schema: Any, *, required: bool = False) -> Change:
    """A change that gives an invoice one more field."""
    return body_field(name, schema, required=required, owner="Invoice")


def schemas(**named: Any) -> Change:
    return lambda document: document["components"]["schemas"].update(named)


def operation(path: str, method: str, identity: str, tag: str = "things", **node: Any) -> Change:
    """A change that adds an operation; without `responses`, its response has no body."""

    def change(document: Node) -> None:
        found = {"operationId": identity, "tags": [tag], "responses": {"200": {"description": ""}}, **node}
        document["paths"].setdefault(path, {})[method] = found

    return change


def all_of(*changes: Change) -> Change:
    def change(document: Node) -> None:
        for one in changes:
            one(document)

    return change


def json_of(schema: Any, **more: Any) -> Node:
    """A response or a request's body of JSON."""
    return {"description": "", "content": {"application/json": {"schema": schema}}, **more}


def responses(schema: Any) -> Node:
    """Responses: one of success with this body."""
    return {"200": json_of(schema)}


def ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(**properties: Any) -> Node:
    """An object of which everything is required."""
    return {"type": "object", "required": [*properties], "properties": properties}


def tagged(value: Any, name: str = "kind", /, **properties: Any) -> Node:
    return thing(**{name: {"const": value}}, **properties)


# Calls --------------------------------------------------------------------------------------------------------------


def listing(arguments: str, target: str, **more: Any) -> Call:
    return Call(text=f"invoices.list({arguments})", sends=f"GET /invoices{target}", **more)


def creating(arguments: str, properties: str, target: str = "", **more: Any) -> Call:
    given = ", ".join(filter(None, ("customer='c', summary='s', due='d'", arguments)))
    body = ",".join(filter(None, ('{"customer":"c","summary":"s","due":"d"', properties))) + "}"
    return Call(text=f"invoices.create({given})", sends=f"POST /invoices{target}", body=body, **more)


def reading(properties: str, **more: Any) -> Call:
    """A read of an invoice with these properties; `gives` are theirs."""
    inside = ",".join(filter(None, ('"id":"inv_1","status":"paid"', properties)))
    response = f'{{"success":true,"data":{{{inside}}}}}'
    if isinstance(gives := more.pop("gives", ...), dict):
        gives = {"id": "inv_1", "status": "paid", **gives}
    return Call(text="invoices.get('inv_1')", sends="GET /invoices/inv_1", response=response, gives=gives, **more)


def calling(text: str, sends: str, **more: Any) -> Call:
    return Call(text=text, sends=sends, **more)


def turned_down(text: str, words: str) -> Call:
    """A call that is refused before anything is sent."""
    return Call(text=text, refused=words)


def creating_badly(arguments: str, words: str) -> Call:
    return evolve(creating(arguments, ""), sends="", body=None, refused=words)
