"""The checkout page in a browser: payments, and the accessibility checks of axe in every state and size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr_stub import StubServer

AXE = Path(__file__).resolve().parents[2] / "requirements" / "node" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1280, 900), (360, 740)
HOSTILE = "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
Need = Callable[[Any, str], Any]
Create = Callable[..., str]


@pytest.fixture
def create(http: httpx.Client, pizza: Callable[..., dict[str, Any]]) -> Create:
    """Create an invoice and return the URL of its checkout page."""

    def create(**changes: Any) -> str:
        return str(http.post("/invoices", json=pizza(**changes)).json()["data"]["session"]["url"])

    return create


def show(browser: Any, url: str, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> str:
    """Open a page in a window of this size, and return its visible text."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(url)
    return text_of(browser)


def text_of(browser: Any) -> str:
    return str(browser.find_element("tag name", "body").text)


def click(browser: Any, name: str) -> str:
    (button,) = (each for each in browser.find_elements("tag name", "button") if each.text.startswith(name))
    return after(browser, button.click)


def after(browser: Any, action: Callable[[], None]) -> str:
    """Do ACTION, which submits the form, wait for the next page, and return its text."""
    from selenium.webdriver.support.expected_conditions import staleness_of
    from selenium.webdriver.support.wait import WebDriverWait

    before = browser.find_element("tag name", "html")
    action()
    WebDriverWait(browser, 20, poll_frequency=0.02).until(staleness_of(before))
    return text_of(browser)


def problems(browser: Any) -> list[str]:
    """The new messages in the browser's log, without those about the intended 404 and 410."""
    messages = [entry["message"] for entry in browser.get_log("browser")]
    return [message for message in messages if "404 (Not Found)" not in message and "410 (Gone)" not in message]


def test_a_declined_payment_can_be_repeated_and_paid_once(browser: Any, stub: StubServer, create: Create) -> None:
    seen = show(browser, create(summary="A simple pizza order"))
    assert "A simple pizza order" in seen
    assert "SRD 150.00" in seen
    assert "The payment was declined." in click(browser, "Simulate a declined payment")
    assert stub.invoices[0].status == "unpaid"
    assert "There is nothing left to pay." in click(browser, "Pay SRD 150.00")
    assert stub.invoices[0].status == "paid"
    assert browser.find_elements("tag name", "button") == []
    browser.refresh()
    assert "There is nothing left to pay." in text_of(browser)
    assert problems(browser) == []


def test_an_invoice_can_be_paid_by_keyboard(browser: Any, stub: StubServer, create: Create) -> None:
    from selenium.webdriver.common.keys import Keys

    show(browser, create())
    browser.find_element("tag name", "body").send_keys(Keys.TAB)
    focused = browser.switch_to.active_element
    assert focused.text == "Pay SRD 150.00"
    assert focused.value_of_css_property("outline-style") == "solid"
    assert "There is nothing left to pay." in after(browser, lambda: focused.send_keys(Keys.ENTER))
    assert stub.invoices[0].status == "paid"


def test_a_link_that_expires_while_the_page_is_open_pays_nothing(
    browser: Any, stub: StubServer, create: Create
) -> None:
    show(browser, create())
    stub.advance(timedelta(minutes=30))
    assert "This payment link has expired." in click(browser, "Pay")
    assert stub.invoices[0].status == "unpaid"


def test_no_script_in_an_invoice_runs(browser: Any, stub: StubServer, create: Create) -> None:
    customer = stub.add_customer(name=HOSTILE)
    items = [{"description": HOSTILE, "quantity": 1, "unit_price": 1}]
    assert show(browser, create(customer=customer, summary=HOSTILE, items=items)).count(HOSTILE) == 3
    assert browser.title == "Invoice 600001"
    assert problems(browser) == []


def in_state(state: str, stub: StubServer, create: Create) -> str:
    customer = stub.add_customer(name="Jane Smith " + "van der Longname" * 8, email="jane@example.com")
    stub.add_voucher(customer=customer, rate="12.5")
    items = [
        {"description": "Pizza", "quantity": 2, "unit_price": 75},
        {"description": "Donaudampfschifffahrtsgesellschaft" * 3, "quantity": 1.5, "unit_price": 1234567890123.45},
    ]
    url = create(customer=customer, summary="A simple pizza order, and " + "everything" * 12, items=items)
    if state == "paid":
        stub.pay(stub.invoices[0].id)
    elif state == "void":
        stub.void(stub.invoices[0].id)
    elif state == "expired":
        stub.advance(timedelta(days=5))
    return {"declined": f"{url}?declined", "unknown": f"{url}0"}.get(state, url)


@pytest.mark.parametrize("state", ["open", "declined", "paid", "void", "expired", "unknown"])
def test_the_page_passes_accessibility_checks(
    browser: Any, need: Need, stub: StubServer, create: Create, state: str
) -> None:
    axe = need(AXE.is_file() and AXE.read_text(encoding="utf-8"), "axe-core, which `make lint` installs")
    url = in_state(state, stub, create)
    for size in (DESKTOP, PHONE):
        for dark in (False, True):
            show(browser, url, size=size, dark=dark)
            browser.execute_script(axe)
            found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
            assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == [], (size, dark)
            assert len(found["passes"]) > 10
            assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0], "it fits"
            page, text = (browser.find_element("tag name", "body").value_of_css_property(name) for name in
                          ("background-color", "color"))  # fmt: skip
            assert (brightness(page) < brightness(text)) is dark
    assert problems(browser) == []


def brightness(color: str) -> int:
    """The sum of red, green and blue in `rgba(18, 22, 27, 1)`."""
    return sum(int(part) for part in color.partition("(")[2].rstrip(")").split(",")[:3])
