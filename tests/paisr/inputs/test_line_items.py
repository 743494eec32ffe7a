"""The items of a new invoice: accepted types and values, and refused ones."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from paisr import InvalidArgumentError, LineItem
from paisr._session import checked_values
from paisr_generated.api import operation_named

LINE: dict[str, Any] = {"description": "Pizza", "quantity": 2, "unit_price": "62.50"}


# Texts that `Decimal` takes.
ODD_NUMBERS = ["1_000", " 75 ", "75\n", "\uff11\uff12", "\u0661", "1.", ".5"]


def items_for_request(items: Any) -> Any:
    bill = {"customer": "c", "summary": "s", "due": "d", "items": items}
    return checked_values(operation_named("create_invoice"), bill)["items"]


def sent(items: Any) -> list[tuple[str, str, str]]:
    return [(item["description"], str(item["quantity"]), str(item["unit_price"])) for item in items_for_request(items)]


def lines() -> Iterator[LineItem]:
    yield LineItem("Pizza", 2, "62.50")


@pytest.mark.parametrize(
    "items",
    [
        [LineItem("Pizza", 2, "62.50")],
        (LineItem(description="Pizza", quantity="2", unit_price=Decimal("62.50")),),
        [LINE],
        [OrderedDict(LINE)],
        [MappingProxyType(LINE)],
        {LineItem("Pizza", 2, "62.50")},
        lines(),
        (line for line in [LINE]),
        {"a": LINE}.values(),
    ],
)
def test_items_can_be_line_items_or_mappings_in_any_iterable(items: Any) -> None:
    assert sent(items) == [("Pizza", "2", "62.50")]


def test_no_items_and_up_to_fifty_items_are_accepted() -> None:
    assert sent(()) == []
    assert len(sent([LINE] * 50)) == 50
    with pytest.raises(InvalidArgumentError, match="more than 50 items, the most"):
        items_for_request([LINE] * 51)


def test_an_endless_generator_is_refused_at_its_fifty_first_item() -> None:
    def endless() -> Iterator[dict[str, Any]]:
        while True:
            yield LINE

    with pytest.raises(InvalidArgumentError, match="more than 50"):
        items_for_request(endless())


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("Pizza", "items is a str"),
        (b"Pizza", "items is a bytes"),
        (7, "items is an int"),
        (LINE, "items is a dict"),
        (LineItem("Pizza", 1, 1), "items is a LineItem"),
        ([None], "items[0] is None"),
        ([LINE, "Pizza"], "items[1] is a str"),
        ([("Pizza", 1, 1)], "items[0] is a tuple"),
        ([{}], "items[0] has no 'description'"),
        ([{"description": "x", "quantity": 1}], "items[0] has no 'unit_price'"),
        ([{**LINE, "price": 1}], "items[0] has 'price'"),
        ([{**LINE, 5: 1}], "items[0] has 5"),
        ([{**LINE, "quantity": 0}], "items[0].quantity=0 is out of range"),
        ([{**LINE, "quantity": "0.5"}], "items[0].quantity=0.5 is out of range"),
        ([{**LINE, "quantity": 1.0}], "items[0].quantity=1.0 is a float"),
        ([{**LINE, "quantity": True}], "items[0].quantity is a bool"),
        ([LINE, {**LINE, "unit_price": "-0.01"}], "items[1].unit_price=-0.01 is out of range"),
        ([{**LINE, "unit_price": float("nan")}], "items[0].unit_price=nan is a float"),
        ([{**LINE, "unit_price": Decimal("Infinity")}], "items[0].unit_price=Decimal('Infinity') is not a number"),
        ([{**LINE, "unit_price": "1,50"}], "items[0].unit_price='1,50' is not a plain number"),
        *(
            ([{**LINE, "unit_price": text}], f"items[0].unit_price={text!r} is not a plain number")
            for text in ODD_NUMBERS
        ),
        ([{**LINE, "description": None}], "items[0].description is None"),
        ([{**LINE, "description": "\ud800"}], "items[0].description has a lone surrogate"),
    ],
)
def test_an_invalid_item_is_refused_with_its_path(items: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        items_for_request(items)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("x", 1, 0.1), "LineItem.unit_price=0.1 is a float"),
        (("x", 0, 1), "LineItem.quantity=0 is out of range"),
        ((None, 1, 1), "LineItem.description is None"),
        (("x", 1, 10**5000), "LineItem.unit_price=Decimal('1000"),
        *((("x", 1, text), f"LineItem.unit_price={text!r} is not a plain number") for text in ODD_NUMBERS),
    ],
)
def test_an_invalid_line_item_is_refused_by_its_constructor(line: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        LineItem(*line)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("zero", ["-0", "-0.00", Decimal("-0.00")])
def test_a_negative_zero_is_sent_as_zero(zero: Any) -> None:
    digits = str(zero).removeprefix("-")
    assert sent([LineItem("Gift", 1, zero), {**LINE, "unit_price": zero}]) == [
        ("Gift", "1", digits),
        ("Pizza", "2", digits),
    ]


def test_a_line_item_is_immutable_and_compared_by_value() -> None:
    line = LineItem("Pizza", 2, "62.50")
    assert line == LineItem("Pizza", 2, "62.50")
    assert line != LineItem("Pizza", 2, "62.51")
    assert str(line.unit_price) == "62.50"
    assert copy.deepcopy(line) == pickle.loads(pickle.dumps(line)) == line
    assert repr(line) == "LineItem(description='Pizza', quantity=Decimal('2'), unit_price=Decimal('62.50'))"
    with pytest.raises(AttributeError):
        line.quantity = 3  # type: ignore[misc]  # the test is that it cannot be set
