from __future__ import annotations

from decimal import Decimal

import pytest

from paisr_stub import _exact


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("150", "150"),
        ("150.00", "150"),
        ("1.5E+2", "150"),
        ("0.1", "0.1"),
        ("0.10", "0.1"),
        ("-0.0", "0"),
        ("0E+9", "0"),
        ("123456789012345678901234567890.12", "123456789012345678901234567890.12"),
        ("1E-30", "0." + "0" * 29 + "1"),
        ("1.7976931348623157E+308", "1.7976931348623157E+308"),
        ("1E-300", "1E-300"),
    ],
)
def test_a_number_is_written_exactly_and_in_its_shortest_form(value: str, text: str) -> None:
    assert _exact.number(Decimal(value)) == text
    assert _exact.loads(text.encode()) == Decimal(value)


def test_amounts_are_read_exactly() -> None:
    assert _exact.loads(b"[0.1, 149.95, 1e400, 3]") == [Decimal("0.1"), Decimal("149.95"), Decimal("1E400"), 3]


def test_every_type_in_a_response_is_written() -> None:
    value = {"a": None, "b": [True, False, 1, Decimal("0.3")], "ü": '"\\\n\x00 😀'}
    written = _exact.dumps(value)
    assert written == '{"a":null,"b":[true,false,1,0.3],"ü":"\\"\\\\\\n\\u0000 😀"}'.encode()
    assert _exact.loads(written) == value


def test_a_value_that_json_does_not_have_is_not_written() -> None:
    with pytest.raises(TypeError, match="object"):
        _exact.dumps(object())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"\xff",
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"'a'",
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b"1e99999999999999999999999",
        b"01",
    ],
)
def test_invalid_json_is_refused(raw: bytes) -> None:
    with pytest.raises(_exact.UnreadableJSON):
        _exact.loads(raw)
