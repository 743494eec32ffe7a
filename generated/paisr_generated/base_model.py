# Copied from generator-templates/support/base_model.py by scripts/generate.py. Do not edit: change that file.
"""The methods of every model: conversion to plain data and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Self, cast

import attrs
import msgspec

from .operations import encode
from .reading import decoder

__all__ = ["BaseModel"]


class BaseModel:
    """The base of every model. Models are frozen, compared by value, and can be copied and pickled."""

    __slots__ = ()

    def to_dict(self, mode: Literal["python", "json"] = "python") -> dict[str, Any]:
        """The fields by their JSON names, nested models included; None for absent values.

        An absent field that may not be null is left out. In the mode ``"python"`` amounts are
        `Decimal` and times `datetime`; in the mode ``"json"`` `json.dumps` takes every value: amounts and times are
        texts, since a float is not exact.
        """
        if mode not in {"python", "json"}:
            raise ValueError(f"mode={mode!r} is not known; give 'python' or 'json'.")
        fields: dict[str, Any] = _plain(self, as_json=mode == "json")
        return fields

    def to_json(self) -> str:
        """The same as JSON, in which amounts are numbers with exactly their digits."""
        return encode(self.to_dict()).decode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The model from the result of `to_dict`, in either mode; unknown names are ignored.

        Raises ValueError, with the place, for a value that the contract does not allow.
        """
        try:
            return msgspec.convert(dict(data), cls)
        except msgspec.MsgspecError as error:  # a ValueError itself, in the newer versions
            raise ValueError(str(error)) from None

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The model of a JSON text, such as the `data` of a response. Raises ValueError as `from_dict` does."""
        try:
            return cast("Self", decoder(cls).decode(text))
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from None

    def __replace__(self, /, **changes: Any) -> Self:
        """For `copy.replace` (Python 3.13)."""
        if isinstance(self, msgspec.Struct):
            return msgspec.structs.replace(self, **changes)
        changed: Self = attrs.evolve(cast("Any", self), **changes)
        return changed

    def __json__(self) -> dict[str, Any]:
        """For encoders that ask an object for this, as kombu's does for the arguments of Celery's tasks."""
        return self.to_dict("json")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """For pydantic, and so for FastAPI: a model can be a field, an argument, and what a path operation returns."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.from_dict(value),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.__json__),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        return {"title": cls.__name__, "type": "object"}


def _plain(value: Any, *, as_json: bool) -> Any:
    if isinstance(value, BaseModel):
        names, tag = _names_of(cast("Any", type(value)))
        items = ((json_name, getattr(value, name), may_be_null) for name, json_name, may_be_null in names)
        return tag | {key: _plain(one, as_json=as_json) for key, one, null in items if null or one is not None}
    if isinstance(value, list):
        return [_plain(one, as_json=as_json) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _plain(one, as_json=as_json) for key, one in cast("dict[str, object]", value).items()}
    return msgspec.to_builtins(value) if as_json else value


@cache
def _names_of(model: type[Any]) -> tuple[list[tuple[str, str, bool]], dict[str, Any]]:
    """The Python name and the JSON name of each field, and whether it may be null; and the model's tag as a mapping."""
    from msgspec import inspect  # imported here, because nothing else needs it

    kind = inspect.type_info(model)
    assert isinstance(kind, (inspect.DataclassType, inspect.StructType))
    names = [(one.name, one.encode_name, one.required or _takes_null(one.type)) for one in kind.fields]
    tag_field = getattr(kind, "tag_field", None)
    return names, {tag_field: getattr(kind, "tag", None)} if tag_field else {}


def _takes_null(kind: msgspec.inspect.Type) -> bool:
    from msgspec import inspect

    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return any(isinstance(one, (inspect.NoneType, inspect.AnyType)) for one in kinds)
