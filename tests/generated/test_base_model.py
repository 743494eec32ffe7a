"""Models convert to plain data and back, exactly, and work with frameworks, queues and copies."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest

import paisr
from paisr_generated import models
from paisr_generated.base_model import BaseModel
from paisr_generated.types import IfPresent, ModelList

EXAMPLE = Path(__file__).parents[2] / "openapi" / "examples" / "get-invoice-response.json"
DATA = json.loads(EXAMPLE.read_text())["data"]


class Renamed(
    msgspec.Struct, BaseModel, frozen=True, kw_only=True, rename={"from_": "from"}, tag_field="kind", tag="r"
):
    """A model with a name that Python cannot have, and a tag."""

    from_: Decimal
    absent: IfPresent[str] = None
    anything: Any = None


def invoice() -> models.Invoice:
    return models.Invoice.from_dict(DATA)


def test_a_dict_has_every_field_in_the_contracts_order_and_exact_values() -> None:
    found = models.Invoice.from_json(
        '{"id": "inv_1", "status": "settled", "amount": {"net_total": 1.10}, "created_at": "2023-11-07T05:31:56Z"}'
    ).to_dict()
    assert list(found) == [one.name for one in attrs.fields(models.Invoice)]
    assert (found["id"], found["status"], found["customer"], found["sid"]) == ("inv_1", "settled", None, None)
    assert (type(found["amount"]), str(found["amount"]["net_total"])) == (dict, "1.10")
    assert found["created_at"] == datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)


def test_a_dict_for_json_has_texts_where_json_has_no_exact_value() -> None:
    found = invoice().to_dict(mode="json")
    assert json.loads(json.dumps(found)) == found
    assert (found["amount"]["sub_total"], found["due_at"]) == ("150", "2023-11-07T05:31:56Z")
    assert type(found["status"]) is str


def test_json_has_amounts_as_numbers_with_their_digits() -> None:
    text = models.Amount(net_total=Decimal("1.10"), sub_total=Decimal("9" * 40)).to_json()
    assert text == '{"sub_total":%s,"discount_total":null,"net_total":1.10}' % ("9" * 40)
    sent = {key: value for key, value in json.loads(invoice().to_json()).items() if value is not None}
    assert sent == {key: DATA[key] for key in sent}


@pytest.mark.parametrize("way", ["python", "json", "text", "bytes"])
def test_a_model_is_equal_after_a_round_trip(way: Any) -> None:
    one = invoice()
    if way in {"text", "bytes"}:
        back = models.Invoice.from_json(one.to_json() if way == "text" else one.to_json().encode())
    else:
        back = models.Invoice.from_dict(one.to_dict(mode=way))
    assert back == one
    item = models.LineItem("Pizza", 2, "62.50")
    assert models.LineItem.from_dict(item.to_dict()) == models.LineItem.from_json(item.to_json()) == item


def test_a_list_is_converted_like_its_field() -> None:
    found = models.InvoiceList.from_dict({"invoices": [DATA, invoice()]})
    assert isinstance(found, ModelList)
    assert list(found) == [invoice()] * 2
    assert found.to_dict(mode="json") == {"invoices": [invoice().to_dict(mode="json")] * 2}


def test_users_own_line_items_are_models_too() -> None:
    item = paisr.LineItem("Pizza", 1, "0.10")
    assert item.to_dict() == {"description": "Pizza", "quantity": 1, "unit_price": Decimal("0.10")}
    assert type(paisr.LineItem.from_dict(item.to_dict(mode="json"))) is paisr.LineItem


def test_names_are_those_of_json_and_absent_non_nullable_fields_are_left_out() -> None:
    one = Renamed(from_=Decimal("1.0"), anything={"a": [Decimal("2.50"), None]})
    assert one.to_dict() == {"kind": "r", "from": Decimal("1.0"), "anything": {"a": [Decimal("2.50"), None]}}
    assert one.to_json() == '{"kind":"r","from":1.0,"anything":{"a":[2.50,null]}}'
    assert Renamed.from_dict(one.to_dict()) == Renamed.from_json(one.to_json()) == one
    assert one.__replace__(absent="b").to_dict(mode="json")["absent"] == "b"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"id": "inv_1"}, "status"),
        ({"id": 7, "status": "paid"}, r"\$\.id"),
        ({"id": "inv_1", "status": "paid", "amount": {"net_total": "NaN"}}, "net_total"),
        ({"id": "inv_1", "status": "paid", "due_at": datetime(2024, 1, 1)}, r"\$\.due_at"),
    ],
)
def test_invalid_data_is_a_value_error_with_its_path(data: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=place):
        models.Invoice.from_dict(data)
    with pytest.raises(ValueError, match=place):
        models.Invoice.from_json(json.dumps(data, default=datetime.isoformat))


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="mode='xml' is not known; give 'python' or 'json'"):
        invoice().to_dict(mode="xml")  # type: ignore[arg-type]  # the mistake under test


def test_copies_are_equal_and_replace_makes_a_changed_copy() -> None:
    one = invoice()
    for travel in (copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))):
        assert travel(one) == one
    other = one.__replace__(summary="other")  # what copy.replace calls
    assert (other.summary, other.id, one.summary) == ("other", one.id, DATA["summary"])
    with pytest.raises(TypeError):
        one.__replace__(nothing=1)


def test_every_public_model_has_the_methods_of_conversion() -> None:
    classes = [getattr(models, name) for name in models.__all__ if attrs.has(getattr(models, name))]
    assert len(classes) > 8
    assert all(issubclass(one, BaseModel) for one in classes)


def test_a_model_takes_no_more_memory_than_its_fields() -> None:
    assert not hasattr(invoice(), "__dict__")


def test_encoders_that_ask_the_object_get_json() -> None:
    """Such as kombu's, which Celery uses for the arguments of tasks."""
    asking = json.dumps({"of": invoice()}, default=lambda one: one.__json__())
    assert models.Invoice.from_dict(json.loads(asking)["of"]) == invoice()


class TestPydantic:
    """FastAPI reads arguments and writes responses with Pydantic."""

    @pytest.fixture(autouse=True)
    def pydantic(self) -> Any:
        return pytest.importorskip("pydantic", reason="the lowest versions are tested without the generator's packages")

    def test_a_model_is_written_and_read(self, pydantic: Any) -> None:
        kind = pydantic.TypeAdapter(list[models.Invoice])
        assert kind.dump_python([invoice()], mode="json") == [invoice().to_dict(mode="json")]
        assert kind.validate_json(kind.dump_json([invoice()])) == [invoice()]
        assert kind.validate_python([invoice()]) == [invoice()]

    def test_invalid_data_is_an_error_of_pydantic(self, pydantic: Any) -> None:
        with pytest.raises(pydantic.ValidationError, match="status"):
            pydantic.TypeAdapter(models.Invoice).validate_python({"id": "inv_1"})

    def test_a_json_schema_can_be_generated(self, pydantic: Any) -> None:
        schema = pydantic.TypeAdapter(list[models.Invoice]).json_schema(mode="serialization")
        assert schema["items"] == {"title": "Invoice", "type": "object"}
