"""Whether a list may be truncated: it has as many items as its `limit` allows. `rules` has the limit's own bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Operation
from .rules import Integer
from .types import ModelList

__all__ = ["max_listed", "note_truncation"]


def max_listed(operation: Operation[Any]) -> int | None:
    """The highest `limit` that the contract allows."""
    parameter = operation.parameter("limit")
    rule = parameter.rule if parameter else None
    return int(rule.maximum) if isinstance(rule, Integer) and rule.maximum is not None else None


def note_truncation(
    models: ModelList[object], operation: Operation[Any], values: Mapping[str, object], unreadable: int = 0
) -> None:
    """Set `may_be_truncated`: whether the list has as many items as its `limit` allows.

    `values`: the arguments of the call; without a `limit`, the contract's highest one counts. `unreadable`: the number
    of items that were left out of the list.
    """
    limit = values.get("limit", max_listed(operation))
    if isinstance(limit, int):
        object.__setattr__(models, "may_be_truncated", len(models) + unreadable >= limit)
