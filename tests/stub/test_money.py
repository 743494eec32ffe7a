from __future__ import annotations

from decimal import Decimal

import pytest

from paisr_stub._money import Voucher, amount


def totals(*lines: tuple[str, str], voucher: Voucher | None = None) -> tuple[str, str, str]:
    found = amount([(Decimal(quantity), Decimal(price)) for quantity, price in lines], voucher)
    return str(found.sub_total), str(found.discount_total), str(found.net_total)


def percent(rate: str) -> Voucher:
    return Voucher("vch_1", "percentage", Decimal(rate))


def fixed(rate: str) -> Voucher:
    return Voucher("vch_1", "fixed", Decimal(rate))


def test_the_documented_example_has_its_documented_totals() -> None:
    assert totals(("2", "75"), voucher=percent("10")) == ("150", "15", "135")


@pytest.mark.parametrize(
    ("lines", "sub_total"),
    [
        ([], "0"),
        ([("3", "0.1")], "0.3"),
        ([("1", "0.1"), ("1", "0.2")], "0.3"),
        ([("1.5", "0.01")], "0.02"),
        ([("1", "0.004")], "0.00"),
        ([("1", "0.005")], "0.01"),
        ([("1", "0.015")], "0.02"),
        ([("1", "0.025")], "0.03"),
        ([("1", "0.004"), ("1", "0.004")], "0.01"),
        ([("1", "149.95"), ("1", "1E+30")], "1000000000000000000000000000149.95"),
    ],
)
def test_items_are_summed_exactly_and_rounded_once(lines: list[tuple[str, str]], sub_total: str) -> None:
    assert totals(*lines) == (sub_total, "0", sub_total)


def test_the_largest_accepted_amounts_are_exact() -> None:
    found = amount([(Decimal("1E400"), Decimal("1E400")), (Decimal(1), Decimal("0.01"))])
    assert str(found.sub_total).endswith("000.01")
    assert len(found.sub_total.as_tuple().digits) == 803


@pytest.mark.parametrize(
    ("voucher", "discount", "net"),
    [
        (percent("0"), "0", "150"),
        (percent("100"), "150", "0"),
        (percent("33.333"), "50.00", "100.00"),
        (fixed("12.5"), "12.5", "137.5"),
        (fixed("150"), "150", "0"),
        (fixed("1000"), "150", "0"),
        (fixed("0.005"), "0.01", "149.99"),
    ],
)
def test_a_voucher_gives_a_discount_of_at_most_the_sub_total(voucher: Voucher, discount: str, net: str) -> None:
    sub_total, *rest = totals(("1", "150"), voucher=voucher)
    assert sub_total == "150"
    assert [Decimal(value) for value in rest] == [Decimal(discount), Decimal(net)]
