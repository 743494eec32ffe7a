"""Finds cycles of models, and models that refer to one that could not be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .shapes import Model, models_in


def neighbours(model: Model) -> list[Model]:
    """The other models that a model's fields refer to, each once."""
    found = {id(one): one for field in model.fields for one in models_in(field.shape) if one is not model}
    return list(found.values())


def mark_cycles(models: Collection[Model]) -> None:
    """Set `in_cycle` of every model: whether it is part of a cycle of two or more models."""
    for model in models:
        model.in_cycle = _is_in_cycle(model)


def _is_in_cycle(start: Model) -> bool:
    seen: set[int] = set()
    todo = neighbours(start)
    while todo:
        model = todo.pop()
        if start in (reached := neighbours(model)):
            return True
        if id(model) not in seen:
            seen.add(id(model))
            todo += [one for one in reached if id(one) not in seen]
    return False


def complete_models(models: Mapping[str, Model]) -> dict[str, Model]:
    """The models by pointer, without those that refer, directly or not, to a model that could not be read."""
    complete = dict(models)
    while broken := [
        pointer
        for pointer, model in complete.items()
        if any(complete.get(one.pointer) is not one for field in model.fields for one in models_in(field.shape))
    ]:
        for pointer in broken:
            del complete[pointer]
    return complete
