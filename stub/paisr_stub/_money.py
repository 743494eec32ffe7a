"""The three totals of an invoice, exact.

Inferred, as the documentation shows only a result (150, 15, 135 with a voucher of 10 percent): a total with more than
two decimals is rounded half up to two, once, at the end; one with two decimals or fewer is left as it is. `net_total`
is never below zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from paisr_stub._exact import EXACT
from paisr_stub._record import Record

VoucherType = Literal["percentage", "fixed"]

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, eq=False)
class Voucher(Record):
    """A voucher; `rate` is a percentage, or an amount in major units for a fixed one."""

    id: str
    type: VoucherType
    rate: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Amount(Record):
    """Totals in major units: 150 is SRD 150.00."""

    sub_total: Decimal
    discount_total: Decimal
    net_total: Decimal


def amount(lines: Iterable[tuple[Decimal, Decimal]], voucher: Voucher | None = None) -> Amount:
    """Totals of `(quantity, unit price)` pairs, less the voucher's discount."""
    exact = Decimal(0)
    for quantity, unit_price in lines:
        exact = EXACT.add(exact, EXACT.multiply(quantity, unit_price))
    sub_total = _rounded(exact)
    discount = min(_discount(sub_total, voucher), sub_total)
    return Amount(sub_total, discount, EXACT.subtract(sub_total, discount))


def _discount(sub_total: Decimal, voucher: Voucher | None) -> Decimal:
    if voucher is None:
        return Decimal(0)
    if voucher.type == "fixed":
        return _rounded(voucher.rate)
    return _rounded(EXACT.divide(EXACT.multiply(sub_total, voucher.rate), Decimal(100)))


def _rounded(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        return value.quantize(_CENT, rounding=ROUND_HALF_UP, context=EXACT)
    return value
