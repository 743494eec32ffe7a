"""The HTML of the checkout page: its text in each state, and the escaping of everything in an invoice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from paisr_stub import StubServer
from paisr_stub._checkout import day, money, plain

Create = Callable[..., str]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7 * 7 }}"


class Elements(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def create(http: httpx.Client, pizza: Callable[..., dict[str, Any]]) -> Create:
    """Create an invoice and return the URL of its checkout page."""

    def create(**changes: Any) -> str:
        return str(http.post("/invoices", json=pizza(**changes)).json()["data"]["session"]["url"])

    return create


def visible_text(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", " ".join(Elements(page.text).texts))


def test_the_page_shows_the_invoice(stub: StubServer, create: Create) -> None:
    customer = stub.add_customer(name="Jane Smith", email="jane@example.com")
    voucher = stub.add_voucher(customer=customer, rate="12.5")
    items = [
        {"description": "Pizza", "quantity": 2, "unit_price": 1075.5},
        {"description": "Nut", "quantity": 1.5, "unit_price": 0.125},
    ]
    url = create(customer=customer, summary="A simple pizza order", currency="EUR", items=items)
    assert url == f"http://127.0.0.1:{stub.port}/checkout/{url.rpartition('/')[2]}"
    page = httpx.get(url)
    assert page.status_code == 200
    for text in (
        "A simple pizza order", "Jane Smith", "Invoice 600001", stub.invoices[0].id, "Due on", "Total, EUR",
        "Pizza 2 \N{MULTIPLICATION SIGN} 1,075.50 2,151.00",
        "Nut 1.5 \N{MULTIPLICATION SIGN} 0.125 0.1875", "Subtotal 2,151.19", f"Voucher {voucher} , 12.5 %",
        "\N{MINUS SIGN}268.90", "EUR 1,882.29", "Pay EUR 1,882.29", "no money moves",
    ):  # fmt: skip
        assert text in visible_text(page)


def test_an_invoice_is_paid_once(stub: StubServer, create: Create) -> None:
    url = create()
    for _ in range(2):
        response = httpx.post(f"{url}/pay")
        assert (response.status_code, response.headers["location"]) == (
            303,
            url.removeprefix(f"http://127.0.0.1:{stub.port}"),
        )
    page = httpx.get(url)
    assert "There is nothing left to pay." in visible_text(page)
    assert "form" not in Elements(page.text).tags
    assert [event.event for event in stub.events] == ["invoice.created", "invoice.paid"]
    assert stub.requests[1:] == []  # requests to the page are not recorded as requests of the client


def test_a_declined_payment_can_be_tried_again(stub: StubServer, create: Create) -> None:
    url = create()
    page = httpx.post(f"{url}/decline", follow_redirects=True)
    assert "The payment was declined. Nothing was paid" in visible_text(page)
    assert stub.invoices[0].status == "unpaid"
    assert httpx.post(f"{url}/pay", follow_redirects=True).status_code == 200
    assert stub.invoices[0].status == "paid"
    assert "declined" not in visible_text(httpx.post(f"{url}/decline", follow_redirects=True))


def test_an_expired_link_pays_nothing(stub: StubServer, create: Create) -> None:
    url = create(due="In 10 minutes")
    stub.advance(timedelta(minutes=30))
    for page in (httpx.get(url), httpx.post(f"{url}/pay", follow_redirects=True)):
        assert page.status_code == 410
        assert "This payment link has expired." in visible_text(page)
        assert "Was due on" in visible_text(page)
        assert "form" not in Elements(page.text).tags
    assert stub.invoices[0].status == "unpaid"


def test_a_void_invoice_pays_nothing(stub: StubServer, create: Create) -> None:
    url = create()
    stub.void(stub.invoices[0].id)
    page = httpx.post(f"{url}/pay", follow_redirects=True)
    assert (page.status_code, stub.invoices[0].status) == (410, "void")
    assert "It cannot be paid." in visible_text(page)


def test_a_draft_and_an_unknown_key_have_no_page(stub: StubServer, http: httpx.Client, create: Create) -> None:
    create()
    http.post("/invoices", json={"customer": "jane@example.com", "summary": "s", "due": "In 1 day"})
    draft = stub.invoices[1]
    base = f"http://127.0.0.1:{stub.port}/checkout"
    for path in ("", "nothing", f"{draft.id[4:]}{draft.sid}", "a/b", "a/pay/b", "%00", "../v2", f"{'k' * 5000}"):
        page = httpx.get(f"{base}/{path}")
        assert page.status_code == 404, path
        assert ("There is no invoice to pay" in page.text) or path == "../v2"
    assert httpx.post(f"{base}/nothing/pay").status_code == 404


def test_an_invoice_that_was_issued_without_items_has_a_page(stub: StubServer, http: httpx.Client) -> None:
    http.post("/invoices", json={"customer": "cus_1", "summary": "", "due": "In 1 day"})
    stub.issue(stub.invoices[0].id)
    session = stub.invoices[0].session
    assert session is not None
    assert "This invoice has no items." in visible_text(httpx.get(session.url))


@pytest.mark.parametrize(("path", "allow"), [("", "GET"), ("/pay", "POST"), ("/decline", "POST")])
def test_other_methods_are_refused_with_405(create: Create, path: str, allow: str) -> None:
    url = create() + path
    for method in {"GET", "POST", "PUT", "DELETE"} - {allow}:
        response = httpx.request(method, url)
        assert (response.status_code, response.headers["allow"]) == (405, allow)


def test_a_form_on_another_site_pays_nothing(stub: StubServer, create: Create) -> None:
    url = create()
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        assert httpx.post(f"{url}/pay", headers=headers).status_code == 403
    assert stub.invoices[0].status == "unpaid"


def test_everything_in_an_invoice_is_escaped(stub: StubServer, create: Create) -> None:
    customer = stub.add_customer(name=HOSTILE)
    stub.add_voucher(id=f"vch_{HOSTILE}", customer=customer)
    plain_page = Elements(httpx.get(create()).text)
    items = [{"description": HOSTILE, "quantity": 1, "unit_price": 1}]
    page = httpx.get(create(customer=customer, summary=HOSTILE, items=items))
    found = Elements(page.text)
    assert "".join(found.texts).count(HOSTILE) == 4
    assert set(found.tags) == set(plain_page.tags)
    assert found.attributes == plain_page.attributes
    assert not {"script", "style", "img"} & set(found.tags)


def test_every_page_has_a_strict_content_security_policy(create: Create) -> None:
    url = create()
    base = url.rpartition("/")[0]
    for page in (
        httpx.get(url),
        httpx.get(f"{base}/nothing"),
        httpx.get(f"{base}/style.css"),
        httpx.post(f"{url}/pay"),
    ):
        policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
        assert policy == {
            "default-src": "'none'", "style-src": "'self'", "img-src": "'self'", "form-action": "'self'",
            "base-uri": "'none'", "frame-ancestors": "'none'",
        }  # fmt: skip
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"
    found = Elements(httpx.get(url).text)
    assert not {"style", "onclick", "onload"} & found.attributes


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0.00"), ("150", "150.00"), ("1E+3", "1,000.00"), ("0.125", "0.125"), ("0.10", "0.10"),
     ("1E+30", f"1{',000' * 10}.00"), ("1E-400", f"0.{'0' * 399}1")],
)  # fmt: skip
def test_money_is_formatted_exactly(value: str, text: str) -> None:
    assert money(Decimal(value)) == text


def test_numbers_and_days_are_formatted() -> None:
    assert [plain(Decimal(value)) for value in ("2", "2.0", "1.50", "1E+3")] == ["2", "2", "1.5", "1,000"]
    assert day("2025-02-03T12:00:00Z") == "3 February 2025"


def test_the_largest_amounts_have_a_page(create: Create) -> None:
    page = httpx.get(create(items=[{"description": "d", "quantity": 10**399, "unit_price": 10**399}]))
    assert page.status_code == 200
