from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paisr_stub import StubApp, create_app
from paisr_stub._api import Call

ITEMS = [{"description": "Pizza", "quantity": 2, "unit_price": 75}]


def test_a_create_responds_as_documented(call: Any) -> None:
    status, response = call.create(items=ITEMS)
    assert status == 200
    data = response["data"]
    assert response == {"success": True, "data": data}
    assert set(data) == {"id", "status", "session"}
    assert data["status"] == "unpaid"
    assert data["session"]["expires_in"] == "30 minutes"
    assert data["session"]["url"].startswith("https://checkout.paisr.tech/")


def test_an_invoice_has_every_documented_field(call: Any) -> None:
    invoice = call.created(items=ITEMS, currency="EUR")
    session = invoice.pop("session")
    assert session["expires_in"] == "30 minutes"
    assert invoice == {
        "id": invoice["id"],
        "sid": 600001,
        "subscription_id": None,
        "customer": {
            "id": "cus_100001",
            "name": "Jane",
            "email": "jane@example.com",
            "billing_details": None,
            "shipping_details": None,
        },
        "voucher": None,
        "summary": "A simple pizza order",
        "amount": {"sub_total": 150, "discount_total": 0, "net_total": 150},
        "status": "unpaid",
        "currency": "EUR",
        "due_at": "2025-02-03T12:00:00Z",
        "paid_at": None,
        "void_at": None,
        "created_at": "2025-01-31T12:00:00Z",
    }
    assert invoice["id"].startswith("inv_")
    assert len(invoice["id"]) == 10


@pytest.mark.parametrize("items", [[], ...])
def test_an_invoice_without_items_is_a_draft_without_session(call: Any, items: Any) -> None:
    status, response = call.create(items=items)
    assert (status, response["data"]["status"], response["data"]["session"]) == (200, "draft", None)


def test_a_customer_is_found_by_an_address_in_any_case(call: Any) -> None:
    first = call.created(customer="Jane.Smith@example.com")["customer"]
    assert first["name"] == "Jane Smith"
    assert call.created(customer="jane.smith@EXAMPLE.com")["customer"] == first
    assert call.created(customer=first["id"])["customer"] == first
    assert call.created(customer="cus_777")["customer"]["id"] == "cus_777"


def test_an_address_that_begins_like_an_id_is_not_read_as_an_id(call: Any) -> None:
    assert call.created(customer="cus_1@example.com")["customer"]["email"] == "cus_1@example.com"


def test_the_default_currency_is_that_of_the_customer(call: Any, app: StubApp) -> None:
    customer = app.add_customer(email="e@example.com", currency="EUR")
    assert call.created(customer=customer)["currency"] == "EUR"
    assert call.created(customer=customer, currency="USD")["currency"] == "USD"


def test_the_voucher_of_a_customer_is_applied(call: Any, app: StubApp) -> None:
    customer = app.add_customer(email="e@example.com")
    voucher = app.add_voucher(customer=customer, rate="12.5")
    invoice = call.created(customer="e@example.com", items=ITEMS)
    assert invoice["voucher"] == {"id": voucher, "type": "percentage", "rate": 12.5}
    assert invoice["amount"] == {"sub_total": 150, "discount_total": 18.75, "net_total": 131.25}
    assert [found["id"] for found in call.listed(f"resource_id={voucher}")] == [invoice["id"]]
    assert call.created(customer="other@example.com", items=ITEMS)["voucher"] is None


def test_an_invalid_due_is_refused_and_nothing_is_created(call: Any, app: StubApp) -> None:
    status, response = call.create(due="soon")
    assert (status, response["success"]) == (422, False)
    assert "In 3 days" in response["message"]
    assert app.invoices == []


def test_a_list_is_filtered_limited_and_has_the_newest_first(call: Any, app: StubApp) -> None:
    ids = app.seed(200)
    every = call.listed()
    assert [invoice["id"] for invoice in every] == ids[::-1]
    assert call.listed("limit=7") == every[:7]
    for status in ("draft", "unpaid", "paid", "void"):
        assert call.listed(f"status={status}") == [one for one in every if one["status"] == status] != []
    assert call.listed("currency=EUR") == [one for one in every if one["currency"] == "EUR"] != []
    assert call.listed("currency=GBP") == []
    assert (
        call.listed("resource_id=cus_500001") == [one for one in every if one["customer"]["id"] == "cus_500001"] != []
    )
    assert (
        call.listed("resource_id=sub_500002") == [one for one in every if one["subscription_id"] == "sub_500002"] != []
    )
    with_voucher = [one for one in every if one["voucher"] and one["voucher"]["id"] == "vch_500002"]
    assert call.listed("resource_id=vch_500002") == with_voucher != []
    both = [one for one in every if one["status"] == "paid" and one["currency"] == "SRD"]
    assert call.listed("status=paid&currency=SRD&limit=3") == both[:3]
    assert call.listed("resource_id=nobody") == []


def test_a_list_has_at_most_a_thousand_invoices(call: Any, app: StubApp) -> None:
    app.seed(1001)
    assert len(call.listed()) == len(call.listed("limit=1000")) == 1000


