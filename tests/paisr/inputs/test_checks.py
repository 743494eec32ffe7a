"""Arguments that are refused before sending, with their sentences; arguments that pass, with their sent values."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from paisr import Currency, InvalidArgumentError, InvoiceStatus
from paisr._base.texts import checked_text, safe_repr

GOOD: dict[str, Any] = {"customer": "cus_1", "summary": "Pizza", "due": "In 3 days"}


class TextEnum(str, enum.Enum):  # noqa: UP042 - the older way, whose str() is not its value, is what is tested
    CUSTOMER = "cus_1"
    SRD = "SRD"


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


BAD_IDS = [
    "", ".", "..", "/", "inv_1/2", "inv_1/..", "../inv_1", "inv_1\\2", "%2e%2e", "%2E", "cus_1", "INV_1", " inv_1",
    "inv_1 ",
    "inv_\n1", "inv_\r\nX: y", "inv_\x001", "inv_\x7f", "inv_\t", "inv_\ud800", "inv_\udfff1", None, 7, True, 1.5,
    b"inv_1", ["inv_1"], object,
]  # fmt: skip
BAD_LIMITS = [0, -1, 1001, 10**5000, True, False, 1.0, "5", float("nan"), b"5", [5], Unprintable()]
BAD_TEXTS = ["", "\ud800", "a\udc00b", None, 7, True, b"text", ["text"], Unprintable()]


@pytest.fixture
def refused(side: Any, script: Any) -> Any:
    """Make the call and give back the sentence of its refusal; nothing may have been sent."""
    responses = script((200, {"success": True, "data": {"id": "inv_1", "status": "paid", "invoices": []}}))
    client = side.client(responses)

    def refused(name: str, *arguments: Any, **named: Any) -> str:
        with pytest.raises(InvalidArgumentError) as caught:
            side.call(client, name, *arguments, **named)
        assert isinstance(caught.value, ValueError)
        assert caught.value.outcome == "not_sent"
        assert responses.requests == []
        sentence = str(caught.value)
        assert sentence.endswith(".")
        assert any(word in sentence for word in ("; ", "the most", "such as")), "what would be right is missing"
        assert len(sentence) < 300
        assert "\n" not in sentence
        sentence.encode()
        return sentence

    return refused


@pytest.mark.parametrize("invoice_id", BAD_IDS, ids=lambda one: ascii(one) if type(one) is not object else "object")
def test_an_invalid_id_is_refused(refused: Any, invoice_id: Any) -> None:
    for name in ("get", "with_response.get", "wait"):
        assert "invoice_id" in refused(name, invoice_id)


@pytest.mark.parametrize("limit", BAD_LIMITS, ids=lambda limit: type(limit).__name__)
def test_a_limit_that_the_api_does_not_take_is_refused(refused: Any, limit: Any) -> None:
    for name in ("list", "with_response.list"):
        sentence = refused(name, limit=limit)
        assert "limit" in sentence
        assert "1 to 1000" in sentence


@pytest.mark.parametrize(
    "currency", ["srd", "SRDX", "SR", "S1D", "ÄÖÜ", "SRD\n", *BAD_TEXTS[:2], 7, True, b"SRD"], ids=ascii
)
def test_a_currency_to_filter_by_has_three_capital_letters(refused: Any, currency: Any) -> None:
    assert "currency" in refused("list", currency=currency)


@pytest.mark.parametrize("currency", ["srd", "GBP", "", " SRD", Currency("GBP"), 7, True, b"SRD"], ids=ascii)
def test_an_invoice_is_in_a_known_currency(refused: Any, currency: Any) -> None:
    assert "currency" in refused("create", **GOOD, currency=currency)


def test_the_known_values_are_named(refused: Any) -> None:
    assert "'SRD', 'USD', 'EUR'" in refused("create", **GOOD, currency="GBP")
    assert "'draft', 'unpaid', 'paid', 'void'" in refused("list", status="payed")


@pytest.mark.parametrize("status", ["payed", "PAID", "", "paid ", InvoiceStatus("other"), 7, True, b"paid"], ids=ascii)
def test_an_unknown_status_is_refused(refused: Any, status: Any) -> None:
    assert "status" in refused("list", status=status)


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: type(text).__name__)
def test_texts_are_texts(refused: Any, text: Any) -> None:
    assert "customer" in refused("create", **{**GOOD, "customer": text})
    assert "due" in refused("create", **{**GOOD, "due": text})
    if text != "":
        assert "summary" in refused("create", **{**GOOD, "summary": text})
    if text is not None:
        assert "resource_id" in refused("list", resource_id=text)


@pytest.mark.parametrize(
    "until", [(), [], "payed", "", ["paid", ""], ["paid", 7], 5, None, True, ["settled"], b"paid"], ids=ascii
)
def test_what_to_wait_for_is_one_or_more_statuses(refused: Any, until: Any) -> None:
    assert "until" in refused("wait", "inv_1", until=until)


@pytest.mark.parametrize(
    "seconds",
    [0, -1, 0.0, float("nan"), float("inf"), -float("inf"), True, "30", b"1", [30], 10**400, 1e300, 1e9, Unprintable()],
)
def test_a_time_is_a_number_of_seconds_that_a_machine_can_wait(refused: Any, seconds: Any) -> None:
    assert "timeout" in refused("get", "inv_1", timeout=seconds)
    assert "timeout" in refused("list", timeout=seconds)
    assert "timeout" in refused("create", **GOOD, timeout=seconds)
    assert "timeout" in refused("wait", "inv_1", timeout=seconds)
    assert "interval" in refused("wait", "inv_1", interval=seconds)


def test_an_enumeration_of_texts_is_its_value_and_not_its_name(side: Any, script: Any, invoice: Any) -> None:
    responses = script((200, invoice))
    client = side.client(responses)
    side.call(client, "create", **{**GOOD, "customer": TextEnum.CUSTOMER}, currency=TextEnum.SRD)
    assert b'"customer":"cus_1"' in responses.requests[0].content
    assert b'"currency":"SRD"' in responses.requests[0].content


def test_a_text_is_passed_on_as_it_is() -> None:
    for text in ("a", " ", "é\u202e🍕", "\x00", "𐀀"):
        assert checked_text(text, "name") == text
    assert checked_text("", "name", empty=True) == ""


def test_the_place_of_a_lone_surrogate_is_named() -> None:
    with pytest.raises(InvalidArgumentError, match="index 2"):
        checked_text("ab\ud83d", "name")


def test_what_is_shown_is_short_and_never_fails() -> None:
    assert safe_repr("x" * 1000) == repr("x" * 1000)[:60] + "…"
    assert safe_repr(10**5000) == "an int"
    assert safe_repr(Unprintable()) == "an Unprintable"
    assert safe_repr({"a": 1}) == "{'a': 1}"
