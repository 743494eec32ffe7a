"""Each kind of edit of the contract is usable after generation, without any other line written by hand.

Each edit is made in a copy of the contract. A program then uses the new element with both clients, plain and with the
whole response, and prints the requests. mypy and pyright check a program that uses all new elements.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("openapi_python_client", reason="the generator is not installed")
yaml = pytest.importorskip("yaml", reason="the generator is not installed")

Document = dict[str, Any]

PROGRAM = """
import asyncio, httpx, json, sys
from datetime import UTC, date, datetime
from decimal import Decimal
from paisr import AsyncPaisr, InvalidArgumentError, Paisr

DATA = {"id": "inv_1", "status": "draft", "invoices": [], "name": "Jane", "customers": [{"id": "cus_1"}], "total": 2}
sent = []

def respond(request):
    sent.append([request.method, str(request.url.raw_path, "ascii"), request.headers.get("idempotency-key"),
                 request.content.decode()])
    created = {"id": f"inv_{len(sent)}"} if request.method == "POST" and request.url.path == "/v2/invoices" else {}
    return httpx.Response(200, json={"success": True, "data": DATA | created})

def plain(client, call):
    return call(client)

async def main():
    transport = httpx.MockTransport(respond)
    settings = {"base_url": "https://service.example/v2", "transport": transport, "rate_limit": None}
    with Paisr("tok", **settings) as client:
        results = [CALL(client, ""), CALL(client, "with_response.").data]
    async with AsyncPaisr("tok", **settings) as client:
        results += [await CALL(client, ""), (await CALL(client, "with_response.")).data]
    print(json.dumps({"sent": sent, "results": [repr(result) for result in results]}))

def at(client, resource, form):
    found = getattr(client, resource)
    return found.with_response if form else found
