"""Refuses operations whose names are taken, or whose models cannot be generated."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .operations import Operation
from .shapes import Model, UnsupportedContractError, models_in

RESOURCE_NAMES = {"with_response"}


def refuse_taken_names(
    operation: Operation, others: Collection[Operation], helpers: Collection[str], client: Collection[str]
) -> None:
    """Raise for an operation with the name, method or resource of another, or with a name that clients use already."""
    if operation.attribute in client:
        raise UnsupportedContractError(
            f"{operation.pointer}/tags/0", f"the name {operation.attribute!r} is another attribute of the client"
        )
    taken = next((one for one in others if one.name == operation.name), None)
    if taken:
        raise UnsupportedContractError(operation.pointer, f"{operation.id!r} and {taken.id!r} give the same name")
    name = operation.method_name
    same = next((one for one in others if (one.attribute, one.method_name) == (operation.attribute, name)), None)
    if same:
        why = f"which {same.id!r} is already"
    elif name in RESOURCE_NAMES:
        why = "which every resource has already"
    elif name in helpers:
        why = f"which overlays/paisr adds to {operation.attribute!r} already"
    else:
        return
    raise UnsupportedContractError(
        operation.pointer, f"{operation.id!r} would be the method {name!r}, {why}; give it another x-python-name"
    )


def refuse_incomplete_models(operation: Operation, complete: Mapping[str, Model]) -> None:
    """Raise for an operation that needs a model that could not be read."""
    shapes = [*(one.shape for one in operation.arguments), *(one.shape for one in operation.responses if one.shape)]
    needed = [*([operation.body] if operation.body else []), *(model for one in shapes for model in models_in(one))]
    if broken := next((one for one in needed if complete.get(one.pointer) is not one), None):
        raise UnsupportedContractError(operation.pointer, f"it needs {broken.name}, which cannot be generated")
