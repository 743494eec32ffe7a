"""The base of all records that the stub returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast


class Record(Mapping[str, Any]):
    """A frozen dataclass with slots that also reads as its JSON object: `invoice.id` is `invoice["id"]`.

    It holds only values, so it can be read after the stub has stopped. It is equal to a record or mapping with the same
    content.
    """

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name in self._names():
            return getattr(self, name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> tuple[str, ...]:
        return cast("tuple[str, ...]", type(self).__slots__)  # of a dataclass with slots: its fields
