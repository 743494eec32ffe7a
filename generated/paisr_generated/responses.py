# Copied from generator-templates/support/responses.py by scripts/generate.py. Do not edit: change that file.
"""A whole response, as `with_response` returns it. Nothing here does IO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

from attrs import field, frozen

__all__ = ["ApiResponse", "Headers"]

T = TypeVar("T")
MAX_INT_DIGITS = 4000  # below the number of digits that Python converts to an int


class Headers(Mapping[str, str]):
    """The headers of a response: names without regard to case, repeated ones joined with a comma."""

    __slots__ = ("_raw", "_values")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._values: dict[str, str] | None = None

    def _by_name(self) -> dict[str, str]:
        # Made on first use: most callers never read a header.
        if self._values is None:
            self._values = {}
            for name, value in self._raw:
                key, text = name.decode("latin-1").lower(), value.decode("latin-1")
                self._values[key] = f"{self._values[key]}, {text}" if key in self._values else text
        return self._values

    def __getitem__(self, name: str) -> str:
        return self._by_name()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())

    def __len__(self) -> int:
        return len(self._by_name())

    def __repr__(self) -> str:
        return f"Headers({self._by_name()!r})"


@frozen(kw_only=True)
class ApiResponse(Generic[T]):
    """A whole response.

    `data` is the result of the plain call, and None in an error. `status_code` and `headers` are the
    service's; the names of headers ignore case. `content` is the body, decompressed but otherwise unchanged; like
    `json()`, it has the fields that the contract does not know. `attempts` is how often the request was sent.
    """

    data: T
    status_code: int
    headers: Headers
    content: bytes = field(repr=False)
    attempts: int

    def json(self) -> Any:
        """The body as Python values, numbers with a fraction or with thousands of digits as `Decimal`."""
        import json  # imported here, because nothing else needs it

        return json.loads(self.content, parse_float=Decimal, parse_int=_whole)


def _whole(digits: str) -> int | Decimal:
    """An int; a Decimal when there are more digits than Python converts to an int."""
    return int(digits) if len(digits) <= MAX_INT_DIGITS else Decimal(digits)