@pytest.mark.parametrize("invoice_id", ["inv_0", "x", "%", "..", "inv_1'--", "ü"])
def test_an_unknown_invoice_is_404_in_the_envelope(call: Any, invoice_id: str) -> None:
    status, response = call("GET", f"/invoices/{invoice_id}")
    assert (status, response["success"], set(response)) == (404, False, {"success", "message"})


@pytest.mark.parametrize("path", ["", "/", "/invoice", "/invoices/", "/invoices/a/b", "//invoices", "/../invoices"])
def test_an_unknown_path_is_404_in_the_envelope(call: Any, path: str) -> None:
    status, response = call("GET", path)
    assert (status, response["success"]) == (404, False)


@pytest.mark.parametrize("path", ["/invoices", "/invoices/inv_1"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "NONSENSE"])
def test_an_unknown_method_is_405_in_the_envelope(call: Any, path: str, method: str) -> None:
    status, response = call(method, path)
    assert (status, response["success"]) == (405, False)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic test-token",
        "test-token",
        "Bearer test-token2",
        "Bearer a, Bearer b",
    ],
)
def test_a_wrong_token_is_401_in_the_envelope(call: Any, authorization: str) -> None:
    status, response = call("GET", "/invoices", authorization=authorization)
    assert (status, response["success"]) == (401, False)
    assert "test-token" not in response["message"]


def test_each_of_several_tokens_is_accepted() -> None:
    app = create_app(token=["one", "zwölf"])
    try:
        for token in ("one", "zwölf".encode().decode("latin-1")):
            app._api.authenticate(_bearing(token))
        assert app.token == "one"
    finally:
        app.close()


def _bearing(token: str) -> Call:
    return Call("GET", "/v2/invoices", b"", {"authorization": f"bearer {token}"}, b"")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/json2", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_another_content_type_is_415_in_the_envelope(call: Any, content_type: str) -> None:
    status, response = call("POST", "/invoices", b"{}", content_type=content_type)
    assert (status, response["success"]) == (415, False)


def test_a_content_type_with_charset_utf8_is_accepted(call: Any) -> None:
    for content_type in ("application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        assert call("POST", "/invoices", b"{}", content_type=content_type)[0] == 422


def test_a_compressed_body_is_refused_with_415(call: Any) -> None:
    assert call("POST", "/invoices", b"{}", content_encoding="gzip")[0] == 415


def test_the_rate_limit_counts_only_accepted_requests(call: Any, clock: Any) -> None:
    call.app = create_app(token="test-token", clock=clock, rate_limit=(2, 60))
    try:
        assert [call("GET", "/invoices", authorization="no")[0] for _ in range(5)] == [401] * 5
        assert [call("GET", "/invoices")[0] for _ in range(4)] == [200, 200, 429, 429]
        clock.advance(60)
        assert call("GET", "/invoices")[0] == 200
    finally:
        call.app.close()


def test_an_exception_inside_is_500_in_the_envelope(call: Any, app: StubApp, caplog: pytest.LogCaptureFixture) -> None:
    app.close()
    status, response = call.create()
    assert (status, response["success"]) == (500, False)
    assert "RuntimeError" in caplog.text


# All examples use one application on purpose: a request must not depend on earlier ones.
ANYTHING = settings(
    derandomize=True,
    database=None,
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(st.characters(), max_size=8)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXT
    | st.sampled_from(["cus_1", "a@b", "In 3 days", "USD"])
)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
FIELD = st.sampled_from(["customer", "summary", "due", "currency", "items", "description", "quantity", "unit_price"])
ITEM = st.dictionaries(FIELD, VALUE, max_size=4) | st.fixed_dictionaries(
    {"description": TEXT, "quantity": st.floats(min_value=1), "unit_price": st.integers(min_value=0)}
)
BODY = VALUE | st.fixed_dictionaries(
    {"customer": st.sampled_from(["cus_1", "a@b"]) | TEXT, "summary": VALUE, "due": st.just("In 1 day") | TEXT},
    optional={"currency": VALUE, "items": st.lists(ITEM, max_size=3) | VALUE},
)


@ANYTHING
@given(body=BODY)
def test_any_body_gets_a_response_in_the_envelope(call: Any, body: Any) -> None:
    status, response = call("POST", "/invoices", body)
    assert status in (200, 400, 422)
    assert response["success"] is (status == 200)
    call.listed()


@ANYTHING
@given(raw=st.binary(max_size=30), query=st.text(st.characters(codec="ascii"), max_size=30))
def test_any_bytes_get_a_response_in_the_envelope(call: Any, raw: bytes, query: str) -> None:
    assert call("POST", "/invoices", raw)[0] in (400, 422)
    assert call("GET", "/invoices", query=f"limit=1&{query}")[0] in (200, 400)


@ANYTHING
@given(path=st.text(max_size=20))
def test_any_path_gets_a_response_in_the_envelope(call: Any, path: str) -> None:
    for prefix in ("/invoices/", "/"):
        assert call("GET", prefix + path)[1]["success"] in (True, False)
        assert call("GET", prefix + path)[0] in (200, 404)
