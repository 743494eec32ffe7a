"""A decoder's message is repeated only where it cannot have data of an invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from paisr_cli.doctor.survey import _problem


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        ("canary", Literal["a", "b"], "does not fit"),
        ("canary", int, "expected `int`, got `str`"),
        ("canary", Decimal, "invalid decimal string"),
    ],
)
def test_no_value_is_in_a_problem(value: object, hint: object, message: str) -> None:
    problem = _problem(value, hint)
    assert problem is not None
    assert problem[0] == message


@pytest.mark.parametrize(("value", "hint"), [(Decimal("0.10"), Decimal), (None, int | None), ([1, 2], list[int])])
def test_a_valid_value_is_no_problem(value: object, hint: object) -> None:
    assert _problem(value, hint) is None
