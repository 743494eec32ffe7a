"""Shared types of the generated code: open enumerations."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import pytest

from paisr_generated import types
from paisr_generated.models import Currency, InvoiceStatus


def test_an_unknown_value_equals_its_text() -> None:
    unknown = InvoiceStatus("refunded")
    assert unknown == "refunded"
    assert str(unknown) == f"{unknown}" == unknown.value == unknown.name == "refunded"
    assert hash(unknown) == hash("refunded")
    assert {"refunded": 1}[unknown] == 1
    assert not unknown.is_known
    assert InvoiceStatus.PAID.is_known


def test_a_repr_shows_that_a_value_is_unknown() -> None:
    assert repr(InvoiceStatus("refunded")) == "<InvoiceStatus (unknown): 'refunded'>"
    assert repr(InvoiceStatus("paid")) == "<InvoiceStatus.PAID: 'paid'>"


def test_the_same_value_is_the_same_object_in_its_own_enumeration() -> None:
    unknown = InvoiceStatus("refunded")
    assert InvoiceStatus("refunded") is unknown
    assert Currency("refunded") is not unknown  # type: ignore[comparison-overlap]  # they are not to overlap
    assert unknown not in list(InvoiceStatus)
    assert len(InvoiceStatus) == 4


@pytest.mark.parametrize("value", ["paid", "refunded", ""])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_pickles_and_copies_as_itself(value: str, protocol: int) -> None:
    status = InvoiceStatus(value)
    assert pickle.loads(pickle.dumps(status, protocol)) is status
    assert copy.copy(status) is copy.deepcopy(status) is status


@pytest.mark.parametrize("value", [None, 7, 1.5, b"paid", ["paid"]])
def test_a_value_that_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid InvoiceStatus"):
        InvoiceStatus(value)


def test_unknown_values_do_not_stay_in_memory() -> None:
    gc.collect()
    before = len(types._unknown)
    kept = [InvoiceStatus(f"made-up-{number}") for number in range(1000)]
    assert len(types._unknown) == before + 1000
    del kept
    gc.collect()
    assert len(types._unknown) == before
