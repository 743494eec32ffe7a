"""Stand-in against contract, by hand: on both sides of every size rule, what is allowed is taken, the rest refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from holding.counting import count
from holding.reach import Reach
from holding.worlds import TOKEN, furnish, settings

from paisr_stub import StubServer

GATE = "stand-in: boundaries"
pytestmark = pytest.mark.gate(GATE)
reach = Reach(GATE)

POST, LIST, GET = "/paths/~1invoices/post", "/paths/~1invoices/get", "/paths/~1invoices~1{invoice_id}/get"
ITEM = {"description": "Pizza", "quantity": 2, "unit_price": 75}
BODY = {"customer": "cus_300001", "summary": "A simple pizza order", "due": "In 3 days"}
GIVEN_OUT = object()  # instead of a value: leave the field out


def body(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**BODY, **changes}.items() if value is not GIVEN_OUT}


def one_item(**changes: Any) -> dict[str, Any]:
    item = {name: value for name, value in {**ITEM, **changes}.items() if value is not GIVEN_OUT}
    return body(items=[ITEM, item])


BODIES: list[tuple[str, Any, bool]] = [
    ("no items", body(items=[]), True),
    ("1 item", body(items=[ITEM]), True),
    ("50 items", body(items=[ITEM] * 50), True),
    ("51 items", body(items=[ITEM] * 51), False),
    ("items without a value", body(items=None), False),
    ("items that are an object", body(items={"0": ITEM}), False),
    ("an item that is null", body(items=[None]), False),
    ("quantity 1", one_item(quantity=1), True),
    ("quantity just above 1", one_item(quantity=1.0000000001), True),
    ("quantity just below 1", one_item(quantity=0.9999999999), False),
    ("quantity 0", one_item(quantity=0), False),
    ("quantity -1", one_item(quantity=-1), False),
    ("quantity as text", one_item(quantity="2"), False),
    ("quantity null", one_item(quantity=None), False),
    ("quantity true", one_item(quantity=True), False),
    ("unit price 0", one_item(unit_price=0), True),
    ("unit price 0.01", one_item(unit_price=0.01), True),
    ("unit price just below 0", one_item(unit_price=-0.0000000001), False),
    ("unit price -1", one_item(unit_price=-1), False),
    ("unit price as text", one_item(unit_price="75"), False),
    ("unit price null", one_item(unit_price=None), False),
    ("description empty", one_item(description=""), True),
    ("description null", one_item(description=None), False),
    ("description a number", one_item(description=7), False),
    ("item without description", one_item(description=GIVEN_OUT), False),
    ("item without quantity", one_item(quantity=GIVEN_OUT), False),
    ("item without unit price", one_item(unit_price=GIVEN_OUT), False),
    ("item with another field", one_item(unit_prize=75), False),
    ("body with another field", body(currencies="SRD"), False),
    ("no customer", body(customer=GIVEN_OUT), False),
    ("customer empty", body(customer=""), False),
    ("customer null", body(customer=None), False),
    ("customer by address", body(customer="jane@customer.example"), True),
    ("no summary", body(summary=GIVEN_OUT), False),
    ("summary empty", body(summary=""), True),
    ("summary of many characters", body(summary="ü印🍕\n\"\\ " * 500), True),
    ("summary null", body(summary=None), False),
    ("no due", body(due=GIVEN_OUT), False),
    ("due empty", body(due=""), False),
    ("due a number", body(due=3), False),
    *[(f"currency {code}", body(currency=code), True) for code in ("SRD", "USD", "EUR")],
    ("currency not in the list", body(currency="GBP"), False),
    ("currency in small letters", body(currency="srd"), False),
    ("currency null", body(currency=None), False),
    ("a body that is an array", [BODY], False),
    ("a body that is null", None, False),
    ("a body that is a text", "In 3 days", False),
]  # fmt: skip

# name of the parameter, text in the query, its value under the contract's schema, whether it is allowed
PARAMETERS: list[tuple[str, str, Any, bool]] = [
    ("limit", "0", 0, False),
    ("limit", "1", 1, True),
    ("limit", "2", 2, True),
    ("limit", "999", 999, True),
    ("limit", "1000", 1000, True),
    ("limit", "1001", 1001, False),
    ("limit", "-1", -1, False),
    ("limit", "1.5", 1.5, False),
    ("limit", "many", "many", False),
    ("limit", "", "", False),
    ("currency", "SRD", "SRD", True),
    ("currency", "GBP", "GBP", True),
    ("currency", "SR", "SR", False),
    ("currency", "SRDX", "SRDX", False),
    ("currency", "srd", "srd", False),
    ("currency", "SR1", "SR1", False),
    ("currency", "", "", False),
    *[("status", status, status, True) for status in ("draft", "unpaid", "paid", "void")],
    ("status", "open", "open", False),
    ("status", "PAID", "PAID", False),
    ("status", "", "", False),
    ("resource_id", "c", "c", True),
    ("resource_id", "cus_300001", "cus_300001", True),
    ("resource_id", "", "", False),
]


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer(**settings()) as stub:
        furnish(stub)
        stub.seed(1000)  # more than the largest limit
        yield stub


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        yield session


def refused(answer: requests.Response) -> bool:
    """Whether the answer is an error in the envelope."""
    found = answer.json()
    status = "200" if answer.status_code == 200 else "4XX"
    if status == "4XX":
        assert 400 <= answer.status_code < 500
        assert set(found) == {"success", "message"}
        assert reach.errors("/components/schemas/ErrorResponse", found) == []
    assert found["success"] is (status == "200")
    return status == "4XX"


@pytest.mark.parametrize(("value", "allowed"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES])
def test_a_body(value: Any, allowed: bool, stub: StubServer, session: requests.Session) -> None:
    count(GATE, "bodies")
    assert (reach.errors("/components/schemas/CreateInvoiceRequest", value) == []) is allowed, "the contract disagrees"
    answer = session.post(f"{stub.url}/invoices", json=value, data=None if value is not None else "null",
                          headers={"Content-Type": "application/json"})  # fmt: skip
    assert refused(answer) is not allowed
    reach.note(f"{POST}/requestBody/content/application~1json")


def test_no_body(stub: StubServer, session: requests.Session) -> None:
    assert refused(session.post(f"{stub.url}/invoices", headers={"Content-Type": "application/json"}))
    reach.note(f"{POST}/requestBody/required")


@pytest.mark.parametrize(("name", "text", "value", "allowed"), PARAMETERS)
def test_a_parameter(
    name: str, text: str, value: Any, allowed: bool, stub: StubServer, session: requests.Session
) -> None:
    count(GATE, "parameters")
    index = ("resource_id", "currency", "status", "limit").index(name)
    place = f"{LIST}/parameters/{index}"
    assert (reach.errors(f"{place}/schema", value) == []) is allowed, "the contract disagrees"
    answer = session.get(f"{stub.url}/invoices", params={name: text})
    assert refused(answer) is not allowed
    reach.note(f"{place}/name")
    if allowed and name == "limit":
        assert len(answer.json()["data"]["invoices"]) == value


def test_no_parameters(stub: StubServer, session: requests.Session) -> None:
    answer = session.get(f"{stub.url}/invoices")
    assert not refused(answer)
    assert len(answer.json()["data"]["invoices"]) == 1000
    for index in range(4):
        reach.note(f"{LIST}/parameters/{index}/required")


@pytest.mark.parametrize(
    ("invoice_id", "allowed"),
    [(None, True), ("inv_", False), ("inv", False), ("sub_123456", False), ("xinv_1", False), ("INV_1", False)],
)
def test_an_id(invoice_id: str | None, allowed: bool, stub: StubServer, session: requests.Session) -> None:
    """One that is there is found, under its own name; of the others none, whether the contract allows them or not."""
    count(GATE, "ids")
    there = str(stub.invoices[0]["id"])
    answer = session.get(f"{stub.url}/invoices/{invoice_id or there}")
    place = f"{GET}/parameters/0"
    assert (reach.errors(f"{place}/schema", invoice_id or there) == []) is (allowed or invoice_id == "inv_")
    assert refused(answer) is not allowed
    reach.note(f"{place}/name")
    if allowed:
        assert answer.json()["data"]["id"] == there
    else:
        assert answer.status_code == 404


@pytest.mark.parametrize("value", [7, None, ["inv_1"]])
def test_an_id_that_is_no_text_cannot_be_said_in_a_path(value: Any) -> None:
    assert reach.errors(f"{GET}/parameters/0/schema", value) != []


def test_a_path_without_an_id_is_another_path(stub: StubServer, session: requests.Session) -> None:
    assert session.get(f"{stub.url}/invoices/").status_code == 404
    reach.note(f"{GET}/parameters/0/required")


@pytest.mark.parametrize(
    ("method", "path", "place"),
    [("POST", "/invoices", POST), ("GET", "/invoices", LIST), ("GET", "/invoices/{}", GET)],
)
@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer other", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_without_the_token(method: str, path: str, place: str, authorization: str | None, stub: StubServer) -> None:
    count(GATE, "tokens")
    headers = {"Content-Type": "application/json"} | ({} if authorization is None else {"Authorization": authorization})
    target = stub.url + path.format(stub.invoices[0]["id"])
    known = len(stub.invoices)
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, target, data=json.dumps(BODY), headers=headers)
    assert answer.status_code == 401
    assert refused(answer)
    assert len(stub.invoices) == known
    reach.note(f"{place}/security/0/bearerToken")
    reach.note("/components/securitySchemes/bearerToken/type")
    reach.note("/components/securitySchemes/bearerToken/scheme")
    reach.note("/components/responses/ClientError/content/application~1json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_another_content_type(content_type: str, stub: StubServer, session: requests.Session) -> None:
    answer = session.post(f"{stub.url}/invoices", data=json.dumps(BODY), headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert refused(answer)
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_a_failure_of_the_service(status: int, stub: StubServer, session: requests.Session) -> None:
    """On order, as the stand-in has none of its own."""
    for method, path, place in (("POST", "", POST), ("GET", "", LIST), ("GET", "/inv_1", GET)):
        stub.fail_next(status=status)
        answer = session.request(method, f"{stub.url}/invoices{path}", json=BODY)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/json"
        assert reach.errors("/components/schemas/ErrorResponse", answer.json()) == []
        reach.note(f"{place}/responses/5XX")
    reach.note("/components/responses/ServerError/content/application~1json")
