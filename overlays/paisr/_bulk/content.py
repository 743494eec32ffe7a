"""What a row bills: the key that is made of it, and whether its amounts can be paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any, cast

from paisr._base.errors import InvalidArgumentError
from paisr_generated.operations import encode

# The decimals of a currency (ISO 4217): SRD, USD and EUR have two.
DECIMALS = 2


def content_key(values: Mapping[str, object], due: object) -> str:
    """A key made of what is billed: the same for amounts that are equal, and for a due date on any day."""
    content = {name: _plain(value) for name, value in sorted(values.items())}
    if isinstance(due, date):
        content["due"] = due.isoformat()
    return f"row-{blake2b(encode(content), digest_size=16).hexdigest()}"


def check_decimals(items: object, currency: object) -> None:
    """Refuse a price with more decimals than the currency has: how the service rounds it is not documented."""
    for index, item in enumerate(cast("list[dict[str, Any]]", items or [])):
        price = item["unit_price"]
        if len(_plain(price).partition(".")[2]) > DECIMALS:
            raise InvalidArgumentError(
                f"items[{index}].unit_price={price} has more than {DECIMALS} decimals, and "
                f"{currency or 'the currency'} has {DECIMALS}; give an amount that can be paid."
            )


def _plain(value: object) -> Any:
    """The value with amounts as texts without the zeros that a spreadsheet adds or drops."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in sorted(cast("dict[str, object]", value).items())}
    return value
