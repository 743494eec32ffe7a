"""Reading the operations of a contract: what a caller gives, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, evolve, field, frozen

from . import naming
from .document import Document, Node, escaped
from .schemas import SchemaReader, described
from .shapes import Model, Shape, UnsupportedContractError, models_in

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SAFE_METHODS = {"get", "head", "options"}
# OpenAPI says that a contract's parameters of these names have no meaning.
IGNORED_HEADERS = {"accept", "content-type", "authorization"}
RESERVED_ARGUMENTS = {"self", "timeout"}
PLAIN = {"text", "integer", "number", "boolean", "datetime", "date", "uuid", "choice", "constant"}
STYLES = {
    "path": {"simple"},
    "header": {"simple"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
}


@frozen(kw_only=True)
class Argument:
    """What a caller gives an operation: a parameter, or a property of the body."""

    name: str
    json_name: str
    place: str
    """``path``, ``query``, ``header``, ``body``, or ``whole body`` where the body is no object."""

    shape: Shape
    required: bool
    description: str
    style: str = "form"
    explode: bool = True
    # What generator-config.yaml says beyond the contract.
    accepts: str | None = None
    default: str | None = None


@frozen(kw_only=True)
class Response:
    """What comes back with a status or a range of statuses."""

    status: str
    shape: Shape | None
    """Of the body; None where there is none."""

    data: Shape | None
    """Of what a caller gets of it: the envelope's `data`, or all of it."""

    enveloped: bool

    @property
    def is_success(self) -> bool:
        return self.status.startswith("2") or self.status == "default"


@define(kw_only=True)
class Operation:
    """One operation."""

    id: str
    name: str
    """Its id in snake case, which is also its module."""

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
    def results(self) -> list[Response]:
        """The responses that a caller gets something from: those of success, else the default one."""
        successes = [one for one in self.responses if one.status.startswith("2")]
        return successes or [one for one in self.responses if one.status == "default"]


class OperationReader:
    """Reads operations, with what the configuration adds to their arguments."""

    def __init__(
        self, document: Document, schemas: SchemaReader, additions: dict[str, dict[str, dict[str, str]]]
    ) -> None:
        self.document = document
        self.schemas = schemas
        self.additions = additions

    def read_all(self) -> Iterator[Operation | UnsupportedContractError]:
        for path, item in self.document.root.get("paths", {}).items():
            pointer = f"#/paths/{escaped(path)}"
            resolved, pointer = self.document.resolve(item, pointer)
            for method in METHODS:
                if method in resolved:
                    try:
                        yield self._read(path, method, resolved, f"{pointer}/{method}")
                    except UnsupportedContractError as problem:
                        yield problem

    def _read(self, path: str, method: str, item: Node, pointer: str) -> Operation:
        node: Node = item[method]
        tag = str((node.get("tags") or ["default"])[0])
        identity = str(node.get("operationId") or f"{method}_{path}")
        operation = Operation(
            id=identity,
            name=naming.module_name(identity),
            pointer=pointer,
            tag=tag,
            method_name=str(node.get("x-python-name") or naming.method_name(identity, tag)),
            method=method.upper(),
            path=path,
            summary=node.get("summary", ""),
            description=described(node.get("description", ""), None, node),
            is_safe=method in SAFE_METHODS,
            is_idempotent=method in SAFE_METHODS or node.get("x-idempotent") is True,
        )
        found = [*self._parameters(node, item, operation), *self._body(node, operation)]
        operation.arguments = self._with_additions(_with_unique_names(found), operation)
        operation.responses = [
            self._response(str(status), response, f"{pointer}/responses/{status}", operation)
            for status, response in node.get("responses", {}).items()
        ]
        return operation

    def _parameters(self, node: Node, item: Node, operation: Operation) -> list[Argument]:
        seen: dict[tuple[str, str], Argument | None] = {}
        for owner, place in ((node, operation.pointer), (item, operation.pointer.rpartition("/")[0])):
            for index, given in enumerate(owner.get("parameters", [])):
                parameter, pointer = self.document.resolve(given, f"{place}/parameters/{index}")
                key = (parameter["in"], parameter["name"])
                if key not in seen:
                    seen[key] = self._parameter(parameter, pointer, operation)
        return [one for one in seen.values() if one]

    def _parameter(self, parameter: Node, pointer: str, operation: Operation) -> Argument | None:
        name, place = str(parameter["name"]), str(parameter["in"])
        if place not in STYLES:
            raise UnsupportedContractError(pointer, f"a parameter in {place!r} is not supported")
        if place == "header" and name.lower() in IGNORED_HEADERS:
            return None
        if "schema" not in parameter:
            raise UnsupportedContractError(
                pointer, f"the parameter {name!r} has no schema; another content type is not supported"
            )
        style = parameter.get("style", "form" if place == "query" else "simple")
        if style not in STYLES[place]:
            raise UnsupportedContractError(pointer, f"the style {style!r} is not supported in {place!r}")
        shape = self.schemas.read(parameter["schema"], f"{pointer}/schema", f"{operation.name}_{name}")
        _refuse_unwritable(shape, name, style, pointer)
        python_name = naming.header_name(name) if place == "header" else naming.field_name(name)
        text = parameter.get("description") or shape.description
        return Argument(
            name=str(parameter.get("x-python-name") or python_name),
            json_name=name,
            place=place,
            shape=shape,
            required=parameter.get("required") is True or place == "path",
            description=described(text, shape.default, parameter),
            style=style,
            explode=parameter.get("explode", style == "form"),
        )

    def _body(self, node: Node, operation: Operation) -> list[Argument]:
        if "requestBody" not in node:
            return []
        body, pointer = self.document.resolve(node["requestBody"], f"{operation.pointer}/requestBody")
        found = self.document.json_schema(body.get("content", {}), pointer)
        if found is None:
            return []
        schema, place = found
        shape = self.schemas.read(schema, place, f"{operation.name}_body")
        operation.body_required = body.get("required") is True
        if shape.kind == "model" and shape.model and shape.model.tag is None and not shape.nullable:
            operation.body = shape.model
            return [
                Argument(
                    name=one.name if one.name not in RESERVED_ARGUMENTS else f"{one.name}_",
                    json_name=one.json_name,
                    place="body",
                    shape=one.shape,
                    required=one.required and operation.body_required,
                    description=one.description,
                )
                for one in shape.model.fields
                if not one.read_only
            ]
        return [
            Argument(
                name="body",
                json_name="",
                place="whole body",
                shape=shape,
                required=operation.body_required,
                description=body.get("description") or shape.description,
            )
        ]

    def _response(self, status: str, given: Node, pointer: str, operation: Operation) -> Response:
        response, pointer = self.document.resolve(given, pointer)
        status = status.upper() if status != "default" else status
        try:
            found = self.document.json_schema(response.get("content", {}), pointer)
            if found is None:
                return Response(status=status, shape=None, data=None, enveloped=False)
            shape = self.schemas.read(*found, f"{operation.name}_response{'' if status == '200' else f'_{status}'}")
        except UnsupportedContractError:
            # Of an error, nothing but the envelope's message is read.
            if not status.startswith("2") and status != "default":
                return Response(status=status, shape=None, data=None, enveloped=False)
            raise
        return _enveloped(Response(status=status, shape=shape, data=shape, enveloped=False))

    def _with_additions(self, arguments: list[Argument], operation: Operation) -> list[Argument]:
        additions = self.additions.get(operation.id, {})
        if missing := next((name for name in additions if name not in {one.name for one in arguments}), None):
            raise UnsupportedContractError(
                operation.pointer,
                f"generator-config.yaml names the argument {missing!r}, which the operation does not have",
            )
        return [_with_addition(one, additions.get(one.name, {})) for one in arguments]


