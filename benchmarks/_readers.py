"""From the bytes of a response to objects: one function for each way to do it, made when its library is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks import _shapes

Reader = Callable[[bytes], object]


def paisr() -> Reader:
    """All that a call does with a response's body: check, decode, and say whether the list was cut off."""
    from paisr._base.secrets import Secret
    from paisr._engine.envelope import read_response
    from paisr._engine.steps import RawResponse
    from paisr_generated.api import operation_named
    from paisr_generated.list_limit import note_truncation

    secret, operation = Secret("token"), operation_named("list_invoices")

    def read(content: bytes) -> object:
        _response, invoices = read_response(RawResponse(200, [], content), operation, secret)
        note_truncation(invoices, operation, {"limit": 1000})
        return invoices

    return read


def msgspec_structs() -> Reader:
    import msgspec

    return msgspec.json.Decoder(_shapes.response_model(msgspec.Struct, Decimal)).decode


def stock() -> Reader:
    from stock_paisr.models.list_invoices_response import ListInvoicesResponse

    return lambda content: ListInvoicesResponse.from_dict(json.loads(content))


def pydantic() -> Reader:
    from pydantic import BaseModel

    return _shapes.response_model(BaseModel, Decimal).model_validate_json


def stainless() -> Reader:
    """As the generated clients of this family read a response: `construct`, which trusts what it gets."""
    import openai

    model: Any = _shapes.response_model(openai.BaseModel, float)
    return lambda content: model.construct(**json.loads(content))


def stripe() -> Reader:
    from stripe import StripeObject

    return lambda content: StripeObject.construct_from(json.loads(content), "sk_test")


QUICK: dict[str, Callable[[], Reader]] = {
    "paisr": paisr,
    "json.loads": lambda: json.loads,
    "msgspec structs": msgspec_structs,
    "stock generated": stock,
}
ALL = QUICK | {"pydantic": pydantic, "Stainless (openai)": stainless, "stripe": stripe}
