"""Numbers are sent with the given digits, or refused."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest

from paisr import InvalidArgumentError
from paisr._inputs.numbers import checked_number
from paisr_generated.rules import Number


def exact(value: Any, name: str, minimum: int) -> Decimal:
    return checked_number(Number(minimum=Decimal(minimum)), value, name)


@pytest.mark.parametrize(
    ("given", "digits"),
    [
        (1, "1"),
        ("1", "1"),
        ("62.50", "62.50"),
        (Decimal("149.950"), "149.950"),
        ("+5", "5"),
        ("007.10", "7.10"),
        ("1e3", "1E+3"),
        ("1" * 50 + ".05", "1" * 50 + ".05"),
        (10**40, "1" + "0" * 40),
        ("0.1e2", "1E+1"),
        ("-0", "0"),
        (Decimal("-0.00"), "0.00"),
    ],
)
def test_a_number_is_sent_with_its_digits(given: Any, digits: str) -> None:
    assert str(exact(given, "x", 0)) == digits


def test_the_caller_s_decimal_context_does_not_round() -> None:
    with localcontext() as context:
        context.prec = 2
        assert str(exact("123456.789", "x", 1)) == "123456.789"
        assert str(exact(123456789, "x", 1)) == "123456789"


BAD = [
    0.1, 1.0, float("nan"), float("inf"), True, False, None, b"1", Fraction(1, 3), 1 + 0j, [1], (0, (1,), 0),
    "", " ", "1,50", "1_000", "1.", ".5", "abc", "0x10", "1e", "e5", "NaN", "nan", "sNaN", "Infinity", "-inf", "1 ",
    " 1", "1\n", "\uff11", "\u0663", "--1", "1e9999", "1e1000", "9" * 1001, 10**1000, 10**5000, "1e-1000",
    Decimal("1e1000"),
    Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("1e-1000"),
    Decimal("0e-5000"),
]  # fmt: skip


@pytest.mark.parametrize("given", BAD, ids=lambda given: type(given).__name__)
def test_a_value_that_is_no_exact_number_is_refused(given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^x( is |=).*; give .*\.$") as caught:
        exact(given, "x", 0)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(("given", "minimum"), [(0, 1), ("0.99", 1), (-1, 0), ("-0.01", 0), (Decimal("-1e10"), 0)])
def test_a_number_below_the_minimum_is_refused_with_the_minimum(given: Any, minimum: int) -> None:
    with pytest.raises(
        InvalidArgumentError, match=rf"less than {minimum}; the least that the API takes is {minimum}\.$"
    ):
        exact(given, "x", minimum)


@pytest.mark.parametrize(
    ("given", "minimum", "end"),
    [
        (0.1, 0, "give a Decimal, an int or a text such as '0.1'."),
        (0.5, 1, "give a Decimal, an int or a text of at least 1, such as '1'."),
        (-0.0, 0, "give a Decimal, an int or a text such as '0.0'."),
        (float("nan"), 1, "give a Decimal, an int or a text such as '149.95'."),
        (float("inf"), 200, "give a Decimal, an int or a text of at least 200, such as '200'."),
        (None, 1, "x is None; give a Decimal, an int or a text such as '149.95'."),
        ("1,5", 1, "give digits with a full stop, such as '1.5'."),
        ("0,5", 1, "give digits with a full stop, of at least 1, such as '1'."),
        ("1,500", 1, "give digits with a full stop, such as '149.95'."),
        ("1.234,56", 1, "give digits with a full stop, such as '149.95'."),
        ("1_000", 1, "give digits with a full stop, such as '1000'."),
        ("\uff11\uff12", 1, "give digits with a full stop, such as '12'."),
        (" 75 ", 1, "give digits with a full stop, such as '75'."),
        ("1e9999", 1, "give digits with a full stop, such as '149.95'."),
        ("abc", 1, "give digits with a full stop, such as '149.95'."),
        ("1," + "5" * 99, 1, "give digits with a full stop, such as '149.95'."),
    ],
)
def test_the_example_is_near_what_was_given_and_allowed(given: Any, minimum: int, end: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        exact(given, "x", minimum)
    assert str(caught.value).endswith(end)


def test_a_rule_that_nothing_is_known_to_satisfy_has_no_example() -> None:
    rule = Number(exclusive_minimum=Decimal(200), multiple_of=Decimal("0.01"))
    for given in (0.5, 1e300):
        with pytest.raises(InvalidArgumentError, match=r"give a Decimal, an int or a text above 200\.$"):
            checked_number(rule, given, "x")


def test_the_minimum_itself_is_accepted() -> None:
    assert exact("1.00", "x", 1) == 1
    assert exact(0, "x", 0) == 0


def test_a_float_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidArgumentError, match=r"x=0\.1 is a float, which cannot hold .* a text such as '0\.1'\.$"):
        exact(0.1, "x", 0)
