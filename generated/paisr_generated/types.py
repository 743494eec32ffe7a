# Copied from generator-templates/support/types.py by scripts/generate.py. Do not edit: change that file.
"""Types and checks that the generated models share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar, cast, overload
from weakref import WeakValueDictionary

import msgspec

from .base_model import BaseModel

if TYPE_CHECKING:
    from typing import Optional as IfPresent
else:

    class IfPresent:
        """``IfPresent[str]``: a text, and None where it is absent. In JSON it may be absent, but not null."""

        def __class_getitem__(cls, kind: Any) -> Any:
            return kind


__all__ = ["AwareDatetime", "IfPresent", "ModelList", "Number", "OpenIntEnum", "OpenStrEnum"]

T = TypeVar("T")

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with an offset. An RFC 3339 date-time always has one; a text without is refused when it is decoded."""

Number = Decimal | int | str
"""The types that an exact number can be given as."""

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
"""A number as text. `Decimal` itself also takes ``1_000``, white space and digits of other scripts."""


def to_decimal(value: Number) -> Decimal:
    """The exact number. Other values are returned unchanged; the check before sending refuses them by name."""
    is_text = isinstance(value, str) and PLAIN_NUMBER.fullmatch(value)
    if is_text or (isinstance(value, int) and not isinstance(value, bool)):
        return Decimal(value)
    return value  # type: ignore[return-value]  # refused by the check before sending


def to_optional_decimal(value: Number | None) -> Decimal | None:
    """The exact number, or None."""
    return None if value is None else to_decimal(value)


# Weak references, so that ever new values from a service do not fill the memory.
_unknown: WeakValueDictionary[tuple[type[Enum], str], Enum] = WeakValueDictionary()


class OpenStrEnum(StrEnum):
    """An enumeration that keeps a value the contract does not know.

    An unknown value reads, compares, hashes, copies and pickles as its text. The same text gives the same object while
    a reference to it exists. The list of members does not have it.
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


class OpenIntEnum(IntEnum):
    """An enumeration of whole numbers that keeps a value the contract does not know, as `OpenStrEnum` does.

    Unknown values of the same number are equal, but not the same object: a number has no weak references.
    """

    @property
    def is_known(self) -> bool:
        """Whether the contract names this value."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = str(int(value)), int(value)
        return member

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[int]]:
        return type(self), (self._value_,)

    def __repr__(self) -> str:
        return super().__repr__() if self.is_known else f"<{type(self).__name__} (unknown): {self._value_}>"


class ModelList(BaseModel, Sequence[T]):
    """The result of a list operation: a sequence of its models, with the response's other fields as attributes.

    `may_be_truncated` is true when the list has as many items as the request allowed: there may be more.
    """

    may_be_truncated: bool = False

    @property
    def _members(self) -> list[T]:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self._members[index]

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[T]:
        return iter(self._members)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return vars(self) == vars(other)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # compared by value, and so not hashable

    def __repr__(self) -> str:
        truncated = ", may be truncated" if self.may_be_truncated else ""
        return f"<{type(self).__name__} of {len(self)}{truncated}>"


def refuse_unusable_decimal(name: str, value: Decimal) -> None:
    """Raise ValueError for NaN, an infinity, or an exponent that would fill the memory when the number is written out.

    msgspec takes all of them into a Decimal; an error raised here becomes its ValidationError, with the path. Models
    check `adjusted()` first and call this only when that is not enough (it is 0 for NaN and infinities, and for 1 to
    9): checking every amount here would cost a third of the time that decoding takes.
    """
    if not value.is_finite() or abs(value.adjusted()) >= 1000:
        raise ValueError(f"`{name}` is not a number of a usable size")


def refuse_unusable_decimals(name: str, values: Any) -> None:
    """`refuse_unusable_decimal` for each number in lists and maps."""
    if isinstance(values, Decimal):
        refuse_unusable_decimal(name, values)
    elif isinstance(values, Mapping):
        for value in cast("Mapping[str, object]", values).values():
            refuse_unusable_decimals(name, value)
    elif isinstance(values, Iterable) and not isinstance(values, str):
        for value in cast("Iterable[object]", values):
            refuse_unusable_decimals(name, value)


def refuse_other_constants(**fields: tuple[object, object]) -> None:
    """Raise ValueError for a field without its constant value."""
    for name, (value, constant) in fields.items():
        if value != constant:
            raise ValueError(f"`{name}` is {value!r}, not {constant!r}")
