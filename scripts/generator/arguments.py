"""Reads the arguments of an operation: parameters of the URL, headers, and the body."""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve, frozen

from . import naming
from .document import Document, Node
from .schemas import SchemaReader, described
from .shapes import Model, Shape, UnsupportedContractError

# OpenAPI ignores header parameters with these names.
IGNORED_HEADERS = {"accept", "content-type", "authorization"}
# Headers that the client sets itself.
CLIENT_HEADERS = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
RESERVED_ARGUMENTS = {"self", "timeout"}
PLAIN_KINDS = {"text", "integer", "number", "boolean", "datetime", "date", "uuid", "choice", "constant"}
STYLES = {
    "path": {"simple"},
    "header": {"simple"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
}


@frozen(kw_only=True)
class Argument:
    """An argument of an operation: a parameter, or a property of the body."""

    name: str
    json_name: str
    place: str
    """``path``, ``query``, ``header``, ``body``, or ``whole body`` where the body is not an object; ``hook`` for an
    argument that a hook in overlays/paisr uses and that is not sent."""

    shape: Shape
    required: bool
    description: str
    required_with_body: bool = False
    """Whether an optional body must have it."""

    style: str = "form"
    explode: bool = True
    # Set in generator-config.yaml.
    accepts: str | None = None
    default: str | None = None


@frozen(kw_only=True)
class Body:
    """The body of a request; `model` where it is an object."""

    arguments: list[Argument]
    required: bool = False
    model: Model | None = None


class ArgumentReader:
    """Reads the arguments of one operation. `name`: the operation's name, with which names of new classes begin."""

    def __init__(self, document: Document, schemas: SchemaReader, name: str) -> None:
        self.document = document
        self.schemas = schemas
        self.name = name

    def parameters(self, node: Node, item: Node, path: str, pointer: str) -> list[Argument]:
        """The parameters of an operation and of its path item. `pointer`: the operation's place in the document."""
        seen: dict[tuple[str, str], Argument | None] = {}
        if "?" in path or "#" in path:
            raise UnsupportedContractError(pointer, f"the path {path!r} has a query or a fragment")
        in_path = re.findall(r"\{([^{}]*)\}", path)
        for owner, place in ((node, pointer), (item, pointer.rpartition("/")[0])):
            for index, given in enumerate(owner.get("parameters", [])):
                parameter, found_at = self.document.resolve(given, f"{place}/parameters/{index}")
                key = (parameter["in"], parameter["name"])
                if parameter["in"] == "path" and parameter["name"] not in in_path:
                    raise UnsupportedContractError(found_at, f"{parameter['name']!r} is not in the path {path!r}")
                if key not in seen:
                    seen[key] = self._parameter(parameter, found_at)
        if missing := next((name for name in in_path if ("path", name) not in seen), None):
            raise UnsupportedContractError(pointer, f"the parameter {missing!r} of the path is not declared")
        return [one for one in seen.values() if one]

    def _parameter(self, parameter: Node, pointer: str) -> Argument | None:
        name, place = str(parameter["name"]), str(parameter["in"])
        if place not in STYLES:
            raise UnsupportedContractError(pointer, f"a parameter in {place!r} is not supported")
        if place == "header":
            if name.lower() in IGNORED_HEADERS:
                return None
            _refuse_header(name, pointer)
        if "schema" not in parameter:
            raise UnsupportedContractError(pointer, f"the parameter {name!r} has no schema; `content` is not supported")
        style = parameter.get("style", "form" if place == "query" else "simple")
        if style not in STYLES[place]:
            raise UnsupportedContractError(pointer, f"the style {style!r} is not supported in {place!r}")
        shape = self.schemas.read(parameter["schema"], f"{pointer}/schema", f"{self.name}_{name}")
        _refuse_structured_value(shape, name, style, pointer)
        python_name = naming.header_name(name) if place == "header" else naming.field_name(name)
        text = parameter.get("description") or shape.description
        return Argument(
            name=naming.chosen_name(parameter, pointer) or python_name,
            json_name=name,
            place=place,
            shape=_without_null(shape),
            required=parameter.get("required") is True or place == "path",
            description=described(text, shape.default, parameter),
            style=style,
            explode=parameter.get("explode", style == "form"),
        )

    def body(self, node: Node, pointer: str) -> Body:
        """The request body of an operation. `pointer`: the operation's place in the document."""
        if "requestBody" not in node:
            return Body(arguments=[])
        body, pointer = self.document.resolve(node["requestBody"], f"{pointer}/requestBody")
        found = self.document.json_schema(body.get("content", {}), pointer)
        if found is None:
            return Body(arguments=[])
        shape = self.schemas.read(*found, f"{self.name}_body")
        required = body.get("required") is True
        if shape.kind == "model" and shape.model and shape.model.tag is None and not shape.nullable:
            return Body(arguments=_properties(shape.model, required=required), required=required, model=shape.model)
        whole = Argument(
            name="body",
            json_name="",
            place="whole body",
            shape=shape,
            required=required,
            description=body.get("description") or shape.description,
        )
        return Body(arguments=[whole], required=required)


def _properties(model: Model, *, required: bool) -> list[Argument]:
    return [
        Argument(
            name=one.name,
            json_name=one.json_name,
            place="body",
            shape=one.shape,
            required=one.required and required,
            required_with_body=one.required and not required,
            description=one.description,
        )
        for one in model.fields
        if not one.read_only
    ]


def with_unique_names(arguments: list[Argument], reserved: set[str]) -> list[Argument]:
    """The arguments under unique names: a name that is taken gets the argument's place appended."""
    named: list[Argument] = []
    for one in arguments:
        name = f"{one.name}_" if one.name in RESERVED_ARGUMENTS | reserved else one.name
        taken = {other.name for other in named}
        if name in taken:
            name = naming.unique(f"{name}_{one.place.replace(' ', '_')}", taken)
        named.append(evolve(one, name=name))
    return named


def hook_argument(name: str) -> Argument:
    """An argument that the contract does not have: a hook in overlays/paisr uses it, and it is not sent."""
    return Argument(
        name=name, json_name="", place="hook", shape=Shape(kind="any", nullable=True), required=False, description=""
    )


def with_addition(argument: Argument, addition: dict[str, Any]) -> Argument:
    """The argument with its settings from generator-config.yaml."""
    text = " ".join(filter(None, (argument.description, addition.get("description", ""))))
    return evolve(argument, accepts=addition.get("accepts"), default=addition.get("default"), description=text)


def _refuse_header(name: str, pointer: str) -> None:
    if name.lower() in CLIENT_HEADERS:
        raise UnsupportedContractError(pointer, f"the client sets the header {name!r} itself")
    if not HEADER_NAME.fullmatch(name):
        raise UnsupportedContractError(pointer, f"{name!r} is not a valid header name")


def _refuse_structured_value(shape: Shape, name: str, style: str, pointer: str) -> None:
    """Raise for a parameter that cannot be written into a URL or a header."""
    plain = shape.kind in PLAIN_KINDS or (
        shape.kind == "union" and all(one.kind in PLAIN_KINDS for one in shape.members)
    )
    listed = shape.kind == "list" and shape.item is not None and shape.item.kind in PLAIN_KINDS
    keyed = style == "deepObject" and shape.kind in {"map", "model"} and _holds_plain(shape)
    if not (plain or listed or keyed):
        raise UnsupportedContractError(pointer, f"the parameter {name!r} is neither a plain value nor a list of them")


def _holds_plain(shape: Shape) -> bool:
    inner = [one.shape for one in shape.model.fields] if shape.model else list(shape.inner)
    return all(one.kind in PLAIN_KINDS for one in inner)


def _without_null(shape: Shape) -> Shape:
    """The shape without null, which cannot be written into a URL or a header."""
    item = _without_null(shape.item) if shape.item else None
    return evolve(shape, nullable=False, item=item, members=tuple(map(_without_null, shape.members)))
