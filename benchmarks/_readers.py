"""From the bytes of a response to objects: one function for each way to do it, made when its library is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks import _shapes

Reader = Callable[[bytes], object]


def paisr() -> Reader:
    """All that a call does with a response's body: check, decode, and wrap the list."""
    from paisr._base.secrets import Secret
    from paisr._engine.envelope import decode
    from paisr._engine.steps import RawResponse
    from paisr._results import InvoiceList
    from paisr_generated.models import ListInvoicesResponse

    secret = Secret("token")

    def read(content: bytes) -> object:
        response = decode(RawResponse(200, [], content), ListInvoicesResponse, "list_invoices", secret)
        return InvoiceList(response.data.invoices, 1000)

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
