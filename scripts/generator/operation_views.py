"""Prepares operations for their template, with parameters, rules and responses as Python source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import annotations
from .annotations import literal
from .arguments import Argument
from .operations import Operation, Response
from .rules import rule, rules_name
from .shapes import Shape, enumerations_in, models_in


def operation_view(operation: Operation) -> dict[str, Any]:
    shapes = [one.shape for one in operation.responses if one.shape]
    return {
        "title": operation.summary or operation.id,
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "parameters": [_parameter(one) for one in operation.arguments if one.place != "hook"],
        "responses": [(one.status, _response(one)) for one in operation.responses],
        "result": result_of(operation, ()),
        "is_idempotent": operation.is_idempotent,
        "body": operation.body.name if operation.body else None,
        "body_required": operation.body_required,
        "imports": _operation_imports(operation, shapes),
    }


def result_of(operation: Operation, methods: Sequence[str]) -> str:
    """The annotation of an operation's result, in a class with these methods."""
    return annotations.result_annotation([one.data for one in operation.results] or [None], methods)


def _parameter(one: Argument) -> str:
    options = [f"name={literal(one.name)}", f"json_name={literal(one.json_name)}", f"place={literal(one.place)}"]
    options.append(f"rule={rule(one.shape)}")
    if one.required:
        options.append("required=True")
    if one.required_with_body:
        options.append("required_with_body=True")
    if one.place == "query" and (one.style, one.explode) != ("form", True):
        options.append(f"style={literal(one.style)}, explode={one.explode}")
    return f"Parameter({', '.join(options)})"


def _response(one: Response) -> str:
    if one.shape is None:
        return "Response()"
    options = [annotations.decoded_type(one.shape)]
    if one.enveloped:
        options += ["enveloped=True", *([] if one.data else ["has_data=False"])]
    return f"Response({', '.join(options)})"


def _operation_imports(operation: Operation, shapes: Sequence[Shape]) -> list[str]:
    received = [*shapes, *(one.data for one in operation.responses if one.data)]
    models = {one.name: one for shape in received for one in models_in(shape)}
    if operation.body:
        models[operation.body.name] = operation.body
    sent = {one.name: one for argument in operation.arguments for one in models_in(argument.shape)}
    choices = {
        one.name: one
        for shape in [*received, *(argument.shape for argument in operation.arguments)]
        for one in enumerations_in(shape)
    }
    return [
        *(f"from ...models.{one.module} import {one.name}" for one in [*models.values(), *choices.values()]),
        *(f"from ...models.{one.module} import {rules_name(one)}" for one in sent.values()),
    ]
