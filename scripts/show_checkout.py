"""Write a screenshot of the stub's checkout page to docs/checkout.png: `make pictures`. Needs chromium."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
from selenium import webdriver

from paisr_stub import StubServer

TARGET = Path(__file__).resolve().parent.parent / "docs" / "checkout.png"
INVOICE = {
    "customer": "jane@example.com",
    "summary": "A simple pizza order",
    "currency": "SRD",
    "due": "In 3 days",
    "items": [
        {"description": "Pizza Margherita", "quantity": 2, "unit_price": 62.50},
        {"description": "Delivery", "quantity": 1, "unit_price": 24.95},
    ],
}


def main() -> int:
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        print(
            "There is no screenshot of the checkout page: chromium and chromedriver are not installed.", file=sys.stderr
        )
        return 0
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in ("--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=720,900"):
        options.add_argument(flag)
    # The same time and the same ids in every run, so that the screenshot changes only with the page.
    with StubServer(clock=lambda: datetime(2026, 11, 28, 12, tzinfo=UTC)) as stub:
        headers = {"Authorization": f"Bearer {stub.token}"}
        created = httpx.post(f"{stub.url}/invoices", json=INVOICE, headers=headers, trust_env=False).json()["data"]
        with webdriver.Chrome(options, webdriver.ChromeService(driver)) as page:
            page.get(created["session"]["url"])
            page.save_screenshot(str(TARGET))
    return 0


if __name__ == "__main__":
    sys.exit(main())
