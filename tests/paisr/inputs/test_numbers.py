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
    with pytest.raises(InvalidArgumentError, match=rf"is out of range; give a number of at least {minimum}\.$"):
        exact(given, "x", minimum)


@pytest.mark.parametrize(
    ("given", "end"),
    [
        (0.1, "give a Decimal, an int or a text"),
        (float("nan"), "give a Decimal, an int or a text"),
        (None, "x is None; give a Decimal, an int or a text"),
        ("1,500", "give digits with a full stop"),
        ("1e9999", "give digits with a full stop"),
        (Decimal("NaN"), "give a plain one"),
    ],
)
def test_the_example_is_one_that_the_rule_allows(given: Any, end: str) -> None:
    for minimum, such_as in ((0, ", such as '149.95'"), (200, "")):
        with pytest.raises(InvalidArgumentError) as caught:
            exact(given, "x", minimum)
        assert str(caught.value).endswith(f"{end}{such_as}.")


@pytest.mark.parametrize("given", ["1e300", Decimal(10) ** 40, 10**999], ids=type)
def test_a_multiple_is_found_in_a_number_of_any_length(given: Any) -> None:
    with localcontext() as context:
        context.prec = 2
        assert checked_number(Number(multiple_of=Decimal("0.01")), given, "x") == Decimal(given)
        with pytest.raises(InvalidArgumentError, match=r"^x=1.* is not a multiple of 0\.03; give a number that is\.$"):
            checked_number(Number(multiple_of=Decimal("0.03")), given, "x")


def test_the_minimum_itself_is_accepted() -> None:
    assert exact("1.00", "x", 1) == 1
    assert exact(0, "x", 0) == 0


def test_a_float_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidArgumentError, match=r"^x=0\.1 is a float, which cannot hold .* such as '149\.95'\.$"):
        exact(0.1, "x", 0)
