"""Which models refer to each other in a circle."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .shapes import Model, models_in


def neighbours(model: Model) -> list[Model]:
    """The other models that a model's fields name, each once."""
    found = {id(one): one for field in model.fields for one in models_in(field.shape) if one is not model}
    return list(found.values())


def mark_cycles(models: Collection[Model]) -> None:
    """Say of each model whether it is part of a circle of two models or more."""
    for model in models:
        model.in_cycle = _comes_back_to(model)


def _comes_back_to(start: Model) -> bool:
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


def without_broken(models: Mapping[str, Model]) -> dict[str, Model]:
    """The models that are whole, by their pointers: none names one that could not be read."""
    whole = dict(models)
    while broken := [
        pointer
        for pointer, model in whole.items()
        if any(whole.get(one.pointer) is not one for field in model.fields for one in models_in(field.shape))
    ]:
        for pointer in broken:
            del whole[pointer]
    return whole
