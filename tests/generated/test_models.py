"""The generated models: a test for each defect of the generator's own output."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import msgspec
import pytest

from paisr_generated import models


def invoice(**fields: Any) -> dict[str, Any]:
    return {"id": "inv_1", "status": "paid", **fields}


def read(data: dict[str, Any] | str) -> models.Invoice:
    """One invoice, decoded in its envelope; a text is taken as the JSON of the whole `data`."""
    text = data if isinstance(data, str) else json.dumps(data)
    return msgspec.json.decode(f'{{"success": true, "data": {text}}}', type=models.GetInvoiceResponse).data


def read_total(number: str) -> Decimal | None:
    amount = read(f'{{"id": "inv_1", "status": "paid", "amount": {{"net_total": {number}}}}}').amount
    assert amount is not None
    return amount.net_total


def refusal(data: dict[str, Any] | str) -> str:
    with pytest.raises(msgspec.ValidationError) as caught:
        read(data)
    return str(caught.value)


def model_classes() -> Iterator[type]:
    for name in models.__all__:
        if attrs.has(cls := getattr(models, name)) and cls is not models.LineItem:
            yield cls


# Money is exact -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["0.1", "149.95", "1.10", "150", "0", "-12.345", "9" * 40 + ".01", "1E+400", "1E-400"]
)
def test_a_number_is_the_decimal_of_its_digits(number: str) -> None:
    assert str(read_total(number)) == number


@pytest.mark.parametrize("number", ['"NaN"', '"sNaN"', '"-NaN"', '"Infinity"', '"-Infinity"', '"\\u004eaN"'])
def test_an_invalid_number_is_refused_with_its_path(number: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"`net_total` .* - at `\$\.data\.amount`"):
        read_total(number)


@pytest.mark.parametrize("number", ["1e1000", "1e-1000", "0e-1000", "-1e999999999999", "1" * 1001, "1" * 5000])
def test_a_number_that_would_fill_the_memory_is_refused(number: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"`net_total` is not a number of a usable size"):
        read_total(number)


@pytest.mark.parametrize("number", ["1e999", "1e-999", "0e999", "1" * 1000])
def test_a_number_at_the_size_limit_is_accepted(number: str) -> None:
    assert read_total(number) == Decimal(number)


@pytest.mark.parametrize("field", ["sub_total", "discount_total", "net_total"])
def test_every_amount_is_checked(field: str) -> None:
    assert f"`{field}`" in refusal(invoice(amount={field: "NaN"}))
    assert "`rate`" in refusal(invoice(voucher={"rate": "Infinity"}))


@pytest.mark.parametrize("given", [2, "2", Decimal(2)])
def test_a_model_of_a_request_accepts_numbers_and_texts_of_digits(given: Any) -> None:
    assert models.LineItem("x", given, unit_price="0.10") == models.LineItem("x", Decimal(2), Decimal("0.10"))


# Nothing wrong is swallowed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"due_at": "soon"}, "$.data.due_at"),
        ({"due_at": "2023-11-07T05:31:56"}, "$.data.due_at"),
        ({"due_at": "2023-11-07"}, "$.data.due_at"),
        ({"due_at": 1699335116}, "$.data.due_at"),
        ({"customer": "cus_123456"}, "$.data.customer"),
        ({"customer": {"billing_details": []}}, "$.data.customer.billing_details"),
        ({"voucher": {"type": 7}}, "$.data.voucher.type"),
        ({"sid": "7"}, "$.data.sid"),
        ({"sid": 7.5}, "$.data.sid"),
        ({"sid": True}, "$.data.sid"),
        ({"summary": 7}, "$.data.summary"),
        ({"amount": {"net_total": True}}, "$.data.amount.net_total"),
        ({"amount": {"net_total": "many"}}, "$.data.amount.net_total"),
        ({"id": None}, "$.data.id"),
        ({"status": None}, "$.data.status"),
        ({"status": 3}, "$.data.status"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(fields: dict[str, Any], place: str) -> None:
    assert refusal(invoice(**fields)).endswith(f"- at `{place}`")


def test_an_integer_of_5000_digits_is_a_validation_error() -> None:
    assert refusal(f'{{"id": "inv_1", "status": "paid", "sid": {"9" * 5000}}}').endswith("- at `$.data.sid`")


def test_the_path_into_a_list_has_an_index() -> None:
    invoices = [invoice(), invoice(), invoice(), invoice(amount={"net_total": []})]
    payload = json.dumps({"success": True, "data": {"invoices": invoices}})
    with pytest.raises(msgspec.ValidationError, match=r"at `\$\.data\.invoices\[3\]\.amount\.net_total`"):
        msgspec.json.decode(payload, type=models.ListInvoicesResponse)


@pytest.mark.parametrize("missing", ["id", "status"])
def test_a_missing_field_is_a_validation_error_and_not_a_key_error(missing: str) -> None:
    data = invoice()
    del data[missing]
    assert f"missing required field `{missing}`" in refusal(data)


@pytest.mark.parametrize(
    ("response", "payload"),
    [
        (models.GetInvoiceResponse, {"success": False, "data": invoice()}),
        (models.ListInvoicesResponse, {"success": False, "data": {"invoices": []}}),
        (models.CreateInvoiceResponse, {"success": False, "data": invoice()}),
        (models.ErrorResponse, {"success": True, "message": "all is well"}),
    ],
)
def test_an_envelope_requires_its_constant(response: type, payload: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="`success` is"):
        msgspec.json.decode(json.dumps(payload), type=response)


def test_a_time_is_aware_and_keeps_its_offset() -> None:
    assert read(invoice(due_at="2023-11-07T05:31:56Z")).due_at == datetime(2023, 11, 7, 5, 31, 56, tzinfo=UTC)
    here = read(invoice(due_at="2023-11-07T02:31:56.25-03:00")).due_at
    assert here == datetime(2023, 11, 7, 2, 31, 56, 250_000, tzinfo=timezone(timedelta(hours=-3)))
    assert here is not None
    assert here.utcoffset() == timedelta(hours=-3)


# One kind of nothing ------------------------------------------------------------------------------------------------


def test_absent_and_null_both_read_as_none() -> None:
    names = [field.name for field in attrs.fields(models.Invoice) if field.name not in {"id", "status"}]
    assert len(names) == 12
    assert read(invoice()) == read(invoice(**dict.fromkeys(names)))
    assert all(getattr(read(invoice()), name) is None for name in names)


def test_no_response_has_an_unset_value() -> None:
    for cls in model_classes():
        for field in attrs.fields(cls):
            assert field.default in {None, attrs.NOTHING}, f"{cls.__name__}.{field.name}"
            assert msgspec.UnsetType not in typing.get_args(typing.get_type_hints(cls)[field.name])


def test_an_unknown_field_is_skipped() -> None:
    strange = {"line_items": [{"id": "itm_1"}], "additional_properties": {"id": "inv_2"}, "type_": 1}
    assert read(invoice(**strange)) == read(invoice())


def test_a_field_called_type_is_called_type() -> None:
    voucher = read(invoice(voucher={"type": "fixed", "rate": 10})).voucher
    assert voucher == models.Voucher(type=models.VoucherType.FIXED, rate=Decimal(10))


# Unknown values -----------------------------------------------------------------------------------------------------


def test_an_unknown_value_is_kept_and_does_not_fail_the_list() -> None:
    payload = json.dumps(
        {"success": True, "data": {"invoices": [invoice(), invoice(status="refunded", currency="GYD")]}}
    )
    known, unknown = msgspec.json.decode(payload, type=models.ListInvoicesResponse).data.invoices
    assert known.status is models.InvoiceStatus.PAID
    assert (unknown.status, unknown.currency) == ("refunded", "GYD")
    assert isinstance(unknown.status, models.InvoiceStatus)
    assert isinstance(unknown.currency, models.Currency)


def test_the_enumerations_are_the_contracts() -> None:
    assert [*models.InvoiceStatus] == ["draft", "unpaid", "paid", "void"]
    assert [*models.Currency] == ["SRD", "USD", "EUR"]
    assert [*models.VoucherType] == ["percentage", "fixed"]
    assert models.InvoiceStatus.PAID.value == "paid"
    assert issubclass(models.InvoiceStatus, StrEnum)


# The classes themselves ---------------------------------------------------------------------------------------------


def test_models_are_immutable_values_with_slots() -> None:
    for cls in model_classes():
        names = [field.name for field in attrs.fields(cls)]
        if cls is not models.InvoiceList:
            public = {name for name in vars(cls) if not name.startswith("_")}
            assert public == set(names), f"{cls.__name__} has more than its fields"
            assert "__dict__" not in dir(cls), f"{cls.__name__} has no slots"
        assert cls is models.CreateInvoiceRequest or all(field.kw_only for field in attrs.fields(cls))
    one = read(invoice(amount={"net_total": 1.10}, status="refunded"))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.summary = "other"  # type: ignore[misc]  # the assignment is what must fail
    for other in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one), attrs.evolve(one)):
        assert other == one
        assert hash(other) == hash(one)


def test_every_model_and_field_has_a_docstring() -> None:
    for name in models.__all__:
        assert inspect.getdoc(getattr(models, name))
    source = inspect.getsource(models.Amount)
    assert '"""What is to be paid."""' in source


def test_annotations_resolve_at_run_time() -> None:
    hints = typing.get_type_hints(models.Invoice)
    assert hints["customer"] == models.Customer | None
    assert hints["status"] is models.InvoiceStatus