def _with_addition(argument: Argument, addition: dict[str, str]) -> Argument:
    text = " ".join(filter(None, (argument.description, addition.get("description", ""))))
    return evolve(argument, accepts=addition.get("accepts"), default=addition.get("default"), description=text)


def _enveloped(response: Response) -> Response:
    """What a caller gets of a response in an envelope: its `data`; nothing where there is but the word `success`."""
    model = response.shape.model if response.shape else None
    success = model.field_named("success") if model else None
    if model is None or success is None or success.shape.kind not in {"constant", "boolean"}:
        return response
    data = model.field_named("data")
    if data is not None:
        return evolve(response, enveloped=True, data=data.shape if data.required else evolve(data.shape, nullable=True))
    return evolve(response, data=None, enveloped=True) if len(model.fields) == 1 else response


def _with_unique_names(arguments: list[Argument]) -> list[Argument]:
    """The arguments; a name that two places share gets the place of the later one behind it."""
    named: list[Argument] = []
    for one in arguments:
        name = f"{one.name}_" if one.name in RESERVED_ARGUMENTS else one.name
        taken = {other.name for other in named}
        if name in taken:
            name = naming.unique(f"{name}_{one.place.replace(' ', '_')}", taken)
        named.append(evolve(one, name=name))
    return named


def _refuse_unwritable(shape: Shape, name: str, style: str, pointer: str) -> None:
    """Raise for a parameter that no URL or header can carry as the contract says."""
    plain = shape.kind in PLAIN or (shape.kind == "union" and all(one.kind in PLAIN for one in shape.members))
    listed = shape.kind == "list" and shape.item is not None and shape.item.kind in PLAIN
    keyed = style == "deepObject" and shape.kind in {"map", "model"} and _holds_plain(shape)
    if not (plain or listed or keyed):
        raise UnsupportedContractError(pointer, f"the parameter {name!r} is neither a plain value nor a list of them")


def _holds_plain(shape: Shape) -> bool:
    inner = [one.shape for one in shape.model.fields] if shape.model else list(shape.inner)
    return all(one.kind in PLAIN for one in inner)


def mark_directions(operations: list[Operation]) -> None:
    """Say of each model whether it is sent, received, or both; and which are about a list."""
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
    """A model with one list of objects reads as that list, unless a property has the name of a list's method."""
    lists = [one for one in model.fields if one.shape.kind == "list" and one.shape.item and one.shape.item.model]
    taken = {"index", "count", "may_be_truncated"} & {one.name for one in model.fields}
    if len(lists) == 1 and lists[0].required and not lists[0].shape.nullable and not taken and not model.is_struct:
        model.listed = lists[0]


Additions = dict[str, dict[str, dict[str, Any]]]