"""


class Edit(NamedTuple):
    """An edit of the contract, a call that uses the new element, and the expected request."""

    change: Callable[[Document], object]
    call: str
    method: str
    target: str
    key: str | None = None
    body: str = ""
    result: str = ""


def path(document: Document, name: str) -> Document:
    found: Document = document["paths"].setdefault(name, {})
    return found


def schema(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


def query_parameter(document: Document) -> None:
    path(document, "/invoices")["get"]["parameters"].append(
        {"name": "created_after", "in": "query", "schema": {"type": "string", "format": "date-time"}}
    )


def body_field(document: Document) -> None:
    schema(document, "CreateInvoiceRequest")["properties"]["reference"] = {"type": "string", "maxLength": 10}


def header_parameter(document: Document) -> None:
    path(document, "/invoices")["post"]["parameters"] = [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    ]


def new_operation(document: Document) -> None:
    get = path(document, "/invoices/{invoice_id}")["get"]
    schema(document, "GetInvoiceResponse")
    path(document, "/invoices/{invoice_id}/send")["post"] = {
        "operationId": "sendInvoice",
        "tags": ["invoices"],
        "summary": "Send an invoice by e-mail.",
        "parameters": get["parameters"],
        "responses": get["responses"],
    }


def new_resource(document: Document) -> None:
    def envelope(data: Document) -> Document:
        properties = {"success": {"const": True}, "data": data}
        content = {"schema": {"type": "object", "required": ["success", "data"], "properties": properties}}
        return {"200": {"description": "It.", "content": {"application/json": content}}}

    customers = {"type": "array", "items": {"$ref": "#/components/schemas/Customer"}}
    found = {
        "type": "object",
        "required": ["customers"],
        "properties": {"customers": customers, "total": {"type": "integer"}},
    }
    path(document, "/customers")["get"] = {
        "operationId": "listCustomers", "tags": ["customers"], "responses": envelope(found),
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50}}],
    }  # fmt: skip
    path(document, "/customers/{customer_id}")["get"] = {
        "operationId": "getCustomer", "tags": ["customers"],
        "responses": envelope({"$ref": "#/components/schemas/Customer"}),
        "parameters": [{"name": "customer_id", "in": "path", "required": True, "schema": {"type": "string"}}],
    }  # fmt: skip


BILL = 'customer="cus_1", summary="Pizza", due="In 3 days"'
SENT = '"customer":"cus_1","summary":"Pizza","due":"In 3 days"'
EDITS = {
    "query-parameter": Edit(
        query_parameter,
        'at(client, "invoices", form).list(created_after=datetime(2026, 1, 31, tzinfo=UTC))',
        "GET",
        "/v2/invoices?created_after=2026-01-31T00%3A00%3A00Z",
        result="<InvoiceList of 0>",
    ),
    "body-field": Edit(
        body_field,
        f'at(client, "invoices", form).create({BILL}, reference="PAY-1")',
        "POST",
        "/v2/invoices",
        body=f'{{{SENT},"reference":"PAY-1"}}',
        result="CreatedInvoice(id='inv_{call}'",
    ),
    "header-parameter": Edit(
        header_parameter,
        f'at(client, "invoices", form).create({BILL}, idempotency_key="k 1")',
        "POST",
        "/v2/invoices",
        key="k 1",
        body=f"{{{SENT}}}",
        result="CreatedInvoice(id='inv_{call}'",
    ),
    "operation": Edit(
        new_operation,
        'at(client, "invoices", form).send("inv_1")',
        "POST",
        "/v2/invoices/inv_1/send",
        result="Invoice(id='inv_1'",
    ),
    "resource-list": Edit(
        new_resource,
        'at(client, "customers", form).list(limit=2)',
        "GET",
        "/v2/customers?limit=2",
        result="of 1>",
    ),
    "resource-get": Edit(
        new_resource,
        'at(client, "customers", form).get("cus_1")',
        "GET",
        "/v2/customers/cus_1",
        result="Customer(id='inv_1', name='Jane'",
    ),
}


@pytest.fixture(scope="module")
def generated(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Generate the package from a changed contract, and return its folder; all else is the repository's."""

    def generated(*changes: Callable[[Document], object]) -> Path:
        folder = tmp_path_factory.mktemp("edit")
        document = yaml.safe_load((root / "openapi" / "paisr-invoices.yaml").read_text(encoding="utf-8"))
        for change in changes:
            change(document)
        contract = folder / "contract.yaml"
        contract.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        script = [sys.executable, str(root / "scripts" / "generate.py")]
        options = ["--contract", str(contract), "--output", str(folder / "paisr_generated")]
        done = subprocess.run([*script, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return folder

    return generated


def run(root: Path, folder: Path, program: str) -> str:
    places = [str(folder), str(root / "overlays")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_usable_in_every_form(root: Path, generated: Callable[..., Path], name: str) -> None:
    edit = EDITS[name]
    program = f"{PROGRAM}\ndef CALL(client, form):\n    return {edit.call}\n\nasyncio.run(main())\n"
    found = json.loads(run(root, generated(edit.change), program))
    assert found["sent"] == [[edit.method, edit.target, edit.key, edit.body]] * 4
    # Each create gets another invoice id. Apart from that, the result of every form is the same.
    expected = [edit.result.format(call=call) for call in range(1, 5)]
    assert all(part in result for part, result in zip(expected, found["results"], strict=True))
    assert len({result.replace(part, "") for part, result in zip(expected, found["results"], strict=True)}) == 1


def change_rules(document: Document) -> None:
    """Change ten rules of the contract."""
    bill, item = schema(document, "CreateInvoiceRequest")["properties"], schema(document, "LineItem")["properties"]
    bill["summary"] |= {"minLength": 2, "maxLength": 5}
    bill["customer"]["pattern"] = "^cus_"
    bill["items"] |= {"minItems": 1, "maxItems": 2}
    item["quantity"] |= {"minimum": 2, "maximum": 9}
    item["unit_price"] = {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.05}
    path(document, "/invoices")["get"]["parameters"][-1]["schema"] |= {"minimum": 5, "maximum": 10}
    schema(document, "Currency")["enum"] = ["SRD", "GYD"]


REFUSED = [
    ('summary="x"', "summary has 1 characters; give at least 2"),
    ('summary="x" * 6', "summary has 6 characters; give at most 5"),
    ('customer="jane@example.com"', "customer='jane@example.com' does not begin with cus_"),
    ("items=[ITEM, ITEM, ITEM]", "items has more than 2 items"),
    ("items=[{**ITEM, 'quantity': 1}]", "items[0].quantity=1 is out of range; give a number from 2 to 9"),
    ("items=[{**ITEM, 'quantity': 10}]", "items[0].quantity=10 is out of range; give a number from 2 to 9"),
    ("items=[{**ITEM, 'unit_price': 0}]", "items[0].unit_price=0 is out of range; give a number above 0"),
    ("items=[{**ITEM, 'unit_price': '0.07'}]", "items[0].unit_price=0.07 is not a multiple of 0.05"),
    ('currency="USD"', "currency='USD' is not known to the API; give one of 'SRD', 'GYD'"),
    ("limit=4", "limit=4 is out of range; give a whole number from 5 to 10"),
]


def test_the_client_checks_the_changed_rules(root: Path, generated: Callable[..., Path]) -> None:
    program = f"""{PROGRAM}
ITEM = {{"description": "Pizza", "quantity": 2, "unit_price": "0.10"}}
BILL = {{"customer": "cus_1", "summary": "Pizza", "due": "In 3 days"}}
client = Paisr("tok", transport=httpx.MockTransport(respond), rate_limit=None)
for given in {[given for given, _said in REFUSED]!r}:
    arguments = eval(f"dict({{given}})")
    try:
        client.invoices.list(**arguments) if "limit" in arguments else client.invoices.create(**BILL | arguments)
    except InvalidArgumentError as error:
        print(error)
    else:
        print("passed")
client.invoices.create(**BILL, currency="GYD", items=[ITEM])
assert len(sent) == 1, sent
"""
    lines = run(root, generated(change_rules), program).splitlines()
    assert [one.startswith(expected) for one, (_given, expected) in zip(lines, REFUSED, strict=True)] == [True] * 10, (
        lines
    )


TYPED = """
from datetime import UTC, datetime
from typing import assert_type

from paisr import ApiResponse, AsyncPaisr, CreatedInvoice, Customer, Invoice, InvoiceList, Paisr


def in_the_thread(client: Paisr) -> None:
    when = datetime(2026, 1, 31, tzinfo=UTC)
    assert_type(client.invoices.list(created_after=when), InvoiceList)
    bill = client.invoices.create(customer="c", summary="s", due="d", reference="PAY-1", idempotency_key="k")
    assert_type(bill, CreatedInvoice)
    assert_type(client.invoices.send("inv_1"), Invoice)
    assert_type(client.invoices.with_response.send("inv_1"), ApiResponse[Invoice])
    assert_type(client.customers.get("cus_1"), Customer)
    assert_type(client.customers.list(limit=2)[0], Customer)
    client.invoices.list(created_after="yesterday")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.invoices.send()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def on_a_loop(client: AsyncPaisr) -> None:
    assert_type(await client.invoices.list(created_after=datetime(2026, 1, 31, tzinfo=UTC)), InvoiceList)
    bill = await client.invoices.create(customer="c", summary="s", due="d", reference="PAY-1", idempotency_key="k")
    assert_type(bill, CreatedInvoice)
    assert_type(await client.invoices.with_response.send("inv_1"), ApiResponse[Invoice])
    assert_type((await client.customers.with_response.get("cus_1")).data, Customer)
"""


@pytest.fixture(scope="module")
def everything(root: Path, generated: Callable[..., Path]) -> Path:
    """A folder with a program that uses all new elements, beside the packages as a user has them."""
    folder = generated(query_parameter, body_field, header_parameter, new_operation, new_resource)
    (folder / "program.py").write_text(TYPED, encoding="utf-8")
    return folder


def test_mypy_accepts_a_program_with_all_new_elements(root: Path, everything: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(everything / "cache")]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join([str(everything), str(root / "overlays")])}
    done = subprocess.run(
        [*command, "program.py"], cwd=everything, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_pyright_accepts_a_program_with_all_new_elements(
    root: Path, everything: Path, need: Callable[[str | None, str], str]
) -> None:
    found = Path(sys.executable).with_name("pyright")
    pyright = need(str(found) if found.exists() else None, "pyright")
    settings = {
        "typeCheckingMode": "strict",
        "extraPaths": [str(everything), str(root / "overlays")],
        "include": ["program.py"],
    }
    (everything / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        [pyright, "--pythonpath", sys.executable], cwd=everything, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
