# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""What the generated models and operations share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import quote
from weakref import WeakValueDictionary

import msgspec
from attrs import frozen

__all__ = ["AwareDatetime", "OpenStrEnum", "Request"]

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with an offset. An RFC 3339 date-time always has one; a text without is refused when it is decoded."""


@frozen(kw_only=True)
class Request:
    """What an operation sends, without the host, the token and everything else that is not the contract's business."""

    operation: str
    """The name of the operation, such as `create_invoice`."""

    method: str
    target: str
    """The path, percent-encoded, with the query: everything after the base URL."""

    body: bytes | None = None
    """The body as JSON in UTF-8, or None where the operation sends none."""


_encode = msgspec.json.Encoder(decimal_format="number").encode


def encode_body(model: object) -> bytes:
    """A request model as JSON. Decimals become numbers with exactly their digits; what is UNSET is left out."""
    return _encode(model)


def path_value(value: object) -> str:
    """A path parameter, percent-encoded as one segment: a slash in it does not split the path."""
    return quote(str(value), safe="")


def with_query(path: str, parameters: Mapping[str, object]) -> str:
    """The path with a query of those parameters that have a value, in the order given."""
    given = [
        f"{name}={quote(str(value), safe='')}"
        for name, value in parameters.items()
        if value is not None and value is not msgspec.UNSET
    ]
    return f"{path}?{'&'.join(given)}" if given else path


class OpenStrEnum(StrEnum):
    """An enumeration that keeps a value the contract does not know.

    The unknown value is a member in all but name: it reads, compares, hashes, copies and pickles as its text, and is the
    same object for the same text for as long as anybody holds it. It is not listed among the members.
    """

    @property
    def is_known(self) -> bool:
        """Whether the contract names this value."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = _unknown.get((cls, value))
        if not isinstance(member, cls):
            member = str.__new__(cls, value)
            member._name_ = member._value_ = str(value)
            _unknown[cls, member._value_] = member
        return member

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._value_,)

    def __repr__(self) -> str:
        return super().__repr__() if self.is_known else f"<{type(self).__name__} (unknown): {self._value_!r}>"


# Weak, so that a service that makes up values does not fill the memory.
_unknown: WeakValueDictionary[tuple[type[OpenStrEnum], str], OpenStrEnum] = WeakValueDictionary()


def refuse_unusable_decimal(name: str, value: Decimal) -> None:
    """Raise ValueError for NaN, an infinity, or an exponent that would fill the memory when the number is written out.

    msgspec takes all of them into a Decimal; an error raised here becomes its ValidationError, with the path. Models look
    at `adjusted()` first and come here only when that leaves a doubt (it is 0 for NaN and infinities, and for 1 to 9):
    checking every amount here would cost a third of the time that decoding takes.
    """
    if not value.is_finite() or abs(value.adjusted()) >= 1000:
        raise ValueError(f"`{name}` is not a number of a usable size")


def refuse_other_constants(**fields: tuple[object, object]) -> None:
    """Raise ValueError for a field that is not what the contract says it always is."""
    for name, (value, constant) in fields.items():
        if value != constant:
            raise ValueError(f"`{name}` is {value!r}, not {constant!r}")
