"""The readable part of an invalid body, for shapes of responses that this contract does not have."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Literal

import msgspec
import pytest
from attrs import frozen
from msgspec import Struct

from paisr_generated.operations import Response
from paisr_generated.reading import DECODING_ERRORS, what_and_where
from paisr_generated.salvage import MAX_LEFT_OUT, Salvage


@frozen(kw_only=True)
class Part:
    """A part."""

    name: str
    note: str | None = None
    price: Decimal | None = None


class Renamed(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A model with a name that Python cannot have."""

    from_: str | None = None
    parts: list[Part] | None = None
    labels: dict[str, int] | None = None
    absent: str = "given"


class Parts(Struct, frozen=True):
    """An envelope around a bare list."""

    data: list[Part]


def salvage(model: Any, *, tolerant: bool = True, **of_response: Any) -> Salvage:
    return Salvage(response=Response(model, **of_response), scrub=lambda data: data, tolerant=tolerant)


@pytest.mark.parametrize(
    ("body", "places", "expected"),
    [
        ({"from": 7}, ["$.from"], Renamed()),
        ({"absent": None}, ["$.absent"], Renamed()),
        ({"labels": {"a": "x"}, "from": "f"}, ["$.labels"], Renamed(from_="f")),
        ({"parts": [{"name": "a", "note": 7}]}, ["$.parts[].note"], Renamed(parts=[Part(name="a")])),
        ({"parts": [{"name": 7}], "from": 7}, ["$.from", "$.parts"], Renamed()),
        ({"parts": [{"note": "a"}]}, ["$.parts"], Renamed()),
    ],
)
def test_the_nearest_optional_field_is_left_out(body: Any, places: list[str], expected: Renamed) -> None:
    reading = salvage(Renamed)
    assert reading.read(json.dumps(body).encode()) == expected
    assert sorted(reading.left_out) == places


def test_neither_a_number_in_an_inner_list_nor_its_parent_is_left_out() -> None:
    with pytest.raises(msgspec.ValidationError, match="price"):
        salvage(Renamed).read(b'{"parts": [{"name": "a", "price": "much"}]}')


class Kind(Struct, frozen=True):
    """A model whose decoder quotes a value that is not allowed."""

    kind: Literal["a", "b"]


def test_the_reason_and_the_text_of_an_unreadable_item_are_scrubbed() -> None:
    reading = salvage(list[Kind])
    reading.scrub = lambda data: data.replace(b"hidden", b"[x]")
    assert reading.read(b'[{"kind": "a"}, {"kind": "hidden"}]') == [Kind("a")]
    (item,) = reading.unreadable
    assert (item.reason, item.raw) == ("invalid enum value '[x]'", '{"kind": "[x]"}')


@pytest.mark.parametrize(
    ("model", "enveloped", "around"), [(list[Part], False, b"%s"), (Parts, True, b'{"data": %s}')], ids=["bare", "data"]
)
@pytest.mark.parametrize("tolerant", [False, True])
def test_a_list_of_models_is_read_without_its_unreadable_items(
    model: Any, enveloped: bool, around: bytes, tolerant: bool
) -> None:
    reading = salvage(model, tolerant=tolerant, enveloped=enveloped)
    found = reading.read(around % b'[{"name": "a"}, {"name": 7}, {"name": "b"}, 8]')
    assert (found.data if enveloped else found) == [Part(name="a"), Part(name="b")]
    place = "$.data" if enveloped else "$"
    assert [(one.index, one.path, one.raw) for one in reading.unreadable] == [
        (1, f"{place}[1].name", '{"name": 7}'),
        (3, f"{place}[3]", "8"),
    ]


def test_the_number_of_fields_that_are_left_out_is_bounded() -> None:
    """Each field that is left out costs another parse: an entirely invalid body must not take quadratic time."""
    parts = [{"name": "a", "note": 7}] * MAX_LEFT_OUT
    assert salvage(Renamed).read(json.dumps({"parts": parts}).encode()).parts == [Part(name="a")] * MAX_LEFT_OUT
    with pytest.raises(DECODING_ERRORS) as caught:
        salvage(Renamed).read(json.dumps({"parts": [*parts, parts[0]]}).encode())
    assert what_and_where(caught.value)[1] == f"$.parts[{MAX_LEFT_OUT}].note"


def test_an_error_in_a_map_does_not_name_its_key() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"a": {"x": 1}}', type=dict[str, dict[int, int]])
    assert what_and_where(caught.value) == ("expected `int`, got `str`", "$[...]")
