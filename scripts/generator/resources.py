"""Prepares resources for their templates: the classes of a tag, with the signatures of their methods."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from textwrap import fill
from typing import Any

from attrs import frozen

from . import annotations, naming
from .arguments import Argument
from .docstrings import docstring, paragraphs
from .operation_views import result_of
from .operations import Operation
from .shapes import enumerations_in, models_in

WIDTH = 104


@frozen(kw_only=True)
class Form:
    """One of the four classes of a tag: sync or async, each with plain results or whole responses.

    `whole`: whether the methods return an `ApiResponse`. `plain`: the name of the class with plain results.
    `with_response`: the name of the class with whole responses, in a class with plain results.
    """

    name: str
    title: str
    caller: str
    prefix: str
    is_async: bool
    whole: bool
    plain: str
    with_response: str | None


def resource_view(
    attribute: str, operations: Sequence[Operation], described: str, taken: Collection[str], helpers: Sequence[str]
) -> dict[str, Any]:
    """The view of a tag. `taken`: names of models; `helpers`: methods that overlays/paisr adds."""
    tag = operations[0].tag
    name = naming.class_name(tag)
    if set(taken) & {name, f"Async{name}", f"{name}WithResponse", f"Async{name}WithResponse"}:
        name = f"{name}Resource"
    title = described or f"The operations on {tag}."
    methods = [one.method_name for one in operations]
    forms = _forms(name, title)
    return {
        "attribute": attribute,
        "title": title,
        "overviews": [_overview(title, attribute, form, operations, helpers) for form in forms[:2]],
        "classes": [one.name for one in forms],
        "forms": forms,
        "operations": [_method_view(one, methods) for one in operations],
        "imports": _imports(operations),
    }


def _overview(title: str, attribute: str, form: Form, operations: Sequence[Operation], helpers: Sequence[str]) -> str:
    """The docstring of a client's attribute, which lists the methods."""
    lines = [fill(docstring(title), WIDTH), ""]
    for one in operations:
        lines.append(_argument_line(f"`{attribute}.{one.method_name}()`", one.summary or one.id))
    lines += [f"    `{attribute}.{name}()`: See ``help(paisr.{form.name}.{name})``." for name in helpers]
    lines.append(f"    `{attribute}.with_response`: The operations of the contract, which return the whole response.")
    return "\n".join([*lines, ""])


def _forms(name: str, title: str) -> list[Form]:
    forms: list[Form] = []
    for prefix, caller, keyword in (("", "Caller", ""), ("Async", "AsyncCaller", "async ")):
        plain = f"{prefix}{name}"
        for whole in (False, True):
            forms.append(
                Form(
                    name=f"{plain}WithResponse" if whole else plain,
                    title=f"The operations of `{plain}`, which return the whole response." if whole else title,
                    caller=caller,
                    prefix=keyword,
                    is_async=bool(keyword),
                    whole=whole,
                    plain=plain,
                    with_response=None if whole else f"{plain}WithResponse",
                )
            )
    # The classes of a client's attributes come first.
    return [forms[0], forms[2], forms[1], forms[3]]


def _method_view(operation: Operation, methods: Sequence[str]) -> dict[str, Any]:
    ordered = sorted(
        operation.arguments,
        key=lambda one: (one.place != "path", not one.required),
    )
    keywords = [one for one in ordered if one.place != "path"]
    return {
        "name": operation.name,
        "method_name": operation.method_name,
        "arguments": [_argument_view(one, methods, opens=keywords[:1] == [one]) for one in ordered],
        "has_keywords": bool(keywords),
        "result": result_of(operation, methods),
        "documentation": _documentation(operation, ordered),
    }


def _argument_view(one: Argument, methods: Sequence[str], *, opens: bool) -> dict[str, Any]:
    kind = annotations.argument_annotation(one.accepts or annotations.argument_type(one.shape), methods)
    if one.required:
        return {"name": one.name, "annotation": kind, "default": "", "opens_keywords": opens}
    default = one.default or "None"
    if default == "None" and not kind.endswith("| None") and kind != "Any":
        kind = f"{kind} | None"
    return {"name": one.name, "annotation": kind, "default": f" = {default}", "opens_keywords": opens}


def _documentation(operation: Operation, arguments: Sequence[Argument]) -> str:
    lines = [_argument_line(one.name, one.description) for one in arguments if one.description]
    lines.append("    timeout: Seconds for the whole call; the client's time-out when None.")
    summary = operation.summary if operation.description.strip() != operation.summary.strip() else ""
    text = paragraphs(summary or ("" if operation.description else operation.id), operation.description)
    return "\n".join([text, "", "Args:", *lines, ""])


def _argument_line(name: str, description: str) -> str:
    text = docstring(f"{name}: {' '.join(description.split())}")
    return fill(text, WIDTH, initial_indent="    ", subsequent_indent="        ")


def _imports(operations: Sequence[Operation]) -> list[str]:
    lines: set[str] = set()
    for operation in operations:
        results = [one.data for one in operation.results if one.data]
        for shape in [*results, *(one.shape for one in operation.arguments)]:
            for one in [*models_in(shape), *enumerations_in(shape)]:
                lines.add(f"from ..models.{one.module} import {one.name}")
        for argument in operation.arguments:
            lines |= {f"from ..models.{one.module} import {one.name}Dict" for one in models_in(argument.shape)}
    if any("relativedelta" in (one.accepts or "") for operation in operations for one in operation.arguments):
        lines.add("from dateutil.relativedelta import relativedelta")
    return sorted(lines)
