# Copied from generator-templates/support/unknown.py by scripts/generate.py. Do not edit: change that file.
"""Finds the fields and enumeration values of a response that its model does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import msgspec
from msgspec.inspect import DataclassType, EnumType, ListType, UnionType, type_info

__all__ = ["unknown_paths"]


def unknown_paths(content: bytes, model: Any) -> Iterator[str]:
    """The path of each in a body that was decoded into the model. The body is read at the first iteration."""
    yield from _unknown(json.loads(content), type_info(model))


def _unknown(value: object, kind: msgspec.inspect.Type, path: str = "$") -> Iterator[str]:
    """The paths of unknown fields and values: ``$.data.invoices[].line_items``, ``$.data.status=refunded``.

    All items of a list share one path.
    """
    match kind:
        case UnionType(types=kinds):
            for one in kinds:
                yield from _unknown(value, one, path)
        case ListType(item_type=item) if isinstance(value, list):
            for member in cast("list[object]", value):
                yield from _unknown(member, item, f"{path}[]")
        case EnumType(cls=enumeration) if isinstance(value, str):
            if value not in [str(known) for known in enumeration]:
                yield f"{path}={value}"
        case DataclassType(fields=fields) if isinstance(value, dict):
            known = {field.encode_name: field.type for field in fields}
            for name, member in cast("dict[str, object]", value).items():
                below = f"{path}.{name}" if name.isidentifier() else f"{path}[{json.dumps(name)}]"
                if name in known:
                    yield from _unknown(member, known[name], below)
                else:
                    yield below
        case _:
            return
