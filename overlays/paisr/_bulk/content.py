"""The content of a row: the key derived from it, and the check of its decimals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any, cast

from paisr._base.errors import InvalidArgumentError
from paisr_generated.operations import encode

# Decimals of SRD, USD and EUR (ISO 4217).
DECIMALS = 2


def content_key(values: Mapping[str, object], due: object) -> str:
    """Derive a key from the content: the same for equal amounts, and for a due date whatever the day of the run."""
    content = {name: _plain(value) for name, value in sorted(values.items())}
    if isinstance(due, date):
        content["due"] = due.isoformat()
    return f"row-{blake2b(encode(content), digest_size=16).hexdigest()}"


def check_decimals(items: object, currency: object) -> None:
    """Refuse a price with more decimals than the currency: the documentation does not say how the service rounds it."""
    for index, item in enumerate(cast("list[dict[str, Any]]", items or [])):
        price = item["unit_price"]
        if len(_plain(price).partition(".")[2]) > DECIMALS:
            raise InvalidArgumentError(
                f"items[{index}].unit_price={price} has more than {DECIMALS} decimals, and "
                f"{currency or 'the currency'} has {DECIMALS}; give an amount with at most {DECIMALS}."
            )


def _plain(value: object) -> Any:
    """Return the value with amounts as texts, without the trailing zeros that a spreadsheet adds or drops."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in sorted(cast("dict[str, object]", value).items())}
    return value
