"""Reads the operations of a contract: their arguments and their responses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from . import naming
from .arguments import Argument, ArgumentReader, hook_argument, with_addition, with_unique_names
from .document import Document, Node, escaped
from .schemas import SchemaReader, described
from .shapes import Model, Shape, UnsupportedContractError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SAFE_METHODS = {"get", "head", "options"}
Additions = Mapping[str, Mapping[str, dict[str, Any]]]
"""The settings of arguments in generator-config.yaml, by operation id and argument name."""


@frozen(kw_only=True)
class Response:
    """The response for a status or a range of statuses."""

    status: str
    shape: Shape | None = None
    """The shape of the body; None where there is no body."""

    data: Shape | None = None
    """The shape of the call's result: the envelope's `data`, or the whole body."""

    enveloped: bool = False

    @property
    def is_success(self) -> bool:
        return self.status.startswith("2") or self.status == "default"


@define(kw_only=True)
class Operation:
    """An operation of the contract."""

    id: str
    name: str
    """Its id in snake case, which is also the name of its module."""

    pointer: str
    tag: str
    method_name: str
    method: str
    path: str
    summary: str
    description: str
    is_safe: bool
    is_idempotent: bool
    arguments: list[Argument] = field(factory=list)
    responses: list[Response] = field(factory=list)
    body: Model | None = None
    body_required: bool = False

    @property
    def attribute(self) -> str:
        """The client's attribute for the resource of the tag."""
        return naming.module_name(self.tag)

    @property
    def results(self) -> list[Response]:
        """The responses that a call can return: the 2xx ones, else the default one."""
        successes = [one for one in self.responses if one.status.startswith("2")]
        return successes or [one for one in self.responses if one.status == "default"]


class OperationReader:
    """Reads operations, and adds the settings of their arguments from generator-config.yaml."""

    def __init__(self, document: Document, schemas: SchemaReader, additions: Additions) -> None:
        self.document = document
        self.schemas = schemas
        self.additions = additions

    def read_all(self) -> Iterator[Operation | UnsupportedContractError]:
        """Every operation, or the reason why it cannot be generated."""
        for path, item in self.document.root.get("paths", {}).items():
            pointer = f"#/paths/{escaped(path)}"
            resolved, pointer = self.document.resolve(item, pointer)
            for method in METHODS:
                if method in resolved:
                    try:
                        yield self._read(path, method, resolved, f"{pointer}/{method}")
                    except UnsupportedContractError as problem:
                        problem.operation = f"{method.upper()} {path}"
                        yield problem

    def _read(self, path: str, method: str, item: Node, pointer: str) -> Operation:
        node: Node = item[method]
        tag = str((node.get("tags") or ["default"])[0])
        operation_id = str(node.get("operationId") or re.sub(r"\W+", "_", f"{method}_{path}").strip("_"))
        operation = Operation(
            id=operation_id,
            name=naming.module_name(operation_id),
            pointer=pointer,
            tag=tag,
            method_name=naming.chosen_name(node, pointer) or naming.method_name(operation_id, tag),
            method=method.upper(),
            path=path,
            summary=node.get("summary", ""),
            description=described(node.get("description", ""), None, node),
            is_safe=method in SAFE_METHODS,
            is_idempotent=method in SAFE_METHODS or node.get("x-idempotent") is True,
        )
        reader = ArgumentReader(self.document, self.schemas, operation.name)
        parameters, body = reader.parameters(node, item, path, pointer), reader.body(node, pointer)
        named = with_unique_names([*parameters, *body.arguments], {"OPERATION"})
        operation.arguments = self._with_additions(named, operation)
        operation.body, operation.body_required = body.model, body.required
        operation.responses = [
            self._response(str(status), response, f"{pointer}/responses/{status}", operation)
            for status, response in node.get("responses", {}).items()
        ]
        return operation

    def _response(self, status: str, given: Node, pointer: str, operation: Operation) -> Response:
        response, pointer = self.document.resolve(given, pointer)
        status = status.upper() if status != "default" else status
        if operation.method == "HEAD":
            return Response(status=status)
        try:
            found = self.document.json_schema(response.get("content", {}), pointer)
            if found is None:
                return Response(status=status)
            shape = self.schemas.read(*found, f"{operation.name}_response{'' if status == '200' else f'_{status}'}")
        except UnsupportedContractError:
            # The client reads only the message of an error, so an unsupported schema does no harm.
            if not status.startswith("2") and status != "default":
                return Response(status=status)
            raise
        return _unwrapped(Response(status=status, shape=shape, data=shape))

    def _with_additions(self, arguments: list[Argument], operation: Operation) -> list[Argument]:
        additions = self.additions.get(operation.id, {})
        own = [hook_argument(name) for name, one in additions.items() if one.get("own") is True]
        arguments = [*arguments, *own]
        if missing := next((name for name in additions if name not in {one.name for one in arguments}), None):
            raise UnsupportedContractError(
                operation.pointer,
                f"generator-config.yaml names the argument {missing!r}, which the operation does not have",
            )
        return [with_addition(one, additions.get(one.name, {})) for one in arguments]


def _unwrapped(response: Response) -> Response:
    """The response, with the `data` of its envelope as the result; the result is None when there is only `success`."""
    model = response.shape.model if response.shape else None
    success = model.field_named("success") if model else None
    if model is None or success is None or success.shape.kind not in {"constant", "boolean"}:
        return response
    data = model.field_named("data")
    if data is not None:
        return evolve(response, enveloped=True, data=data.shape if data.required else evolve(data.shape, nullable=True))
    return evolve(response, data=None, enveloped=True) if len(model.fields) == 1 else response
