"""What calls give back besides the contract's models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from attrs import field, frozen

if TYPE_CHECKING:
    from paisr._engine import Completed
    from paisr._exchange import Headers
    from paisr_generated.models import Invoice

T = TypeVar("T")
LONGEST_INT = 4000  # digits


class InvoiceList(Sequence["Invoice"]):
    """The invoices that matched, in the order in which the service sent them (no order is documented).

    `may_be_truncated` is true when as many came as `limit` allowed: there may be more, and the API has no next page.
    Without a `limit` it is true from 1,000 invoices on, the most that a limit can ask for; no default is documented.
    """

    __slots__ = ("_invoices", "may_be_truncated")

    def __init__(self, invoices: list[Invoice], limit: int) -> None:
        self._invoices = invoices
        self.may_be_truncated = len(invoices) >= limit

    @overload
    def __getitem__(self, index: int) -> Invoice: ...
    @overload
    def __getitem__(self, index: slice) -> list[Invoice]: ...
    def __getitem__(self, index: int | slice) -> Invoice | list[Invoice]:
        return self._invoices[index]

    def __len__(self) -> int:
        return len(self._invoices)

    def __iter__(self) -> Iterator[Invoice]:
        return iter(self._invoices)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, InvoiceList):
            return self._invoices == other._invoices and self.may_be_truncated == other.may_be_truncated
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a sequence of things that are compared, not a key

    def __repr__(self) -> str:
        truncated = ", may be truncated" if self.may_be_truncated else ""
        return f"<InvoiceList of {len(self)}{truncated}>"


@frozen(kw_only=True)
class ApiResponse(Generic[T]):
    """An answer with everything around its data.

    `content` is the body as it came, decompressed; a field that the contract does not know is in there and in
    `json()`. `attempts` counts how often the request was sent.
    """

    data: T
    status_code: int
    headers: Headers
    content: bytes = field(repr=False)
    attempts: int

    def json(self) -> Any:
        """The body as Python values, numbers with a fraction or with thousands of digits as `Decimal`."""
        import json  # here, because only this needs it

        return json.loads(self.content, parse_float=Decimal, parse_int=_whole)


def _whole(digits: str) -> int | Decimal:
    """An int; a Decimal for one so long that Python refuses to make an int of it."""
    return int(digits) if len(digits) <= LONGEST_INT else Decimal(digits)


def response_of(completed: Completed[T]) -> ApiResponse[T]:
    """The whole answer of a call that was completed."""
    answered = completed.answered
    return ApiResponse(
        data=completed.data,
        status_code=answered.status,
        headers=answered.headers,
        content=answered.content,
        attempts=completed.attempts,
    )
