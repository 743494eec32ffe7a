"""Marks models as sent, as received, and as the result of a list operation."""

from __future__ import annotations

from collections.abc import Iterable

from .operations import Operation
from .shapes import Model, Shape, models_in


def mark_directions(operations: Iterable[Operation]) -> None:
    """Set `in_requests`, `in_arguments`, `in_responses` and `listed` of every model that the operations use."""
    for operation in operations:
        for argument in operation.arguments:
            _mark(argument.shape, "in_requests", set())
            _mark(argument.shape, "in_arguments", set())
        if operation.body:
            operation.body.in_requests = True
        for response in operation.responses:
            if response.shape:
                _mark(response.shape, "in_responses", set())
            if operation.is_safe and response.data and response.data.model and response.is_success:
                _mark_list(response.data.model)


def _mark(shape: Shape, direction: str, seen: set[int]) -> None:
    for model in models_in(shape):
        if id(model) not in seen:
            seen.add(id(model))
            setattr(model, direction, True)
            for one in model.fields:
                _mark(one.shape, direction, seen)


def _mark_list(model: Model) -> None:
    """Make a model with exactly one list of objects a sequence, unless a property has the name of a sequence method."""
    lists = [one for one in model.fields if one.shape.kind == "list" and one.shape.item and one.shape.item.model]
    taken = {"index", "count", "may_be_truncated"} & {one.name for one in model.fields}
    if len(lists) == 1 and lists[0].required and not lists[0].shape.nullable and not taken and not model.is_struct:
        model.listed = lists[0]
