# Copied from generator-templates/support/salvage.py by scripts/generate.py. Do not edit: change that file.
"""Reads the valid part of a body that the contract does not allow: without some optional fields, or without some items
of its list."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from attrs import Factory, define, field
from msgspec import Raw
from msgspec.inspect import (
    DataclassType,
    DecimalType,
    Field,
    ListType,
    NoneType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from .operations import Response, encode
from .reading import DECODING_ERRORS, UnreadableItem, decoder, what_and_where
from .types import ModelList

__all__ = ["Salvage"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# With more invalid fields than this, the body or the item is refused.
MAX_LEFT_OUT = 100
# Fields that identify an object, or hold its status or currency.
NEVER_LEFT_OUT = frozenset({"id", "status", "currency"})
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|(?P<end>.)")


@define(kw_only=True)
class Salvage:
    """A second attempt to read a body that was refused.

    `tolerant`: whether invalid optional fields are left out. Numbers with a fraction, objects that hold only such
    numbers, ids, and the fields in `NEVER_LEFT_OUT` and `keep` are never left out. `scrub`: removes secrets from
    reports about the body, and from the body when parts of it cannot be read.
    """

    response: Response
    scrub: Callable[[bytes], bytes]
    tolerant: bool
    keep: Collection[str] = ()
    left_out: dict[str, str] = field(factory=dict[str, str], init=False)
    """The path of each field that was left out (``$.data.invoices[].due_at``), and the reason."""

    unreadable: list[UnreadableItem] = field(factory=list[UnreadableItem], init=False)
    _kind: Type = field(init=False, default=Factory(lambda self: type_info(self.response.model), takes_self=True))

    def read(self, content: bytes) -> Any:
        """The decoded body without its invalid parts. Raises one of `DECODING_ERRORS` when the rest is invalid, too."""
        if self.tolerant and content.startswith(BYTE_ORDER_MARK):
            content = content[len(BYTE_ORDER_MARK) :]
            self.left_out["$"] = "it begins with a byte order mark"
        keys = _keys_of_list(self._kind, self.response)
        if keys is not None:
            try:
                items, with_items = _split_at_list(content, keys)
                with_items = _split_at_list(self._without_invalid_fields(with_items([])), keys)[1]
            except (KeyError, *DECODING_ERRORS):
                pass  # the error is not in an item of the list
            else:
                content = with_items(
                    [one for index in range(len(items)) for one in self._item(index, items, keys, with_items)]
                )
                return self._decode(self.scrub(content) if self.unreadable else content)
        return self._decode(self._without_invalid_fields(content))

    def _item(
        self, index: int, items: Sequence[Raw], keys: Sequence[str], with_items: Callable[[Sequence[Raw]], bytes]
    ) -> Sequence[Raw]:
        """The item in a list, without invalid optional fields; an empty list when the item cannot be read."""
        try:
            return _split_at_list(self._without_invalid_fields(with_items([items[index]])), keys)[0]
        except DECODING_ERRORS as error:
            reason, path = what_and_where(error)
        reason, raw = (self.scrub(text).decode("utf-8", "replace") for text in (reason.encode(), bytes(items[index])))
        self.unreadable.append(UnreadableItem(index, path.replace("[0]", f"[{index}]", 1), reason, raw))
        return ()

    def _decode(self, content: bytes) -> Any:
        return decoder(self.response.model).decode(content)

    def _without_invalid_fields(self, content: bytes) -> bytes:
        """The content without invalid optional fields. Raises the error when anything else is invalid."""
        for left in range(MAX_LEFT_OUT, -1, -1):
            try:
                self._decode(content)
                break
            except msgspec.ValidationError as error:
                what, path = what_and_where(error)
                keys = self._optional(path) if self.tolerant and left else None
                if not keys:
                    raise
            content = _without(content, keys)
            place = "".join("[]" if isinstance(key, int) else f".{key}" for key in keys)
            self.left_out[f"${place}"] = what
        return content

    def _optional(self, path: str) -> list[str | int]:
        """The keys of the innermost optional field on a path; empty when that field must not be left out."""
        kind, keys, length = self._kind, list[str | int](), 0
        for step in _STEP.finditer(path, 1):
            kind = _without_none(kind)
            if step["index"] and isinstance(kind, ListType):
                keys.append(int(step["index"]))
                kind = kind.item_type
                continue
            one = next((one for one in _fields(kind) if one.encode_name == step["name"]), None)
            if one is None:
                break  # within a map, or a union of models
            if self._must_stay(one):
                return []
            keys.append(one.encode_name)
            length = length if one.required else len(keys)
            kind = one.type
        return keys[:length]

    def _must_stay(self, one: Field) -> bool:
        """Whether the field must not be left out: None would be a wrong amount, id, status or currency."""
        name = one.encode_name
        if name in NEVER_LEFT_OUT or name in self.keep or name.endswith("_id"):
            return True
        kind = _without_none(one.type)
        parts = [_without_none(part.type) for part in _fields(kind)] or [kind]
        return all(isinstance(part, DecimalType) for part in parts)


def _keys_of_list(kind: Type, response: Response) -> list[str] | None:
    """The keys of the list in a list response; None for other responses."""
    keys: list[str] = []
    if response.enveloped:
        keys.append("data")
        kind = next((_without_none(one.type) for one in _fields(kind) if one.encode_name == "data"), kind)
    if isinstance(kind, DataclassType) and issubclass(kind.cls, ModelList):
        listed = next(one for one in kind.fields if isinstance(one.type, ListType) and _fields(one.type.item_type))
        keys.append(listed.encode_name)
        kind = listed.type
    return keys if isinstance(kind, ListType) else None


def _split_at_list(content: bytes, keys: Sequence[str]) -> tuple[list[Raw], Callable[[Sequence[Raw]], bytes]]:
    """The raw items of the list at these keys, and a function that encodes the body with other items."""
    objects: list[dict[str, Raw]] = []
    for key in keys:
        objects.append(decoder(dict[str, Raw]).decode(content))
        content = bytes(objects[-1][key])

    def with_items(items: Sequence[Raw]) -> bytes:
        body = encode(items)
        for key, one in zip(reversed(keys), reversed(objects), strict=True):
            body = encode({**one, key: Raw(body)})
        return body

    return decoder(list[Raw]).decode(content), with_items


def _without(content: bytes, keys: Sequence[str | int]) -> bytes:
    """The body without the field at these keys; the rest is unchanged."""
    key, *rest = keys
    part: Any = decoder(list[Raw] if isinstance(key, int) else dict[str, Raw]).decode(content)
    if rest:
        part[key] = Raw(_without(bytes(part[key]), rest))
    else:
        del part[key]
    return encode(part)


def _fields(kind: Type) -> tuple[Field, ...]:
    return kind.fields if isinstance(kind, (DataclassType, StructType)) else ()


def _without_none(kind: Type) -> Type:
    """The type of the value when it is not None."""
    kinds = [one for one in kind.types if not isinstance(one, NoneType)] if isinstance(kind, UnionType) else []
    return kinds[0] if len(kinds) == 1 else kind
