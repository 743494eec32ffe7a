"""Arguments: invalid ones are refused before sending, with an error text; valid ones are sent with these values."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from paisr import Currency, InvalidArgumentError, InvoiceStatus
from paisr._base.texts import checked_text, safe_repr

GOOD: dict[str, Any] = {"customer": "cus_1", "summary": "Pizza", "due": "In 3 days"}


class TextEnum(str, enum.Enum):  # noqa: UP042 - unlike StrEnum, its str() is not its value
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
    """The error text of a call that is refused before anything is sent."""
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
        assert any(word in sentence for word in ("; ", "the most", "such as")), "the text does not name a valid value"
        assert len(sentence) < 300
        assert "\n" not in sentence
        sentence.encode()
        return sentence

    return refused


def test_an_id_with_another_beginning_is_refused_with_the_beginning(refused: Any) -> None:
    assert refused("get", "nope") == (
        "invoice_id='nope' does not begin with inv_; give a text that does, such as 'inv_123456'."
    )
    assert refused("get", "inv_\n1").startswith("invoice_id='inv_\\n1' does not match ^inv_.*$; ")


@pytest.mark.parametrize("invoice_id", BAD_IDS, ids=lambda one: ascii(one) if type(one) is not object else "object")
def test_an_invalid_id_is_refused(refused: Any, invoice_id: Any) -> None:
    for name in ("get", "with_response.get", "wait"):
        assert "invoice_id" in refused(name, invoice_id)


@pytest.mark.parametrize("limit", BAD_LIMITS, ids=lambda limit: type(limit).__name__)
def test_an_invalid_limit_is_refused(refused: Any, limit: Any) -> None:
    for name in ("list", "with_response.list"):
        sentence = refused(name, limit=limit)
        assert "limit" in sentence
        assert "1 to 1000" in sentence


@pytest.mark.parametrize(
    "currency", ["srd", "SRDX", "SR", "S1D", "ÄÖÜ", "SRD\n", *BAD_TEXTS[:2], 7, True, b"SRD"], ids=ascii
)
def test_a_currency_filter_without_three_capital_letters_is_refused(refused: Any, currency: Any) -> None:
    assert "currency" in refused("list", currency=currency)


@pytest.mark.parametrize("currency", ["srd", "GBP", "", " SRD", Currency("GBP"), 7, True, b"SRD"], ids=ascii)
def test_an_unknown_currency_of_a_create_is_refused(refused: Any, currency: Any) -> None:
    assert "currency" in refused("create", **GOOD, currency=currency)


def test_a_refusal_names_the_known_values(refused: Any) -> None:
    assert "'SRD', 'USD', 'EUR'" in refused("create", **GOOD, currency="GBP")
    assert "'draft', 'unpaid', 'paid', 'void'" in refused("list", status="payed")


@pytest.mark.parametrize("status", ["payed", "PAID", "", "paid ", InvoiceStatus("other"), 7, True, b"paid"], ids=ascii)
def test_an_unknown_status_is_refused(refused: Any, status: Any) -> None:
    assert "status" in refused("list", status=status)


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: type(text).__name__)
def test_an_invalid_text_is_refused(refused: Any, text: Any) -> None:
    assert "customer" in refused("create", **{**GOOD, "customer": text})
    assert "due" in refused("create", **{**GOOD, "due": text})
    if text != "":
        assert "summary" in refused("create", **{**GOOD, "summary": text})
    if text is not None:
        assert "resource_id" in refused("list", resource_id=text)


@pytest.mark.parametrize(
    "until", [(), [], "payed", "", ["paid", ""], ["paid", 7], 5, None, True, ["settled"], b"paid"], ids=ascii
)
def test_an_until_other_than_one_or_more_statuses_is_refused(refused: Any, until: Any) -> None:
    assert "until" in refused("wait", "inv_1", until=until)


@pytest.mark.parametrize(
    "seconds",
    [0, -1, 0.0, float("nan"), float("inf"), -float("inf"), True, "30", b"1", [30], 10**400, 1e300, 1e9, Unprintable()],
)
def test_an_invalid_number_of_seconds_is_refused(refused: Any, seconds: Any) -> None:
    assert "timeout" in refused("get", "inv_1", timeout=seconds)
    assert "timeout" in refused("list", timeout=seconds)
    assert "timeout" in refused("create", **GOOD, timeout=seconds)
    assert "timeout" in refused("wait", "inv_1", timeout=seconds)
    assert "interval" in refused("wait", "inv_1", interval=seconds)


def test_a_text_enumeration_is_sent_by_its_value(side: Any, script: Any, invoice: Any) -> None:
    responses = script((200, invoice))
    client = side.client(responses)
    side.call(client, "create", **{**GOOD, "customer": TextEnum.CUSTOMER}, currency=TextEnum.SRD)
    assert b'"customer":"cus_1"' in responses.requests[0].content
    assert b'"currency":"SRD"' in responses.requests[0].content


def test_a_text_is_passed_on_unchanged() -> None:
    for text in ("a", " ", "é\u202e🍕", "\x00", "𐀀"):
        assert checked_text(text, "name") == text
    assert checked_text("", "name", empty=True) == ""


def test_the_position_of_a_lone_surrogate_is_named() -> None:
    with pytest.raises(InvalidArgumentError, match="index 2"):
        checked_text("ab\ud83d", "name")


def test_safe_repr_is_short_and_never_fails() -> None:
    assert safe_repr("x" * 1000) == repr("x" * 1000)[:60] + "…"
    assert safe_repr(10**5000) == "an int"
    assert safe_repr(Unprintable()) == "an Unprintable"
    assert safe_repr({"a": 1}) == "{'a': 1}"
