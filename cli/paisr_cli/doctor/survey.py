"""Compares responses with the contract, by place, and repeats none of their data.

What is expected comes from the generated models, and whether a value fits is decided by the decoder that the client
uses. A name or a value that the contract does not have is repeated only when it looks like a word of the service's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints

from msgspec.inspect import DataclassType, EnumType, ListType, NoneType, Type, UnionType, type_info

from paisr_cli.doctor.findings import Finding, differs, note
from paisr_generated.operations import encode
from paisr_generated.reading import DECODING_ERRORS, decoder, what_and_where

if TYPE_CHECKING:
    from paisr import ApiResponse
    from paisr_generated.operations import Operation

# A field's name as services choose them: no address, no id, no person's name with a space in it.
_NAME = re.compile(r"(?=.{1,40}\Z)[A-Za-z]+(?:_?[A-Za-z]+)*(?:_?\d{1,2})?")
_VALUE = re.compile(r"[a-z]+(?:[_-][a-z]+){0,3}|[A-Z]{3}")
# What a decoder says about types and forms; anything else it says could repeat a value.
_WITHOUT_DATA = re.compile(
    r"expected `[\w |.]+`(?:, got `\w+`)?|invalid RFC3339 encoded datetime|invalid decimal string"
    r"|is not a number of a usable size|expected `datetime` with a timezone component|is (True|False), not (True|False)"
)


class Survey:
    """The differences between the responses so far and the contract."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self._expected: dict[tuple[str, str], None] = {}
        self._came: set[tuple[str, str]] = set()

    def findings(self) -> list[Finding]:
        """The differences, and then the fields that never came."""
        absent = [one for one in self._expected if one not in self._came]
        never = "is in the contract, and came in none of these responses"
        return [*self._found, *(note(about, place, never) for about, place in absent)]

    def look(self, operation: Operation[Any], response: ApiResponse[Any]) -> None:
        """Compare one response, of success or not."""
        about, status = operation.name, response.status_code
        expected = operation.response_for(status)
        if expected is None:
            self._add(about, "status", f"{status} is a status that the contract does not have")
            return
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            self._add(about, "Content-Type", "is not application/json")
        try:
            body = response.json()
        except (ValueError, RecursionError):
            self._add(about, "$", "the body is not JSON")
            return
        self._fits(about, body, type_info(expected.model), expected.model, "$")

    def refused(self, operation: Operation[Any], path: str) -> None:
        """The client could not read a response at this place: said where nothing else was found."""
        if not self._found:
            self._add(operation.name, re.sub(r"\[\d+\]", "[]", path), "does not fit")

    def _add(self, about: str, place: str, text: str) -> bool:
        self._found[differs(about, place, text)] = None
        return False

    def _fits(self, about: str, value: object, kind: Type, hint: Any, path: str) -> bool:
        kind = _without_none(kind)
        if isinstance(kind, DataclassType) and isinstance(value, dict):
            return self._object_fits(about, cast("Mapping[str, object]", value), kind.cls, path)
        if isinstance(kind, ListType) and isinstance(value, list):
            item = next(iter(get_args(_hint_without_none(hint))))
            fit = [self._fits(about, one, kind.item_type, item, f"{path}[]") for one in cast("list[object]", value)]
            return all(fit)
        if isinstance(kind, EnumType) and isinstance(value, str):
            if value not in [str(one) for one in kind.cls]:
                self._add(about, path, f"{_told_value(value)} is not among the values that the contract has")
            return True
        problem = _problem(value, hint)
        return problem is None or self._add(about, path, problem[0])

    def _object_fits(self, about: str, value: Mapping[str, object], cls: type, path: str) -> bool:
        hints, fields = get_type_hints(cls, include_extras=True), _fields(cls)
        fits = True
        for one in fields:
            below = f"{path}.{one.encode_name}"
            self._expected[about, below] = None
            if one.encode_name in value:
                self._came.add((about, below))
                fits &= self._fits(about, value[one.encode_name], one.type, hints[one.name], below)
            elif one.required:
                fits = self._add(about, below, "is required, and did not come")
        for name in value.keys() - {one.encode_name for one in fields}:
            self._add(about, f"{path}.{_told_name(name)}", f"is {_kind(value[name])} that the contract does not have")
        # What holds for an object as a whole can be said only when each of its fields fits.
        if fits and (problem := _problem(value, cls)):
            return self._add(about, path + problem[1].removeprefix("$"), problem[0])
        return fits


def ids(response: ApiResponse[Any]) -> Iterator[str]:
    """The ids of the invoices in the response to a list, whatever else is in it."""
    try:
        invoices = response.json()["data"]["invoices"]
        yield from (one["id"] for one in invoices if isinstance(one["id"], str))
    except (ValueError, RecursionError, TypeError, KeyError):
        return


def _fields(cls: type) -> Any:
    return cast("DataclassType", type_info(cls)).fields


def _without_none(kind: Type) -> Type:
    kinds = [one for one in kind.types if not isinstance(one, NoneType)] if isinstance(kind, UnionType) else []
    return kinds[0] if len(kinds) == 1 else kind


def _hint_without_none(hint: Any) -> Any:
    return (
        next((one for one in get_args(hint) if one is not type(None)), hint) if type(None) in get_args(hint) else hint
    )


def _problem(value: object, hint: Any) -> tuple[str, str] | None:
    """Why the client's decoder does not take a value, without the value, and where in it."""
    try:
        decoder(hint).decode(encode(value))
    except DECODING_ERRORS as error:
        what, path = what_and_where(error)
        return (what if _WITHOUT_DATA.fullmatch(what) else "does not fit"), path
    return None


def _told_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else f"[a name of {len(name)} characters]"


def _told_value(value: str) -> str:
    return value if len(value) <= 40 and _VALUE.fullmatch(value) else f"a text of {len(value)} characters"


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
